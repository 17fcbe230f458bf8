"""Whether one more activity of a raising signal ever lowers a score: put into the raw data, lead by lead."""

from typing import Any

import numpy as np
import pandas as pd

from leadlight.features.errors import NotEnoughDataError
from leadlight.models.scoring.scorer import Scorer
from leadlight.pipelines.counterfactuals.interventions import Intervention, apply_interventions
from leadlight.pipelines.engines.engine import build_feature_set, open_engine
from leadlight.pipelines.engines.open_leads import sample_open_leads
from leadlight.pipelines.params import Params
from leadlight.pipelines.workspace.workdir import Workdir

__all__ = ["measure_monotonicity"]

#: score points below which a difference is one of floats
SAME_SCORE = 1e-6
#: leads times signals that are computed at a time
MAX_COPIES = 100_000


def measure_monotonicity(params: Params, workdir: Workdir, scorer: Scorer) -> dict[str, Any] | None:
    """Add one activity to every open lead at the cut-off, a signal at a time, and compare scores.

    Directions hold feature by feature; an activity moves many features together, some of which have no
    direction (such as the type of the last touch), so that it is measured what they do together.

    Parameters
    ----------
    params : Params
        Signals, and the zone of the business.
    workdir : Workdir
        Where the clean tables are.
    scorer : Scorer
        The bundle.

    Returns
    -------
    dict or None
        ``leads``; and by signal that is said to raise: ``lowered`` and ``raised`` (shares of leads) and
        ``mean_points``. None where there is no such signal, or no lead is open.
    """
    engine = open_engine(workdir)
    features = build_feature_set(params, engine.report | {"activity_types": scorer.facts["activity_types"]})
    signals = [signal.name for signal in features.signals if signal.monotonicity > 0]
    if not signals or not features.has_activities or scorer.facts["time"] != "dates":
        return None
    try:
        frame = sample_open_leads(engine, features, pd.Timestamp(scorer.facts["snapshots"]["cut_off"]))
    except NotEnoughDataError:
        return None
    before = scorer.break_down(frame).score
    found = {}
    step = max(1, MAX_COPIES // len(frame))
    for some in (signals[start : start + step] for start in range(0, len(signals), step)):
        states = apply_interventions(
            engine, features, frame, [Intervention(signal, 1) for signal in some], params.source.timezone
        )
        for signal, state in zip(some, states, strict=True):
            moved = scorer.break_down(state).score - before
            found[signal] = {
                "lowered": float(np.mean(moved < -SAME_SCORE)),
                "raised": float(np.mean(moved > SAME_SCORE)),
                "mean_points": float(moved.mean()),
            }
    return {"leads": len(frame), "signals": found}
