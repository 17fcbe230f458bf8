"""Tables of a card, laid out from what calibration and evaluation found; no sentence is made here."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from leadlight.models.scoring.anchors import MARKETING_SCORE, SALES_SCORE, STAGES
from leadlight.models.scoring.scorer import Scorer
from leadlight.pipelines.reports.model_card.formatting import (
    CANDIDATE_LABELS,
    FIGURES,
    MODELS,
    get_display_name,
)
from leadlight.pipelines.reports.model_card.grade_statistics import calculate_wilson_interval
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

SCORES = {"marketing_qualified": MARKETING_SCORE, "sales_qualified": SALES_SCORE}
SHORT = {"marketing_qualified": "Marketing qualified (MQL)", "sales_qualified": "Sales qualified (SQL)"}


def build_selection_table(facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """List the rungs of the ladder that were compared, the simplest first."""
    known = facts["choice"]
    return [
        {
            "name": name,
            "label": get_display_name(CANDIDATE_LABELS, name),
            "log_loss": known["log_loss"][name],
            "behind_best": known["behind_best"][name],
            "error": known["error"][name],
            # bundles written before this was counted do not tell it
            "explaining_cost": known.get("explaining_cost", {}).get(name),
            "serves": name == facts["candidate"],
        }
        for name in _ordered(known["log_loss"], CANDIDATE_LABELS)
    ]


def _ordered(names: Iterable[str], order: Iterable[str]) -> list[str]:
    """Sort names as they stand in `order`; those that do not come last."""
    places = {name: place for place, name in enumerate(order)}
    return sorted(names, key=lambda name: places.get(name, len(places)))


def build_data_table(
    facts: Mapping[str, Any], learned: Mapping[str, Any], test: Mapping[str, Any]
) -> dict[str, Any]:
    """Lay out the windows, and what was left out of them.

    Parameters
    ----------
    facts : mapping
        Of the scorer.
    learned, test : mapping
        snapshots, standing_for, leads, wins, base_rate, from, to of what was learned from and tested on.
    """
    report = facts["snapshots"]
    dated = facts["time"] == "dates"
    calibrate, windows = report["splits"]["calibrate"], report["windows"]
    judged = {
        **calibrate,
        "standing_for": calibrate["snapshots"],
        "base_rate": calibrate["wins"] / calibrate["snapshots"],
        "from": windows["calibrate_start"],
        "to": windows["calibrate_end"],
    }
    rows = {"learned": learned, "judged": judged, "test": test}
    labelled = sum(split["snapshots"] for split in report["splits"].values())
    return {
        "dated": dated,
        "cut_off": report["cut_off"][:10] if dated else None,
        "windows": [
            {"name": name, **row, "from": row["from"][:10], "to": row["to"][:10]}
            if dated
            else {"name": name, **row, "from": None, "to": None}
            for name, row in rows.items()
        ],
        "labelled": labelled,
        "neither": labelled - learned["snapshots"] - test["snapshots"],
        "immature": report["immature"],
        "left_truncation": report["left_truncation"],
    }


def build_metrics_table(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Lay out the figures of the test window beside those of the rivals."""
    rivals = [name for name in _ordered(metrics["figures"], MODELS) if name != "leadlight"]
    ours = metrics["figures"]["leadlight"]
    result: dict[str, Any] = {
        "rivals": [{"name": name, "label": get_display_name(MODELS, name)} for name in rivals],
        "rows": [
            {"figure": key, "value": ours[key]}
            | metrics["intervals"][key]
            | {"rivals": {name: metrics["figures"][name][key] for name in rivals}}
            for key in _ordered(ours, FIGURES)
        ],
        "saved": [
            {"name": name, "label": get_display_name(MODELS, name), **saved, "verdict": _verdict(saved)}
            for name in rivals
            if (saved := metrics["log_loss_saved_against"].get(name))
        ],
        "truth": None,
    }
    if "truth" in metrics:
        result["truth"] = [
            {"name": name, "label": get_display_name(MODELS, name), **row}
            for name, row in metrics["truth"].items()
        ]
        result["truth"].sort(key=lambda row: row["regret"])
    return result


def _verdict(saved: Mapping[str, float]) -> str:
    return "better" if saved["low"] > 0 else "worse" if saved["high"] < 0 else "no evidence"


def build_calibration_table(facts: Mapping[str, Any], metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Lay out expected against actual wins, and what a correction of the base rate would give."""
    found = metrics["calibration"]
    bands = []
    for band in found["bands"]:
        low, high = calculate_wilson_interval(band["actual"], band["snapshots"])
        rates = {f"{kind}_rate": band[kind] / band["snapshots"] for kind in ("expected", "actual")}
        bands.append({**band, **rates, "low": low, "high": high})
    kept = {key: found[key] for key in ("passed", "slope", "intercept", "actual_over_expected", "ece")}
    correction = {
        "shift": facts["base_rate"]["shift"],
        "applied": facts["base_rate"]["shift"] != 0,
        "out_of_time": {key: facts["base_rate"][key] for key in ("saved", "error", "helps")},
        "test": found["base_rate"],
    }
    return {
        **kept,
        "off": _off(found["actual_over_expected"]),
        "map": facts["choice"]["calibration"],
        "bands": bands,
        "base_rate": correction,
    }


def build_thresholds_table(scorer: Scorer, metrics: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Lay out the thresholds: what they gave where they were chosen, and what on the test window."""
    stages = metrics["stages"]
    every = metrics["test"]["standing_for"]
    wins = sum(stage["wins"] for stage in stages.values())
    rows: list[dict[str, Any]] = []
    for name, threshold in scorer.thresholds.items():
        reached = [stages[stage] for stage in STAGES[STAGES.index(name) :] if stage in stages]
        above, hits = (sum(stage[key] for stage in reached) for key in ("snapshots", "wins"))
        low, high = calculate_wilson_interval(hits, above)
        rows.append(
            {
                "name": name,
                "label": SHORT[name],
                "score": SCORES[name],
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
    """Lay out what grades and thresholds were to do on the test window, and what they did, a row a figure."""
    found = metrics["promises"]
    rows = [
        {"of": kind, "name": name, "figure": figure, **verdict}
        for kind, named in (("thresholds", found["thresholds"]), *found["grades"].items())
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
        "together": found["together"],
        "periods": found["periods"],
        "judged": found["judged"],
        "outside": found["outside"],
    }


def build_monotonicity_table(scorer: Scorer, metrics: Mapping[str, Any]) -> dict[str, Any] | None:
    """Lay out what one more activity of each raising signal does to scores, the most lowered first."""
    found = metrics["one_more_activity"]
    if found is None:
        return None
    labels = {topic.key: topic.label.get("en", topic.key) for topic in scorer.catalogue.topics}
    rows = [{"topic": name, "label": labels.get(name, name), **row} for name, row in found["signals"].items()]
    rows.sort(key=lambda row: (-row["lowered"], row["topic"]))
    return {"leads": found["leads"], "rows": rows}


def build_segments_table(scorer: Scorer, found: pd.DataFrame) -> list[dict[str, Any]]:
    """Lay out the segments; ``off`` says on which side of 1 the whole interval of actual/expected lies."""
    labels = {topic.key: topic.label.get("en", topic.key) for topic in scorer.catalogue.topics}
    spellings = scorer.facts["spellings"]
    rows: list[dict[str, Any]] = []
    records = [{str(key): value for key, value in row.items()} for row in found.to_dict("records")]
    for row in records:
        name = spellings.get(row["attribute"], {}).get(row["segment"], row["segment"])
        label = labels.get(row["attribute"], row["attribute"])
        rows.append({**row, "label": label, "name": name, "off": _off(row)})
    return rows


def _off(interval: Mapping[str, float]) -> str | None:
    """Say on which side of 1 an interval of actual over expected wins lies; NaN lies on none."""
    return "fewer" if interval["high"] < 1 else "more" if interval["low"] > 1 else None


def list_unused_columns(workdir: Workdir) -> list[str]:
    """Name the columns of the source that no part of the params names; nothing without an audit."""
    if not workdir.audit_report.exists():
        return []
    columns = read_json(workdir.audit_report)["columns"]
    return [f"{c['table']}.{c['column']}" for c in columns if c["role"] is None]


def convert_to_json_safe(content: Any) -> Any:
    """Make what JSON can hold: a figure that has no value is null."""
    if isinstance(content, Mapping):
        return {key: convert_to_json_safe(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [convert_to_json_safe(value) for value in content]
    if isinstance(content, float):
        return float(content) if math.isfinite(content) else None
    return content
