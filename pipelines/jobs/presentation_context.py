"""Context that the scores of a run are presented with."""

from typing import Any

from leadlight.features.feature_set import FeatureSet
from leadlight.models.scoring.scorer import Scorer
from leadlight.pipelines.params import Params

__all__ = ["build_presentation_context"]


def build_presentation_context(params: Params, scorer: Scorer, features: FeatureSet) -> dict[str, Any]:
    """Collect the context that readers of scores need, so that they need neither model nor params."""
    thresholds = {name: threshold.probability for name, threshold in scorer.thresholds.items()}
    metadata = scorer.metadata
    agreed, chosen = metadata.policy_agreed, metadata.choice.get("candidates", [])
    window = metadata.snapshots["splits"]["calibrate"]
    sentences = {name: t.sentence if agreed else None for name, t in scorer.thresholds.items()}
    return {
        "simulated": params.simulation is not None,
        "policy": sentences | {"agreed": metadata.agreed} if agreed else None,
        "thresholds": thresholds,
        "hysteresis": metadata.hysteresis,
        "base_probability": window["wins"] / window["snapshots"],
        "calibration": metadata.calibration_check,
        "rung": {
            "candidate": metadata.candidate,
            "label": next((c["label"] for c in chosen if c["name"] == metadata.candidate), None),
            "wins": metadata.wins,
            "min_wins": metadata.min_wins,
        },
        "evidence": metadata.evidence,
        "language_default": params.language,
        "timezone": params.source.timezone,
        "max_age_hours": params.night.max_age_hours,
        "horizon_days": metadata.horizon_shown,
        "topics": features.catalogue.describe_topics(),
    }
