"""Check monotonicity of scores: one more activity of a raising signal per lead."""

from typing import Any

import numpy as np

from leadlight.features.errors import NotEnoughDataError
from leadlight.models.scoring.scorer import Scorer
from leadlight.pipelines.counterfactuals.interventions import Intervention, apply_interventions
from leadlight.pipelines.engines.engine import build_feature_set, open_engine
from leadlight.pipelines.engines.open_leads import sample_open_leads
from leadlight.pipelines.params import Params
from leadlight.pipelines.workspace.workdir import Workdir

__all__ = ["measure_monotonicity"]

#: tolerance in score points, for floating point error
SAME_SCORE = 1e-6
#: leads times signals computed at a time
MAX_COPIES = 100_000


def measure_monotonicity(params: Params, workdir: Workdir, scorer: Scorer) -> dict[str, Any] | None:
    """Add one activity per signal to every open lead at the cut-off, and compare scores.

    Models are monotonic per feature, but an activity moves many features, some of them without a direction
    (such as the type of the last touch).

    Returns
    -------
    dict or None
        ``leads``, and per raising signal ``lowered`` and ``raised`` (shares of leads) and ``mean_points``.
        None without such a signal or without open leads.
    """
    engine = open_engine(workdir)
    features = build_feature_set(params, engine.report | {"activity_types": scorer.metadata.activity_types})
    signals = [signal.name for signal in features.signals if signal.monotonicity > 0]
    if not signals or not features.has_activities or not scorer.metadata.has_dates:
        return None
    try:
        frame = sample_open_leads(engine, features, scorer.metadata.cut_off)
    except NotEnoughDataError:
        return None
    before = scorer.break_down(frame).score
    effects = {}
    step = max(1, MAX_COPIES // len(frame))
    for chunk in (signals[start : start + step] for start in range(0, len(signals), step)):
        states = apply_interventions(
            engine, features, frame, [Intervention(signal, 1) for signal in chunk], params.source.timezone
        )
        for signal, state in zip(chunk, states, strict=True):
            moved = scorer.break_down(state).score - before
            effects[signal] = {
                "lowered": float(np.mean(moved < -SAME_SCORE)),
                "raised": float(np.mean(moved > SAME_SCORE)),
                "mean_points": float(moved.mean()),
            }
    return {"leads": len(frame), "signals": effects}
