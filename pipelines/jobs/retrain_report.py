"""What the new wins changed: the champion and the challenger of a retraining, side by side."""

from typing import Any

import numpy as np

from leadlight.models.scoring.anchors import MARKETING_SCORE, SALES_SCORE
from leadlight.models.scoring.attribution import sum_by_topic
from leadlight.models.scoring.scorer import Scorer
from leadlight.pipelines.registry.model_comparison import ComparedModel, ModelComparison

__all__ = ["as_page", "change_rows", "compare_retrained_models"]

MOVERS = 5
ANCHORS = {"marketing_qualified": MARKETING_SCORE, "sales_qualified": SALES_SCORE}


def compare_retrained_models(
    contest: ModelComparison, figures: dict[str, dict[str, float]]
) -> dict[str, Any]:
    """Compare what both learned from, and what they make of the same window.

    Parameters
    ----------
    contest : Contest
        Champion (then) and challenger (now) on one window.
    figures : dict
        Figures of both on it.

    Returns
    -------
    dict
        data: what each was made from; figures; topics that weigh more or less; thresholds; volumes.
    """
    then, now = contest.champion, contest.challenger
    return {
        "data": _pair(_data, then, now),
        "figures": {"then": figures["champion"], "now": figures["challenger"]},
        "topics": _movers(contest),
        "thresholds": _pair(_thresholds, then, now),
        "volumes": _pair(_volumes, then, now),
    }


def _pair(look: Any, then: ComparedModel, now: ComparedModel) -> dict[str, Any]:
    return {"then": look(then), "now": look(now)}


def _data(of: ComparedModel) -> dict[str, Any]:
    report = of.scorer.facts["snapshots"]
    splits = report["splits"].values()
    snapshots, wins = (sum(int(split[key]) for split in splits) for key in ("snapshots", "wins"))
    return {
        "version": of.version.number,
        "candidate": of.scorer.facts["candidate"],
        "until": report["cut_off"],
        "snapshots": snapshots,
        "wins": wins,
        "base_rate": wins / snapshots,
    }


def _thresholds(of: ComparedModel) -> dict[str, Any]:
    return {
        name: {"sentence": threshold.sentence, "probability": threshold.probability}
        for name, threshold in of.scorer.thresholds.items()
    }


def _volumes(of: ComparedModel) -> dict[str, int]:
    return {name: int((of.seen.score >= anchor).sum()) for name, anchor in ANCHORS.items()}


def _movers(contest: ModelComparison) -> list[dict[str, Any]]:
    """Weights of topics: shares of the mean absolute contribution, which no calibration changes."""
    then, now = (
        _weights(contestant.scorer, contest) for contestant in (contest.champion, contest.challenger)
    )
    keys = list(dict.fromkeys([*now, *then]))
    moved = [
        {"topic": key, "then": then.get(key, 0.0), "now": now.get(key, 0.0)}
        for key in sorted(keys, key=lambda key: -abs(now.get(key, 0.0) - then.get(key, 0.0)))
    ]
    return [entry for entry in moved if entry["then"] != entry["now"]][:MOVERS]


def _weights(scorer: Scorer, contest: ModelComparison) -> dict[str, float]:
    _, parts = scorer.model.explain_log_odds(contest.window.frame)
    keys = [topic.key for topic in scorer.catalogue.topics]
    summed = sum_by_topic(parts, [feature.topic for feature in scorer.catalogue.features], keys)
    weight = np.abs(summed).mean(axis=0)
    total = float(weight.sum()) or 1.0
    return {key: float(value) / total for key, value in zip(keys, weight, strict=True)}


def change_rows(change: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return the report as rows of name, then and now."""
    then, now = change["data"]["then"], change["data"]["now"]
    rows = [
        ("version", str(then["version"]), str(now["version"])),
        ("candidate", then["candidate"], now["candidate"]),
        ("data until", then["until"][:10], now["until"][:10]),
        *(
            (name, f"{then[name]:,}", f"{now[name]:,} ({now[name] - then[name]:+,})")
            for name in ("snapshots", "wins")
        ),
        ("base rate", f"{then['base_rate']:.2%}", f"{now['base_rate']:.2%}"),
    ]
    for name, digits in (("log_loss", 4), ("brier", 4), ("ece", 4), ("auc", 3)):
        old, new = (change["figures"][side][name] for side in ("then", "now"))
        rows.append((f"{name.replace('_', ' ')}, same window", f"{old:.{digits}f}", f"{new:.{digits}f}"))
    for stage, short in (("marketing_qualified", "MQL"), ("sales_qualified", "SQL")):
        old, new = (change["thresholds"][side][stage]["probability"] for side in ("then", "now"))
        rows.append((f"{short} from a chance of", f"{old:.1%}", f"{new:.1%}"))
        old, new = (change["volumes"][side][stage] for side in ("then", "now"))
        rows.append((f"{short} or more, same window", f"{old:,}", f"{new:,}"))
    for mover in change["topics"]:
        rows.append((f"weight of {mover['topic']}", f"{mover['then']:.1%}", f"{mover['now']:.1%}"))
    return rows


def as_page(report: dict[str, Any]) -> str:
    """Return a retraining's report as Markdown."""
    lines = [f"# Retraining of {report['finished_at'][:10]}", "", report["sentence"], ""]
    if report["change"] is None:
        return "\n".join(lines)
    lines += ["| | then | now |", "|---|---|---|"]
    for row in change_rows(report["change"]):
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |")
    lines += ["", *(f"- {gate['name']}: {gate['said']}" for gate in report["gates"]), ""]
    return "\n".join(lines)
