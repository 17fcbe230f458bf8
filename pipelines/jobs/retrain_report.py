"""Report of a retraining: data, figures, topics, thresholds and volumes of champion and challenger."""

from typing import Any

import numpy as np

from leadlight.models.scoring.anchors import THRESHOLD_SCORES
from leadlight.models.scoring.attribution import sum_by_topic
from leadlight.models.scoring.scorer import Scorer
from leadlight.models.scoring.thresholds import SHORT_NAMES
from leadlight.pipelines.registry.model_comparison import ComparedModel, ModelComparison

__all__ = ["compare_retrained_models", "list_changes", "render_report"]

MAX_TOPICS = 5


def compare_retrained_models(contest: ModelComparison, figures: dict[str, dict[str, float]]) -> dict[str, Any]:
    """Compare the training data of both models and their scores of the same window.

    Parameters
    ----------
    contest : ModelComparison
        Champion (then) and challenger (now) on one window.
    figures : dict
        Figures of both on it.

    Returns
    -------
    dict
        data (what each was trained on), figures, topics (largest changes of weight), thresholds, volumes.
    """
    then, now = contest.champion, contest.challenger
    return {
        "data": _pair_values(_summarize_data, then, now),
        "figures": {"then": figures["champion"], "now": figures["challenger"]},
        "topics": _find_topic_changes(contest),
        "thresholds": _pair_values(_read_thresholds, then, now),
        "volumes": _pair_values(_count_volumes, then, now),
    }


def _pair_values(read: Any, then: ComparedModel, now: ComparedModel) -> dict[str, Any]:
    return {"then": read(then), "now": read(now)}


def _summarize_data(model: ComparedModel) -> dict[str, Any]:
    report = model.scorer.metadata.snapshots
    splits = report["splits"].values()
    snapshots, wins = (sum(int(split[key]) for split in splits) for key in ("snapshots", "wins"))
    return {
        "version": model.version.number,
        "candidate": model.scorer.metadata.candidate,
        "until": report["cut_off"],
        "snapshots": snapshots,
        "wins": wins,
        "base_rate": wins / snapshots,
    }


def _read_thresholds(model: ComparedModel) -> dict[str, Any]:
    return {
        name: {"sentence": threshold.sentence, "probability": threshold.probability}
        for name, threshold in model.scorer.thresholds.items()
    }


def _count_volumes(model: ComparedModel) -> dict[str, int]:
    return {name: int((model.scores.score >= anchor).sum()) for name, anchor in THRESHOLD_SCORES.items()}


def _find_topic_changes(contest: ModelComparison) -> list[dict[str, Any]]:
    """Return the largest changes of topic weights: shares of the mean absolute contribution."""
    then, now = (_weigh_topics(contestant.scorer, contest) for contestant in (contest.champion, contest.challenger))
    keys = list(dict.fromkeys([*now, *then]))
    moved = [
        {"topic": key, "then": then.get(key, 0.0), "now": now.get(key, 0.0)}
        for key in sorted(keys, key=lambda key: -abs(now.get(key, 0.0) - then.get(key, 0.0)))
    ]
    return [entry for entry in moved if entry["then"] != entry["now"]][:MAX_TOPICS]


def _weigh_topics(scorer: Scorer, contest: ModelComparison) -> dict[str, float]:
    _, parts = scorer.model.explain_log_odds(contest.window.frame)
    keys = [topic.key for topic in scorer.catalogue.topics]
    summed = sum_by_topic(parts, [feature.topic for feature in scorer.catalogue.features], keys)
    weight = np.abs(summed).mean(axis=0)
    total = float(weight.sum()) or 1.0
    return {key: float(value) / total for key, value in zip(keys, weight, strict=True)}


def list_changes(change: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return the report as rows of name, then and now."""
    then, now = change["data"]["then"], change["data"]["now"]
    rows = [
        ("version", str(then["version"]), str(now["version"])),
        ("candidate", then["candidate"], now["candidate"]),
        ("data until", then["until"][:10], now["until"][:10]),
        *((name, f"{then[name]:,}", f"{now[name]:,} ({now[name] - then[name]:+,})") for name in ("snapshots", "wins")),
        ("base rate", f"{then['base_rate']:.2%}", f"{now['base_rate']:.2%}"),
    ]
    for name, digits in (("log_loss", 4), ("brier", 4), ("ece", 4), ("auc", 3)):
        old, new = (change["figures"][side][name] for side in ("then", "now"))
        rows.append((f"{name.replace('_', ' ')}, same window", f"{old:.{digits}f}", f"{new:.{digits}f}"))
    for stage, short in SHORT_NAMES.items():
        old, new = (change["thresholds"][side][stage]["probability"] for side in ("then", "now"))
        rows.append((f"{short} from a chance of", f"{old:.1%}", f"{new:.1%}"))
        old, new = (change["volumes"][side][stage] for side in ("then", "now"))
        rows.append((f"{short} or more, same window", f"{old:,}", f"{new:,}"))
    for mover in change["topics"]:
        rows.append((f"weight of {mover['topic']}", f"{mover['then']:.1%}", f"{mover['now']:.1%}"))
    return rows


def render_report(report: dict[str, Any]) -> str:
    """Return a retraining's report as Markdown."""
    lines = [f"# Retraining of {report['finished_at'][:10]}", "", report["sentence"], ""]
    if report["change"] is None:
        return "\n".join(lines)
    lines += ["| | then | now |", "|---|---|---|"]
    for row in list_changes(report["change"]):
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |")
    lines += ["", *(f"- {gate['name']}: {gate['message']}" for gate in report["gates"]), ""]
    return "\n".join(lines)
