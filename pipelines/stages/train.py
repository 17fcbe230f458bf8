"""``leadlight train``: tune, judge and fit the candidates on all that lies before the test window."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from leadlight.features.errors import NotEnoughDataError
from leadlight.models.candidates.base import save_model
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


def train(
    params: Params, workdir: Workdir, on_fitted: Callable[[str], None] = lambda name: None
) -> dict[str, Any]:
    """Fit the candidates and write them down, with what each would have said out of time.

    Parameters
    ----------
    params : Params
        How to train, and the rule book.
    workdir : Workdir
        Where snapshots and features are and candidates go.
    on_fitted : callable
        Called with the name of each fitted candidate.

    Returns
    -------
    dict
        What tuning chose, by candidate.

    Raises
    ------
    ParamsError
        If a mapped attribute or signal is a leak (see :mod:`leadlight.pipelines.audit`) and not allowed.
    NotEnoughDataError
        If there are fewer wins than ``training.min_wins`` and no rule book to serve in the meantime.
    """
    raise_on_leakage(params, workdir)
    known = read_labelled_snapshots(workdir)
    past, _ = known.split_past_and_test()
    catalogue = build_feature_set(params, read_json(workdir.ingest_report)).catalogue
    wins = int(past.frame.drop_duplicates(["lead_id", "as_of"])["won"].sum())
    settings, rules = _settings(params, wins, len(past.won)), read_rules(params)
    window = TrainingData(
        past.frame[catalogue.names], past.won, past.frame["lead_id"], build_rolling_folds(past)
    )
    fitted = fit_candidates(window, catalogue, settings, rules, on_fitted)
    chosen = {name: entry.tuning for name, entry in fitted.items()}
    with write_folder_atomically(workdir.candidates) as fresh:
        for name, entry in fitted.items():
            save_model(entry.model, fresh / name)
        _out_of_time(past, window, fitted, known.select_gap()).to_parquet(
            fresh / "out_of_time.parquet", index=False
        )
        write_json(fresh / "candidates.json", {"order": list(fitted), "tuning": chosen, "wins": wins})
    return chosen


def _settings(params: Params, wins: int, snapshots: int) -> TrainingSettings:
    """Below the fewest wins nothing but the rule book can be had."""
    settings = TrainingSettings(**params.training.model_dump(exclude={"min_wins"}))
    if wins >= params.training.min_wins:
        return settings
    if params.points:
        return TrainingSettings(**asdict(settings) | {"candidates": ("points",)})
    raise NotEnoughDataError(
        f"The past must hold at least {params.training.min_wins} wins (training.min_wins), or params a rule "
        f"book (points) to serve until then. Got {wins} in {snapshots} snapshots: give more history, a "
        "longer label.horizon_days, or the points that leads earn today."
    )


def _out_of_time(
    past: LabelledSnapshots,
    window: TrainingData,
    fitted: dict[str, FittedCandidate],
    newest: LabelledSnapshots,
) -> pd.DataFrame:
    """Put beside each snapshot what it counts for, so that ages are those of the newest leads."""
    origins = window.get_folds()
    rows = np.concatenate([origin.test for origin in origins])
    told = past.frame.loc[rows, ["lead_id", "as_of", "won"]].reset_index(drop=True)
    told["origin"] = np.repeat(np.arange(len(origins)), [len(origin.test) for origin in origins])
    told["weight"] = 1.0
    if AGE in past.frame:
        told["weight"] = compute_standardization_weights(
            past.frame.loc[rows, AGE].to_numpy(), newest.frame[AGE].to_numpy()
        )
    for name, entry in fitted.items():
        for part, values in asdict(entry.out_of_time).items():
            told[f"{name}.{part}"] = values
    return told
