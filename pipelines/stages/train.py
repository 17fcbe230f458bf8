"""``leadlight train``: tune, validate and fit the candidates on snapshots before the test window."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from leadlight.features.errors import NotEnoughDataError
from leadlight.models.candidates.base import save_model
from leadlight.models.candidates.names import get_folder_name
from leadlight.models.metrics.age_standardization import compute_standardization_weights
from leadlight.models.training.fit import FittedCandidate, TrainingData, TrainingSettings, fit_candidates
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
    """Fit the candidates; write them, their tuning trials and their out-of-time predictions.

    Parameters
    ----------
    params : Params
        Training settings and rule book.
    workdir : Workdir
        Holds snapshots and features; candidates go there.
    on_fitted : callable
        Called with the name of each fitted candidate.

    Returns
    -------
    dict
        Chosen hyperparameters by candidate.

    Raises
    ------
    ParamsError
        If a mapped attribute or signal leaks the target (see :mod:`leadlight.pipelines.audit`) and is not allowed.
    NotEnoughDataError
        If there are fewer wins than ``training.min_wins`` and no rule book to serve in the meantime.
    """
    raise_on_leakage(params, workdir)
    snapshots = read_labelled_snapshots(workdir)
    past, _ = snapshots.split_past_and_test()
    catalogue = build_feature_set(params, read_json(workdir.ingest_report)).catalogue
    wins = int(past.frame.drop_duplicates(["lead_id", "as_of"])["won"].sum())
    settings, rules = _build_settings(params, wins, len(past.won)), read_rules(params)
    window = TrainingData(past.frame[catalogue.names], past.won, past.frame["lead_id"], build_rolling_folds(past))
    fitted = fit_candidates(window, catalogue, settings, rules, on_fitted)
    chosen = {name: entry.tuning for name, entry in fitted.items()}
    with write_folder_atomically(workdir.candidates) as fresh:
        for name, entry in fitted.items():
            save_model(entry.model, fresh / get_folder_name(name))
        _collect_out_of_time(past, window, fitted, snapshots.select_gap()).to_parquet(
            fresh / "out_of_time.parquet", index=False
        )
        _tabulate_trials(fitted, settings.metric).to_csv(fresh / "trials.csv", index=False, float_format="%.6g")
        write_json(fresh / "candidates.json", {"order": list(fitted), "tuning": chosen, "wins": wins})
    return chosen


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


def _tabulate_trials(fitted: dict[str, FittedCandidate], metric: str) -> pd.DataFrame:
    """Return one row a tuning trial, with the metric on the folds; a setting that a candidate has not is missing."""
    rows = [
        {"candidate": name, "trial": number, metric: trial.value, "rounds": trial.rounds, "pruned": trial.pruned}
        | trial.settings
        for name, entry in fitted.items()
        for number, trial in enumerate(entry.trials)
    ]
    return pd.DataFrame(rows, columns=None if rows else ["candidate", "trial", metric, "rounds", "pruned"])


def _collect_out_of_time(
    past: LabelledSnapshots, window: TrainingData, fitted: dict[str, FittedCandidate], newest: LabelledSnapshots
) -> pd.DataFrame:
    """Return out-of-time predictions, weighted to the ages of the newest leads."""
    origins = window.get_folds()
    rows = np.concatenate([origin.test for origin in origins])
    predictions = past.frame.loc[rows, ["lead_id", "as_of", "won"]].reset_index(drop=True)
    predictions["origin"] = np.repeat(np.arange(len(origins)), [len(origin.test) for origin in origins])
    predictions["weight"] = 1.0
    if AGE in past.frame:
        predictions["weight"] = compute_standardization_weights(
            past.frame.loc[rows, AGE].to_numpy(), newest.frame[AGE].to_numpy()
        )
    for name, entry in fitted.items():
        for part, values in entry.out_of_time._asdict().items():
            predictions[f"{name}.{part}"] = values
    return predictions
