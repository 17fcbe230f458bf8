"""What MLflow shows of one training: name, description, tags, params, metrics, data sets, tables, files."""

import datetime as dt
import hashlib
import subprocess
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from leadlight.models.scoring.bundle import get_bundle_checksum, load_scorer
from leadlight.models.scoring.scorer import Scorer
from leadlight.models.scoring.thresholds import SHORT_NAMES
from leadlight.pipelines.workspace.agreement import describe_agreement
from leadlight.pipelines.workspace.time_words import describe_horizon, describe_span
from leadlight.pipelines.workspace.workdir import Workdir, make_corrupt_file_error, read_frame, read_json

__all__ = ["DatasetSummary", "TrainingRun", "describe_training"]

#: MLflow shows the digest of a data set and a tag in so many characters
DIGEST_DIGITS = 8


class DatasetSummary(NamedTuple):
    """One window of snapshots: its context in MLflow, counts, and a digest of its keys and labels; no values."""

    context: str
    digest: str
    tags: dict[str, str]


class TrainingRun(NamedTuple):
    """One training as MLflow shows it.

    Parameters
    ----------
    name : str
        Date and candidate.
    description : str
        Markdown.
    tags : dict of str to str
        ``bundle`` (its checksum) identifies the run.
    params : dict of str to str
        Chosen settings.
    metrics : dict of str to float
        Of the test window, with the ends of their intervals.
    datasets : tuple of DatasetSummary
        Training, calibration and test window.
    candidates : DataFrame
        Candidate, out-of-time log loss, distance to the best, standard error, cost of an explanation.
    trials : DataFrame
        Tuning trials: candidate, number, metric on the folds, boosting rounds, pruned or not, hyperparameters.
    """

    name: str
    description: str
    tags: dict[str, str]
    params: dict[str, str]
    metrics: dict[str, float]
    datasets: tuple[DatasetSummary, ...]
    candidates: pd.DataFrame
    trials: pd.DataFrame


def describe_training(workdir: Workdir, folder: Path) -> TrainingRun:
    """Collect what is logged of the training in a working folder.

    Parameters
    ----------
    workdir : Workdir
        After ``leadlight evaluate``.
    folder : Path
        Folder of the params file, for the commit of git and the lock of DVC.
    """
    details = read_json(workdir.require(workdir.details, "evaluate"))
    metrics = read_json(workdir.require(workdir.metrics, "evaluate"))
    scorer = load_scorer(workdir.require(workdir.bundle, "calibrate"))
    snapshots = read_frame(workdir.snapshots, ["lead_id", "as_of", "won", "split"])
    datasets = tuple(_summarize_dataset(snapshots, split, context) for split, context in _CONTEXTS.items())
    choice = scorer.metadata.choice
    candidates = pd.DataFrame(
        {key: pd.Series(choice[key], dtype=float) for key in ("log_loss", "behind_best", "error", "gain", "gain_error")}
    )
    return TrainingRun(
        name=f"{dt.datetime.now(dt.UTC):%Y-%m-%d} {scorer.metadata.candidate}",
        description=_write_description(scorer, details, metrics),
        tags=_collect_tags(workdir, folder, scorer, details, datasets),
        params=_collect_params(scorer, read_json(workdir.candidates / "candidates.json")["tuning"]),
        metrics=dict(_collect_metrics(details, metrics)),
        datasets=datasets,
        candidates=candidates.rename_axis("candidate").sort_values("log_loss").reset_index(),
        trials=_read_trials(workdir),
    )


def _read_trials(workdir: Workdir) -> pd.DataFrame:
    path = workdir.require(workdir.candidates / "trials.csv", "train")
    try:
        return pd.read_csv(path)
    except ValueError as error:
        raise make_corrupt_file_error(path, error) from None


#: split of the snapshots -> context of the data set in MLflow
_CONTEXTS = {"train": "training", "calibrate": "calibration", "test": "test"}


def _summarize_dataset(snapshots: pd.DataFrame, split: str, context: str) -> DatasetSummary:
    rows = snapshots[snapshots["split"] == split].drop(columns="split").sort_values(["lead_id", "as_of"])
    digest = hashlib.sha256(pd.util.hash_pandas_object(rows, index=False).to_numpy().tobytes()).hexdigest()
    tags = {"snapshots": str(len(rows)), "leads": str(rows["lead_id"].nunique()), "wins": str(int(rows["won"].sum()))}
    return DatasetSummary(context, digest[:DIGEST_DIGITS], tags)


def _collect_tags(
    workdir: Workdir, folder: Path, scorer: Scorer, details: Mapping[str, Any], datasets: tuple[DatasetSummary, ...]
) -> dict[str, str]:
    known_until = read_json(workdir.ingest_report)["known_until"] if scorer.metadata.has_dates else None
    digest = hashlib.sha256("".join(summary.digest for summary in datasets).encode()).hexdigest()
    lock = folder / "dvc.lock"
    tags = {
        "bundle": get_bundle_checksum(workdir.bundle),
        "calibration": details["calibration"]["all"]["answer"],
        "candidate": scorer.metadata.candidate,
        "data_digest": digest[:DIGEST_DIGITS],
        "data_until": known_until[:10] if known_until else None,
        "simulated": str(scorer.metadata.simulated).lower(),
        "git_commit": _find_commit(folder),
        "dvc_lock": hashlib.sha256(lock.read_bytes()).hexdigest()[:DIGEST_DIGITS] if lock.is_file() else None,
        "leadlight_version": metadata.version("leadlight"),
    }
    return {key: value for key, value in tags.items() if value is not None}


def _find_commit(folder: Path) -> str | None:
    try:
        done = subprocess.run(
            ["git", "rev-parse", "--short=12", "HEAD"], cwd=folder, capture_output=True, text=True, check=False
        )
    except OSError:  # without git
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None


def _collect_params(scorer: Scorer, tuning: Mapping[str, Any]) -> dict[str, str]:
    meta = scorer.metadata
    chosen = dict(_flatten(tuning.get(meta.candidate, {})))
    chosen.pop("log_loss", None)
    params = {
        "candidate": meta.candidate,
        "calibration": meta.choice["calibration"],
        "horizon_days": meta.horizon_shown,
        "time": meta.time,
        "wins": meta.wins,
        **{f"tuned_{key}": value for key, value in chosen.items()},
        **{f"policy_{name}": threshold.sentence for name, threshold in scorer.thresholds.items()},
        "policy_agreed": describe_agreement(meta.agreed, policy_agreed=meta.policy_agreed),
    }
    return {key: str(value) for key, value in params.items() if value is not None}


def _collect_metrics(details: Mapping[str, Any], metrics: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    yield from ((key, float(value)) for key, value in _flatten(metrics) if not isinstance(value, str))
    for name, interval in details["intervals"].items():
        yield from ((f"{name}_{end}", interval[end]) for end in ("low", "high"))
    calibration = details["calibration"]["all"]
    for key, name in (("slope", "calibration_slope"), ("actual_over_expected", "actual_over_expected")):
        yield from ((f"{name}_{end}", calibration[key][end]) for end in ("low", "high"))
    if "truth" in details:
        yield "regret", details["truth"]["leadlight"]["regret"]


def _flatten(content: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in content.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{key}_")
        else:
            yield f"{prefix}{key}", value


def _write_description(scorer: Scorer, details: Mapping[str, Any], metrics: Mapping[str, Any]) -> str:
    """Write the verdict of the model card as a few lines of Markdown."""
    meta, test = scorer.metadata, details["test"]
    within, span = describe_horizon(meta.horizon_shown), describe_span(test["from"], test["to"])
    answer = details["calibration"]["all"]["answer"].replace("_", " ")
    saved = details["log_loss_reduction"]["constant"]
    lines = [
        f"{meta.candidate} predicts whether a lead is won{within}; the calibration check says: {answer}.",
        "",
        f"- Learned from {meta.wins:,} wins",
        f"- Test window: {test['snapshots']:,} snapshots with {test['wins']:,} wins{f', {span}' if span else ''}",
        f"- Log loss {metrics['log_loss']:.4f}, below the base rate by {saved['value']:.4f} "
        f"[{saved['low']:.4f}, {saved['high']:.4f}]; D² {metrics['d2_log_loss']:.3f}",
        f"- The tenth of leads with the highest scores holds {metrics['top_tenth_capture']:.0%} of the wins",
    ]
    for name, label in SHORT_NAMES.items():
        stage = metrics[name]
        volume = f", {stage['snapshots_per_week']:,.0f} snapshots a week" if "snapshots_per_week" in stage else ""
        precision = f"precision {stage['precision']:.1%}" if "precision" in stage else "reached by none"
        lines.append(
            f"- {label} ({scorer.thresholds[name].sentence}): {precision}, recall {stage['recall']:.1%}{volume}"
        )
    if meta.simulated:
        lines.append("- The CRM is simulated")
    if details["optimistic"]:
        lines.append("- The source has neither dates nor an order: these figures are optimistic")
    return "\n".join(lines)
