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
    build_decisions_table,
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
        "has_signal": metadata.has_signal,
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
        "by_age": metrics["by_age"],
        "decisions": build_decisions_table(metrics["decisions"]),
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
    learned, test, serving = content["data"]["windows"]
    number = {
        HOLDS: "its number may be called a probability",
        FAILS: "its number is a rank, not a probability",
        TOO_LITTLE_EVIDENCE: "its number is a rank: there is too little evidence that it is a probability",
    }[content["calibration"]["answer"]]
    within = describe_horizon(content["horizon_days"])
    if not content["has_signal"]:
        return (
            f"No evidence of signal: nothing in the source predicts whether a lead is won{within} better than the base "
            f"rate, tested on {_describe_window(test, 'snapshots')}. Every lead has the base score, and no stage is "
            "given."
        )
    taught = "a rule book, set against" if content["candidate"] == "points" else "learned from"
    until = f" Judged until {test['to']}, learned until {serving['to']}:" if test["to"] else ""
    return (
        f"Predicts whether a lead is won{within}: {taught} {_describe_window(learned, 'snapshots')}, "
        f"tested on {_describe_window(test, 'others')}; {number}.{until} what serves is the same procedure, fitted "
        "anew on all of them, and the figures belong to the procedure."
    )


def _describe_window(window: Mapping[str, Any], kind: str) -> str:
    span = f" ({window['from']} to {window['to']})" if window["from"] else ""
    return f"{format_count(window['snapshots'])} {kind} with {format_count(window['wins'])} wins{span}"


def _why(content: Mapping[str, Any]) -> str:
    candidates = content["choice"]
    name = next(candidate["label"] for candidate in candidates if candidate["serves"])
    metric = SELECTION_METRICS[content["metric"]]
    if content["wins"] < content["min_wins"]:
        return (
            f"It is {name}: {format_count(content['wins'])} wins are fewer than the "
            f"{format_count(content['min_wins'])} that a model is trained on."
        )
    best = min(candidates, key=lambda candidate: candidate["behind_best"])
    serving = next(candidate for candidate in candidates if candidate["serves"])
    if not content["has_signal"]:
        return f"It is {name}: no model, and no rule book, predicts out of time better by more than its error."
    if serving is best:
        extreme = "highest" if metric.greater_is_better else "lowest"
        return f"It is {name}: its {metric.label} out of time is the {extreme}."
    return (
        f"It is {name}, which is simpler than {best['label']} and out of time equal to it: behind by "
        f"{format_decimals(serving['behind_best'], 5)} ± {format_decimals(serving['error'], 5)}{metric.unit}."
    )
