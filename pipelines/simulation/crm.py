"""From settings to the files of a simulated CRM."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from leadlight.pipelines.simulation import (
    activity_details,
    crm_export,
    event_simulation,
    files,
    ground_truth,
    population,
    stages,
)
from leadlight.pipelines.simulation.seasonality import DAY_SECONDS, Seasonality
from leadlight.pipelines.simulation.settings import SimulationSettings

__all__ = ["simulate"]


def simulate(
    settings: SimulationSettings, folder: Path, on_progress: Callable[[float], None] | None = None
) -> dict[str, int]:
    """Simulate a CRM and write its export.

    Writes `leads.csv.gz`, `activities.parquet`, `deals.csv.gz`, `history.csv.gz` and `stages.csv.gz`, and the
    clean state to `truth/`. The same settings give the same bytes. Each file replaces its predecessor at
    once.

    Parameters
    ----------
    settings : SimulationSettings
        Size, span, seed and tidiness.
    folder : Path
        Made if absent.
    on_progress : callable, optional
        Told the share done, 0 to 1.

    Returns
    -------
    dict of str to int
        Rows of each table (leads, activities, deals, changes, stages) and how the leads ended (won, lost,
        open).
    """
    tell = on_progress or (lambda share: None)
    folder.mkdir(parents=True, exist_ok=True)
    # A stream of randomness per concern: more typos, say, leave the course of events as it is.
    people_rng, course_rng, after_rng, detail_rng, record_rng, deal_rng = (
        np.random.default_rng(stream) for stream in np.random.SeedSequence(settings.seed).spawn(6)
    )
    rhythm = Seasonality.of(settings.start, settings.days)
    leads = population.sample_leads(settings, rhythm, people_rng)
    events = event_simulation.simulate_events(
        leads, settings.days, rhythm, course_rng, lambda share: tell(0.4 * share)
    )

    after = activity_details.simulate_post_close(events, settings.days * DAY_SECONDS, after_rng)
    rows = activity_details.build_activities(
        events, after, leads, start=settings.start, rhythm=rhythm, rng=detail_rng
    )
    tell(0.6)
    history = crm_export.build_history(settings, leads, events, record_rng)
    deals = crm_export.build_deals(settings, leads, events, deal_rng)
    entered = stages.build_stages(settings.start, leads, events)
    tell(0.8)
    ground_truth.save_state(settings, folder, leads, events)
    files.write_parquet(rows, folder / "activities.parquet")
    files.write_csv(crm_export.build_leads(settings, leads, history), folder / "leads.csv.gz")
    files.write_csv(deals, folder / "deals.csv.gz")
    files.write_csv(history, folder / "history.csv.gz")
    files.write_csv(entered, folder / "stages.csv.gz")
    tell(1.0)

    shut = events.closed >= 0
    return {
        "leads": len(leads),
        "activities": len(rows),
        "deals": len(deals),
        "changes": len(history),
        "stages": len(entered),
        "won": int((shut & events.won).sum()),
        "lost": int((shut & ~events.won).sum()),
        "open": int((~shut).sum()),
    }
