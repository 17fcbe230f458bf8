"""``leadlight train``: judge the candidates before the test window, choose one, fit it as judged and as it serves."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from leadlight.features.errors import NotEnoughDataError
from leadlight.models.candidates.base import save_model
from leadlight.models.candidates.candidate import FittedCandidate
from leadlight.models.candidates.registry import find_candidate
from leadlight.models.candidates.training_data import TrainingData, TrainingSettings
from leadlight.models.training.fit import fit_procedure, judge_candidates
from leadlight.models.training.selection import ModelSelection, select_candidate
from leadlight.pipelines.audit.gate import raise_on_leakage
from leadlight.pipelines.datasets.labelled_snapshots import (
    AGE,
    LabelledSnapshots,
    build_rolling_folds,
    read_labelled_snapshots,
    read_rules,
)
from leadlight.pipelines.engines.engine import build_feature_set
from leadlight.pipelines.params import Params
from leadlight.pipelines.workspace.workdir import Workdir, read_json, write_folder_atomically, write_json

__all__ = ["train"]


def train(params: Params, workdir: Workdir, on_fitted: Callable[[str], None] = lambda name: None) -> dict[str, Any]:
    """Choose a candidate by out-of-time predictions; fit it before the test window, and on every matured snapshot.

    Parameters
    ----------
    params : Params
        Training settings and rule book.
    workdir : Workdir
        Holds snapshots and features; models, tuning trials and out-of-time predictions go there.
    on_fitted : callable
        Called with the name of each judged candidate.

    Returns
    -------
    dict
        ``chosen``, its name, and ``tuning``, the settings of each candidate.

    Raises
    ------
    ParamsError
        If a mapped attribute or signal leaks the target (see :mod:`leadlight.pipelines.audit`) and is not allowed.
    NotEnoughDataError
        If there are fewer wins than ``training.min_wins`` and no rule book to serve in the meantime.
    """
    raise_on_leakage(params, workdir)
    snapshots = read_labelled_snapshots(workdir)
    report = read_json(workdir.ingest_report)
    catalogue = build_feature_set(params, report).catalogue
    dated = report["time"] == "dates"
    past, matured = snapshots.select_past(), snapshots.select_matured()
    wins = past.frame.loc[past.won == 1, "lead_id"].nunique()
    settings, rules = _build_settings(params, wins, len(past.won)), read_rules(params)
    window = _build_data(past, catalogue.names, dated)._replace(folds=build_rolling_folds(past))
    if not window.folds:
        raise NotEnoughDataError(
            "The calibration window must hold wins and losses, after some that were known before. Got none: raise "
            "split.calibrate_share or give more history."
        )
    judged = judge_candidates(window, catalogue, settings, rules, on_fitted)
    rows = np.concatenate([fold.test for fold in window.folds])
    margins = {name: entry.out_of_time.margin for name, entry in judged.items()}
    choice = select_candidate(
        margins, past.won[rows], past.leads[rows], origin=_number_origins(window), metric=settings.metric,
        seed=settings.seed,
    )  # fmt: skip
    tuning = {name: entry.settings for name, entry in judged.items()}
    with write_folder_atomically(workdir.candidates) as fresh:
        for folder, part in (("evaluation", past), ("serving", matured)):
            data = _build_data(part, catalogue.names, dated)
            model = fit_procedure(
                choice.name, tuning[choice.name], data, catalogue=catalogue, settings=settings, rules=rules
            )
            save_model(model, fresh / folder)
        _collect_out_of_time(past, window, judged).to_parquet(fresh / "out_of_time.parquet", index=False)
        _tabulate_trials(judged, settings.metric).to_csv(fresh / "trials.csv", index=False, float_format="%.6g")
        described = {"order": list(judged), "tuning": tuning, "wins": wins, "choice": _describe_choice(choice)}
        write_json(fresh / "candidates.json", described)
    return {"chosen": choice.name, "tuning": tuning}


def _number_origins(window: TrainingData) -> np.ndarray:
    """Return the number of the fold that each out-of-time prediction belongs to."""
    return np.repeat(np.arange(len(window.folds)), [len(fold.test) for fold in window.folds])


def _build_data(snapshots: LabelledSnapshots, names: list[str], dated: bool) -> TrainingData:
    frame = snapshots.frame[[*names, *(["as_of"] if dated else [])]]
    return TrainingData(frame, snapshots.won, snapshots.frame["lead_id"])


def _build_settings(params: Params, wins: int, snapshots: int) -> TrainingSettings:
    """Return the settings; below ``training.min_wins`` the rule book is the only candidate."""
    settings = TrainingSettings(**params.training.model_dump(exclude={"min_wins"}))
    if wins >= params.training.min_wins:
        return settings
    if params.points:
        return settings._replace(candidates=("points",))
    raise NotEnoughDataError(
        f"The past must hold at least {params.training.min_wins} wins (training.min_wins), or params a rule "
        f"book (points) to serve until then. Got {wins} in {snapshots} snapshots: give more history, a "
        "longer label.horizon_days, or the points that leads earn today."
    )


def _tabulate_trials(judged: dict[str, FittedCandidate], metric: str) -> pd.DataFrame:
    """Return one row a tuning trial, with the metric on the folds; a setting that a candidate has not is missing."""
    rows = [
        {"candidate": name, "trial": number, metric: trial.value, "rounds": trial.rounds} | trial.settings
        for name, entry in judged.items()
        for number, trial in enumerate(entry.trials)
    ]
    return pd.DataFrame(rows, columns=None if rows else ["candidate", "trial", metric, "rounds"])


def _collect_out_of_time(
    past: LabelledSnapshots, window: TrainingData, judged: dict[str, FittedCandidate]
) -> pd.DataFrame:
    """Return the predictions of every candidate on the folds."""
    rows = np.concatenate([fold.test for fold in window.folds])
    kept = ["lead_id", "as_of", "won", "on_grid", *([AGE] if AGE in past.frame else [])]
    predictions = past.frame.loc[rows, kept].astype({"won": "int8"}).reset_index(drop=True)
    predictions["origin"] = _number_origins(window)
    for name, entry in judged.items():
        for part, values in entry.out_of_time._asdict().items():
            predictions[f"{name}.{part}"] = values
    return predictions


def _describe_choice(choice: ModelSelection) -> dict[str, Any]:
    # with their words, so that pages need no package that adds one; a list keeps the order
    candidates = {name: find_candidate(name) for name in choice.log_loss}
    return {
        "candidates": [
            {"name": name, "label": entry.label._asdict(), "sentence": entry.sentence._asdict()}
            for name, entry in candidates.items()
        ],
        "name": choice.name,
        "metric": choice.metric,
        choice.metric: choice.values,
        "log_loss": choice.log_loss,
        "behind_best": choice.loss_gap,
        "error": choice.standard_error,
        "gain": choice.gain,
        "gain_error": choice.gain_error,
        "has_signal": choice.has_signal,
    }
