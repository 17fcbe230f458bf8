"""Content of the model card: verdict, tables and limitations."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from leadlight.models.metrics.selection_metric import SELECTION_METRICS
from leadlight.models.scoring.calibration_answers import FAILS, HOLDS, TOO_LITTLE_EVIDENCE
from leadlight.models.scoring.scorer import Scorer
from leadlight.models.validation.calibration_check import LEVEL_TOLERANCE, SLOPE_TOLERANCE
from leadlight.pipelines.reporting.formatting import format_count, format_decimals
from leadlight.pipelines.reports.model_card.known_limitations import find_limitations
from leadlight.pipelines.reports.model_card.tables import (
    build_calibration_table,
    build_data_table,
    build_expectations_table,
    build_metrics_table,
    build_monotonicity_table,
    build_segments_table,
    build_selection_table,
    build_thresholds_table,
    convert_to_json_safe,
)
from leadlight.pipelines.workspace.time_words import describe_horizon

__all__ = ["build_model_card"]


def build_model_card(
    scorer: Scorer,
    metrics: Mapping[str, Any],
    segments: pd.DataFrame,
    *,
    learned: Mapping[str, Any],
    statistics: Mapping[str, Any],
    unused: list[str],
    explanations: Sequence[Mapping[str, str]] = (),
) -> dict[str, Any]:
    """Build the content of the model card.

    Parameters
    ----------
    scorer : Scorer
        The bundle.
    metrics : mapping
        What ``leadlight evaluate`` writes to ``metrics.json``.
    segments : pd.DataFrame
        Segments, see :func:`leadlight.models.validation.segments.compute_segment_metrics`.
    learned : mapping
        snapshots, standing_for, leads, wins, base_rate, from, to of what the model learned from.
    statistics : mapping
        See ``compute_grade_and_topic_statistics`` of ``grade_statistics``.
    unused : list of str
        Columns of the source that were not used.
    explanations : sequence of mapping
        kind, label and file (below the folder of the card) of each SHAP plot.

    Returns
    -------
    dict
        Plain data for JSON; missing values are None.
    """
    metadata, test = scorer.metadata, metrics["test"]
    content = {
        "simulated": metrics["simulated"],
        "optimistic": metrics["optimistic"],
        "candidate": metadata.candidate,
        "horizon_days": metadata.horizon_shown,
        "wins": metadata.wins,
        "min_wins": metadata.min_wins,
        "base_rate": test["base_rate"],
        "tolerated": {"slope": list(SLOPE_TOLERANCE), "level": list(LEVEL_TOLERANCE)},
        "choice": build_selection_table(metadata),
        "metric": (metric := metadata.choice.get("metric", "log_loss")),
        "metric_label": SELECTION_METRICS[metric].label,
        "data": build_data_table(metadata, learned, test)
        | {
            "topics": [topic.label.get("en", topic.key) for topic in scorer.catalogue.topics],
            "other_activity": _list_unmapped_activity(scorer),
            "unused_columns": unused,
        },
        "metrics": build_metrics_table(metrics),
        "calibration": build_calibration_table(metadata, metrics),
        "thresholds": build_thresholds_table(scorer, metrics),
        "policy_agreed": metadata.policy_agreed,
        "at_newest_ages": metadata.at_newest_ages,
        "agreed": metadata.agreed,
        **statistics,
        "expectations": build_expectations_table(metrics),
        "explanations": [dict(plot) for plot in explanations],
        "one_more_activity": build_monotonicity_table(scorer, metrics),
        "segments": build_segments_table(scorer, segments),
    }
    content = convert_to_json_safe(content)
    content["verdict"] = _verdict(content)
    content["why"] = _why(content)
    content["limits"] = find_limitations(content)
    return dict(content)


def _list_unmapped_activity(scorer: Scorer) -> list[str]:
    named = {topic.key for topic in scorer.catalogue.topics if topic.kind == "signal"}
    return [name for name in scorer.metadata.activity_types if name not in named]


def _verdict(content: Mapping[str, Any]) -> str:
    learned, _, test = content["data"]["windows"]
    number = {
        HOLDS: "its number may be called a probability",
        FAILS: "its number is a rank, not a probability",
        TOO_LITTLE_EVIDENCE: "its number is a rank: there is too little evidence that it is a probability",
    }[content["calibration"]["answer"]]
    within = describe_horizon(content["horizon_days"])
    taught = "a rule book, set against" if content["candidate"] == "points" else "learned from"
    return (
        f"Predicts whether a lead is won{within}: {taught} {_describe_window(learned, 'snapshots')}, "
        f"tested on {_describe_window(test, 'others')}; {number}."
    )


def _describe_window(window: Mapping[str, Any], kind: str) -> str:
    span = f" ({window['from']} to {window['to']})" if window["from"] else ""
    return f"{format_count(window['snapshots'])} {kind} with {format_count(window['wins'])} wins{span}"


def _why(content: Mapping[str, Any]) -> str:
    candidates = content["choice"]
    name = next(candidate["label"] for candidate in candidates if candidate["serves"])
    metric = SELECTION_METRICS[content["metric"]]
    if len(candidates) == 1:
        few = content["wins"] < content["min_wins"]
        because = (
            f": {format_count(content['wins'])} wins are fewer than the "
            f"{format_count(content['min_wins'])} that a model is trained on"
            if few
            else ""
        )
        return f"It is {name}, the only one that could be compared{because}."
    best = min(candidates, key=lambda candidate: candidate["behind_best"])
    serving = next(candidate for candidate in candidates if candidate["serves"])
    simpler = candidates[: candidates.index(serving)]
    near = [candidate for candidate in simpler if candidate["behind_best"] <= candidate["error"]]
    virtue = "cheapest to explain" if near else "simplest"
    if serving is best:
        beaten = ", and every simpler one is behind it by more than one standard error" if simpler else ""
        if near:
            beaten = ", and a simpler one within one standard error of it takes more to explain"
        extreme = "highest" if metric.greater_is_better else "lowest"
        return f"It is {name}: its {metric.label} out of time is the {extreme}{beaten}."
    return (
        f"It is {name}, the {virtue} that is within one standard error of the best: out of time it is behind "
        f"{best['label']} by {format_decimals(serving['behind_best'], 5)} ± "
        f"{format_decimals(serving['error'], 5)}{metric.unit}."
    )
