"""Simulate a CRM and write its files."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from leadlight.pipelines.params.simulation import SimulationSettings
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

__all__ = ["simulate"]


def simulate(
    settings: SimulationSettings, folder: Path, on_progress: Callable[[float], None] | None = None
) -> dict[str, int]:
    """Simulate a CRM and write its export.

    Writes `leads.csv.gz`, `activities.parquet`, `deals.csv.gz`, `history.csv.gz` and `stages.csv.gz`, and the
    clean state to `truth/`. The same settings give the same bytes; each file is replaced atomically.

    Parameters
    ----------
    settings : SimulationSettings
        Size, span, seed and data quality.
    folder : Path
        Created if absent.
    on_progress : callable, optional
        Called with the share done, 0 to 1.

    Returns
    -------
    dict of str to int
        Rows per table (leads, activities, deals, changes, stages) and leads by outcome (won, lost, open).
    """
    report = on_progress or (lambda share: None)
    folder.mkdir(parents=True, exist_ok=True)
    # one random stream per concern: more typos, say, do not change the events
    people_rng, events_rng, after_rng, detail_rng, record_rng, deal_rng = (
        np.random.default_rng(stream) for stream in np.random.SeedSequence(settings.seed).spawn(6)
    )
    seasonality = Seasonality.from_span(settings.start, settings.days)
    leads = population.sample_leads(settings, seasonality, people_rng)
    events = event_simulation.simulate_events(
        leads, settings.days, seasonality, events_rng, lambda share: report(0.4 * share)
    )

    after = activity_details.simulate_post_close(events, settings.days * DAY_SECONDS, after_rng)
    rows = activity_details.build_activities(
        events, after, leads, start=settings.start, seasonality=seasonality, rng=detail_rng
    )
    report(0.6)
    history = crm_export.build_history(settings, leads, events, record_rng)
    deals = crm_export.build_deals(settings, leads, events, deal_rng)
    entered = stages.build_stages(settings.start, leads, events)
    report(0.8)
    ground_truth.save_state(settings, folder, leads, events)
    files.write_parquet(rows, folder / "activities.parquet")
    files.write_csv(crm_export.build_leads(settings, leads, history), folder / "leads.csv.gz")
    files.write_csv(deals, folder / "deals.csv.gz")
    files.write_csv(history, folder / "history.csv.gz")
    files.write_csv(entered, folder / "stages.csv.gz")
    report(1.0)

    closed = events.closed >= 0
    return {
        "leads": len(leads),
        "activities": len(rows),
        "deals": len(deals),
        "changes": len(history),
        "stages": len(entered),
        "won": int((closed & events.won).sum()),
        "lost": int((closed & ~events.won).sum()),
        "open": int((~closed).sum()),
    }
