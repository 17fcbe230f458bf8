"""``leadlight train``: fit the candidates on the training window."""

from collections.abc import Callable
from typing import Any

from features.errors import NotEnoughDataError
from models.candidates import save_model
from models.training import TrainingSettings, TrainingWindow, fit_candidates
from pipelines.audit.gate import refuse_leaks
from pipelines.engine import feature_set
from pipelines.learning_data import read_learning_data
from pipelines.outputs import Workdir, read_json, replacing_folder, write_json
from pipelines.params import Params

__all__ = ["train"]


def train(
    params: Params, workdir: Workdir, on_fitted: Callable[[str], None] = lambda name: None
) -> dict[str, Any]:
    """Fit and write every candidate.

    Parameters
    ----------
    params : Params
        Attributes, signals and the section ``training``.
    workdir : Workdir
        Where features and snapshots are, and candidates go.
    on_fitted : callable
        Called with the name of each candidate when it is fitted.

    Returns
    -------
    dict
        What tuning chose, by candidate.

    Raises
    ------
    ParamsError
        If a mapped attribute or signal is a leak (see :mod:`pipelines.audit`) and not allowed.
    NotEnoughDataError
        If the training window holds fewer wins than ``training.min_wins``.
    """
    refuse_leaks(params, workdir)
    data = read_learning_data(workdir).window("train")
    settings = params.training
    wins = int(data.won.sum())
    if wins < settings.min_wins:
        raise NotEnoughDataError(
            f"The training window must hold at least {settings.min_wins} wins (training.min_wins). "
            f"Got {wins} in {len(data.won)} snapshots: give more history, or a longer label.horizon_days."
        )
    catalogue = feature_set(params, read_json(workdir.ingest_report)).catalogue
    window = TrainingWindow(data.frame[catalogue.names], data.won, data.frame["lead_id"])
    how = TrainingSettings(**settings.model_dump(exclude={"min_wins"}))
    fitted = fit_candidates(window, catalogue, how, on_fitted)
    chosen = {name: settings for name, (_, settings) in fitted.items()}
    with replacing_folder(workdir.candidates) as fresh:
        for name, (model, _) in fitted.items():
            save_model(model, fresh / name)
        write_json(fresh / "candidates.json", {"order": list(fitted), "tuning": chosen})
    return chosen
