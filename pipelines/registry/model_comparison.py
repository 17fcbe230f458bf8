"""Challenger and champion on the same newest matured snapshots, which neither of them learned from."""

from dataclasses import dataclass

import pandas as pd

from leadlight.features.errors import BundleError, NotEnoughDataError
from leadlight.models.scoring.bundle import load_scorer
from leadlight.models.scoring.scorer import Scorer
from leadlight.models.validation.champion_challenger import ModelScores
from leadlight.pipelines.datasets.labelled_snapshots import (
    LabelledSnapshots,
    read_labelled_snapshots,
    split_disjoint_leads,
)
from leadlight.pipelines.registry.mlflow_registry import Version
from leadlight.pipelines.workspace.workdir import Workdir

__all__ = ["ComparedModel", "ModelComparison", "compare_models", "select_out_of_sample"]


@dataclass(frozen=True)
class ComparedModel:
    """A registered scorer and what it says of the window."""

    version: Version
    scorer: Scorer
    seen: ModelScores


@dataclass(frozen=True)
class ModelComparison:
    """Both scorers on one window.

    Parameters
    ----------
    champion, challenger : Contestant
        Who serves, and who wants to.
    window : LearningData
        The snapshots; some stand there twice (see :func:`.split_disjoint_leads`).
    note : str or None
        What was left out of the test window, and why.
    """

    champion: ComparedModel
    challenger: ComparedModel
    window: LabelledSnapshots
    note: str | None


def compare_models(workdir: Workdir, champion: Version, challenger: Version) -> ModelComparison:
    """Score the window with both.

    Parameters
    ----------
    workdir : Workdir
        Where snapshots and features are.
    champion, challenger : Version
        From the registry.

    Returns
    -------
    Contest
        Both, on the same snapshots.

    Raises
    ------
    BundleError
        If one of them cannot be asked about these snapshots: other features, or another horizon.
    NotEnoughDataError
        If one of them learned from every snapshot there is.
    """
    old, new = load_scorer(champion.bundle), load_scorer(challenger.bundle)
    data = read_labelled_snapshots(workdir)
    _demand_the_same_question(data, champion, old, challenger, new)
    window, note = select_out_of_sample(data, old, new)
    return ModelComparison(
        ComparedModel(champion, old, _seen(old, window.frame)),
        ComparedModel(challenger, new, _seen(new, window.frame)),
        window,
        note,
    )


def select_out_of_sample(data: LabelledSnapshots, *scorers: Scorer) -> tuple[LabelledSnapshots, str | None]:
    """Return the newest matured snapshots that none of the scorers learned from, and what was left out.

    A scorer learned from what lies before its own last gap, so all from the beginning of its own test window
    on is new to it. Where the test window of today begins earlier than that, only the later part is used.

    Raises
    ------
    NotEnoughDataError
        If nothing is left.
    """
    windows = [scorer.facts["snapshots"]["windows"] for scorer in scorers]
    new_since = max(pd.Timestamp(window["test_start"]) for window in windows)
    test = data.select_split("test")
    if test.frame["as_of"].min() >= new_since:
        return data.split_past_and_test()[1], None
    learned_until = max(pd.Timestamp(window["calibrate_end"]) for window in windows)
    moments = data.frame["as_of"]
    later = data.filter((moments >= new_since).to_numpy())
    if not len(later.won):
        raise NotEnoughDataError(
            "The matured snapshots must hold some that neither challenger nor champion learned from. "
            f"Got none from {new_since:%Y-%m-%d} on: wait for newer outcomes."
        )
    _, window = split_disjoint_leads(data.filter((moments < learned_until).to_numpy()), later)
    note = (
        f"The test window begins on {test.frame['as_of'].min():%Y-%m-%d}, but one of the two learned "
        f"from later ones: only snapshots from {new_since:%Y-%m-%d} on are used."
    )
    return window, note


def _demand_the_same_question(
    data: LabelledSnapshots, champion: Version, old: Scorer, challenger: Version, new: Scorer
) -> None:
    kinds = {feature.name: feature.kind for feature in new.catalogue.features}
    lacking = [name for name in new.catalogue.names if name not in data.frame.columns]
    if lacking:
        raise BundleError(
            f"The feature table must have every column that the challenger, version {challenger.number}, "
            f"reads. Got none named {lacking[0]}: run `leadlight retrain`."
        )
    way_out = "let the new model serve with `leadlight register --as-champion`"
    odd = [
        feature.name
        for feature in old.catalogue.features
        if feature.name not in data.frame.columns or kinds.get(feature.name, feature.kind) != feature.kind
    ]
    if odd:
        raise BundleError(
            f"The feature table must have every column that the champion, version {champion.number}, reads. "
            f"Got none like its {odd[0]}, so the two cannot be compared: {way_out}."
        )
    horizons = [scorer.facts["horizon_days"] for scorer in (new, old)]
    if horizons[0] != horizons[1]:
        raise BundleError(
            f"The horizon of challenger and champion must be the same. Got {horizons[0]} and "
            f"{horizons[1]} days, so the two predict different things: {way_out}."
        )


def _seen(scorer: Scorer, frame: pd.DataFrame) -> ModelScores:
    scored = scorer.predict(frame)
    return ModelScores(
        scored["probability"].to_numpy(),
        scored["score"].to_numpy(),
        tuple(scorer.thresholds[name].sentence for name in sorted(scorer.thresholds)),
    )
