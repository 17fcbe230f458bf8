"""Tables of the model card."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from leadlight.models.metrics.bootstrap import calculate_wilson_interval
from leadlight.models.scoring.anchors import THRESHOLD_SCORES
from leadlight.models.scoring.calibration_answers import ALL, NEW, OLDER
from leadlight.models.scoring.metadata import ScorerMetadata
from leadlight.models.scoring.scorer import Scorer
from leadlight.models.validation.metric_summary import count_above_threshold
from leadlight.pipelines.reports.model_card.labels import METRICS, MODELS, describe_candidates, get_display_name
from leadlight.pipelines.workspace.workdir import Workdir, read_json

__all__ = [
    "build_calibration_table",
    "build_data_table",
    "build_expectations_table",
    "build_metrics_table",
    "build_monotonicity_table",
    "build_segments_table",
    "build_selection_table",
    "build_thresholds_table",
    "convert_to_json_safe",
    "list_unused_columns",
]

#: of the check of a group; the intervals are missing where there are too few wins
GROUP_KEYS = ("answer", "snapshots", "wins", "slope", "actual_over_expected")
NO_INTERVAL = {"value": None, "low": None, "high": None}
SHORT = {"marketing_qualified": "Marketing qualified (MQL)", "sales_qualified": "Sales qualified (SQL)"}


def build_selection_table(metadata: ScorerMetadata) -> list[dict[str, Any]]:
    """Tabulate the compared candidates, simplest first."""
    known = metadata.choice
    # missing in older bundles, as is the cost
    sentences = {entry["name"]: entry["sentence"]["en"] for entry in known.get("candidates", [])}
    return [
        {
            "name": name,
            "label": label,
            "sentence": sentences.get(name, ""),
            "value": known[known.get("metric", "log_loss")][name],
            "log_loss": known["log_loss"][name],
            "behind_best": known["behind_best"][name],
            "error": known["error"][name],
            "gain": known["gain"][name],
            "serves": name == metadata.candidate,
        }
        for name, label in describe_candidates(metadata).items()
    ]


def _ordered(names: Iterable[str], order: Iterable[str]) -> list[str]:
    """Sort names by `order`; others last."""
    places = {name: place for place, name in enumerate(order)}
    return sorted(names, key=lambda name: places.get(name, len(places)))


def build_data_table(metadata: ScorerMetadata, learned: Mapping[str, Any], test: Mapping[str, Any]) -> dict[str, Any]:
    """Tabulate the time windows and excluded snapshots.

    Parameters
    ----------
    metadata : ScorerMetadata
        Of the scorer.
    learned, test : mapping
        snapshots, leads, wins, base_rate, from, to of what was learned from and tested on.
    """
    report = metadata.snapshots
    dated = metadata.has_dates
    served = report["splits"]
    rows = {
        "learned": learned,
        "test": test,
        "serves": {
            "snapshots": sum(split["snapshots"] for split in served.values()),
            "wins": sum(split["wins"] for split in served.values()),
            "leads": None,
            "base_rate": sum(split["wins"] for split in served.values())
            / sum(split["snapshots"] for split in served.values()),
            "from": learned["from"],
            "to": report["learned_until"] if dated else None,
        },
    }
    return {
        "dated": dated,
        "cut_off": report["cut_off"][:10] if dated else None,
        "windows": [
            {"name": name, **row, "from": row["from"][:10], "to": row["to"][:10]}
            if dated
            else {"name": name, **row, "from": None, "to": None}
            for name, row in rows.items()
        ],
        "immature": report["immature"],
        "left_truncation": report["left_truncation"],
        "fallback": report["fallback"],
    }


def build_metrics_table(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Tabulate the test metrics of the model and its rivals."""
    rivals = [name for name in _ordered(metrics["figures"], MODELS) if name != "leadlight"]
    ours = metrics["figures"]["leadlight"]
    result: dict[str, Any] = {
        "rivals": [{"name": name, "label": get_display_name(MODELS, name)} for name in rivals],
        "rows": [
            {"figure": key, "value": ours[key]}
            | metrics["intervals"][key]
            | {"rivals": {name: metrics["figures"][name][key] for name in rivals}}
            for key in _ordered(ours, METRICS)
        ],
        "saved": [
            {"name": name, "label": get_display_name(MODELS, name), **saved, "verdict": _verdict(saved)}
            for name in rivals
            if (saved := metrics["log_loss_reduction"].get(name))
        ],
        "truth": None,
    }
    if "truth" in metrics:
        result["truth"] = [
            {"name": name, "label": get_display_name(MODELS, name), **row} for name, row in metrics["truth"].items()
        ]
        result["truth"].sort(key=lambda row: row["regret"])
    return result


def _verdict(saved: Mapping[str, float]) -> str:
    return "better" if saved["low"] > 0 else "worse" if saved["high"] < 0 else "no evidence"


def build_calibration_table(metadata: ScorerMetadata, metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Tabulate calibration by bin, and the effect of base rate correction."""
    checks = metrics["calibration"]
    calibration = checks[ALL]
    bins = []
    for band in calibration["bins"]:
        low, high = calculate_wilson_interval(band["actual"], band["snapshots"])
        rates = {f"{kind}_rate": band[kind] / band["snapshots"] for kind in ("expected", "actual")}
        bins.append({**band, **rates, "low": low, "high": high})
    kept = {key: calibration[key] for key in ("answer", "slope", "intercept", "actual_over_expected", "ece")}
    return {
        **kept,
        "groups": [
            {"name": name, "shown": metadata.calibration_check.get(name), "slope": NO_INTERVAL}
            | {"actual_over_expected": NO_INTERVAL}
            | {key: value for key, value in checks[name].items() if key in GROUP_KEYS}
            for name in (ALL, NEW, OLDER)
            if name in checks
        ],
        "off": _off(calibration["actual_over_expected"]),
        "map": metadata.choice["calibration"],
        "bins": bins,
        "level": metadata.level,
    }


def build_decisions_table(decisions: Mapping[str, Any]) -> dict[str, Any]:
    """Tabulate crossings and recall at capacity, Leadlight first."""
    recall: Mapping[str, Any] = decisions.get("recall_at_capacity", {})
    names = sorted(recall, key=list(MODELS).index)
    return {**decisions, "recall_at_capacity": [{"name": name, **recall[name]} for name in names]} if decisions else {}


def build_thresholds_table(scorer: Scorer, metrics: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Tabulate threshold metrics out of time and on the test window."""
    stages = metrics["stages"]
    every = sum(stage["snapshots"] for stage in stages.values())
    wins = sum(stage["wins"] for stage in stages.values())
    rows: list[dict[str, Any]] = []
    for name, threshold in scorer.thresholds.items():
        above, hits = count_above_threshold(name, stages)
        low, high = calculate_wilson_interval(hits, above) if above else (None, None)
        rows.append(
            {
                "name": name,
                "label": SHORT[name],
                "score": THRESHOLD_SCORES[name],
                **threshold.to_dict(),
                "test": {
                    "snapshots": above,
                    "wins": hits,
                    "precision": hits / above if above else None,
                    "low": low,
                    "high": high,
                    "recall": hits / wins if wins else None,
                    "share": above / every,
                },
            }
        )
    return rows


def build_expectations_table(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Tabulate expected and observed metrics of grades and thresholds on the test window."""
    expectations = metrics["expectations"]
    rows = [
        {"of": kind, "name": name, "figure": figure, **verdict}
        for kind, named in (("thresholds", expectations["thresholds"]), *expectations["grades"].items())
        for name, figures in named.items()
        for figure, verdict in figures.items()
    ]
    return {
        "rows": [
            row
            | {
                "key": f"{row['of']}.{row['name']}.{row['figure']}",
                "label": SHORT.get(row["name"], f"{row['of'].capitalize()} {row['name']}"),
            }
            for row in rows
        ],
        "together": expectations["together"],
        "periods": expectations["periods"],
        "judged": expectations["judged"],
        "outside": expectations["outside"],
    }


def build_monotonicity_table(scorer: Scorer, metrics: Mapping[str, Any]) -> dict[str, Any] | None:
    """Tabulate the effect of one more activity of each raising signal, most lowered scores first."""
    effects = metrics["one_more_activity"]
    if effects is None:
        return None
    labels = {topic.key: topic.label.get("en", topic.key) for topic in scorer.catalogue.topics}
    rows = [{"topic": name, "label": labels.get(name, name), **row} for name, row in effects["signals"].items()]
    rows.sort(key=lambda row: (-row["lowered"], row["topic"]))
    return {"leads": effects["leads"], "rows": rows}


def build_segments_table(scorer: Scorer, segments: pd.DataFrame) -> list[dict[str, Any]]:
    """Tabulate the segments; ``off`` marks intervals of actual/expected that exclude 1."""
    labels = {topic.key: topic.label.get("en", topic.key) for topic in scorer.catalogue.topics}
    spellings = scorer.metadata.spellings
    rows: list[dict[str, Any]] = []
    records = [{str(key): value for key, value in row.items()} for row in segments.to_dict("records")]
    for row in records:
        name = spellings.get(row["attribute"], {}).get(row["segment"], row["segment"])
        label = labels.get(row["attribute"], row["attribute"])
        rows.append({**row, "label": label, "name": name, "off": _off(row)})
    return rows


def _off(interval: Mapping[str, float]) -> str | None:
    """Return the side of 1 of an interval that excludes 1, else None."""
    return "fewer" if interval["high"] < 1 else "more" if interval["low"] > 1 else None


def list_unused_columns(workdir: Workdir) -> list[str]:
    """List source columns that params do not use; empty without an audit."""
    if not workdir.audit_report.exists():
        return []
    columns = read_json(workdir.audit_report)["columns"]
    return [f"{c['table']}.{c['column']}" for c in columns if c["role"] is None]


def convert_to_json_safe(content: Any) -> Any:
    """Replace NaN and infinity by None, recursively."""
    if isinstance(content, Mapping):
        return {key: convert_to_json_safe(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [convert_to_json_safe(value) for value in content]
    if isinstance(content, float):
        return float(content) if math.isfinite(content) else None
    return content
