"""Scores of challenger and champion on the newest matured snapshots that neither was trained on."""

from typing import NamedTuple

import pandas as pd

from leadlight.features.errors import BundleError, NotEnoughDataError
from leadlight.models.scoring.bundle import load_evaluation_scorer, load_scorer
from leadlight.models.scoring.scorer import Scorer
from leadlight.models.validation.champion_challenger import ModelScores
from leadlight.pipelines.datasets.labelled_snapshots import LabelledSnapshots, read_labelled_snapshots
from leadlight.pipelines.registry.mlflow_registry import Version
from leadlight.pipelines.workspace.workdir import Workdir

#: newest snapshots that the bundle which would serve is tried on
NEWEST_ROWS = 1000

__all__ = ["ComparedModel", "ModelComparison", "compare_models", "select_out_of_sample"]


class ComparedModel(NamedTuple):
    """A registered scorer and its scores of the window."""

    version: Version
    scorer: Scorer
    scores: ModelScores


class ModelComparison(NamedTuple):
    """Both scorers on one window.

    Parameters
    ----------
    champion, challenger : ComparedModel
        The serving version and its rival.
    window : LabelledSnapshots
        The snapshots.
    note : str or None
        Which part of the test window was left out, and why.
    """

    champion: ComparedModel
    challenger: ComparedModel
    window: LabelledSnapshots
    note: str | None


def compare_models(workdir: Workdir, champion: Version, challenger: Version) -> ModelComparison:
    """Score one window with both models.

    Parameters
    ----------
    workdir : Workdir
        Where snapshots and features are.
    champion, challenger : Version
        From the registry.

    Returns
    -------
    ModelComparison
        Both, on the same snapshots.

    Raises
    ------
    BundleError
        If features or horizon differ, so that the two cannot be compared.
    NotEnoughDataError
        If one of them was trained on every snapshot.
    """
    data = read_labelled_snapshots(workdir)
    test_start = data.select_split("test").frame["as_of"].min()
    old, new = (_choose_scorer(version, test_start) for version in (champion, challenger))
    _check_comparable(data, champion, old, challenger, new)
    window, note = select_out_of_sample(data, old, new)
    _score_newest(data, challenger)
    return ModelComparison(
        ComparedModel(champion, old, _score_window(old, window.frame)),
        ComparedModel(challenger, new, _score_window(new, window.frame)),
        window,
        note,
    )


def _choose_scorer(version: Version, test_start: pd.Timestamp) -> Scorer:
    """Return the scorer that serves, or where that learned from the window, the one that was judged."""
    serving = load_scorer(version.bundle)
    learned_until = pd.Timestamp(serving.metadata.snapshots["learned_until"])
    gap = pd.Timedelta(days=serving.metadata.snapshots["gap_days"])
    return serving if learned_until + gap <= test_start else load_evaluation_scorer(version.bundle)


def _score_newest(data: LabelledSnapshots, challenger: Version) -> None:
    """Load what would serve and score the newest snapshots with it: a bundle that cannot score is never promoted.

    Raises
    ------
    BundleError
        If it cannot be loaded, or a probability is not between 0 and 1.
    """
    newest = data.frame.tail(NEWEST_ROWS)
    probability = load_scorer(challenger.bundle).predict(newest)["probability"]
    if not probability.between(0.0, 1.0).all():
        raise BundleError(
            f"The challenger, version {challenger.number}, must give every lead a probability. Got "
            f"{probability[~probability.between(0.0, 1.0)].iloc[0]}: train anew."
        )


def select_out_of_sample(data: LabelledSnapshots, *scorers: Scorer) -> tuple[LabelledSnapshots, str | None]:
    """Return the newest matured snapshots that no scorer was trained on, and a note on what was left out.

    Raises
    ------
    NotEnoughDataError
        If nothing is left.
    """
    test = data.select_split("test")
    starts = [scorer.metadata.snapshots["windows"]["test_start"] for scorer in scorers]
    learned = [start for start in starts if start is not None]
    if not data.by_time or not learned:
        return test, None
    new_since = max(pd.Timestamp(start) for start in learned)
    begins = test.frame["as_of"].min()
    if begins >= new_since:
        return test, None
    later = test.filter((test.frame["as_of"] >= new_since).to_numpy())
    if not len(later.won):
        raise NotEnoughDataError(
            "The matured snapshots must hold some that neither challenger nor champion learned from. "
            f"Got none from {new_since:%Y-%m-%d} on: wait for newer outcomes."
        )
    note = (
        f"The test window begins on {begins:%Y-%m-%d}, but one of the two learned "
        f"from later ones: only snapshots from {new_since:%Y-%m-%d} on are used."
    )
    return later, note


def _check_comparable(
    data: LabelledSnapshots, champion: Version, old: Scorer, challenger: Version, new: Scorer
) -> None:
    kinds = {feature.name: feature.kind for feature in new.catalogue.features}
    missing = [name for name in new.catalogue.names if name not in data.frame.columns]
    if missing:
        raise BundleError(
            f"The feature table must have every column that the challenger, version {challenger.number}, "
            f"reads. Got none named {missing[0]}: run `leadlight retrain`."
        )
    way_out = "let the new model serve with `leadlight register --as-champion`"
    changed = [
        feature.name
        for feature in old.catalogue.features
        if feature.name not in data.frame.columns or kinds.get(feature.name, feature.kind) != feature.kind
    ]
    if changed:
        raise BundleError(
            f"The feature table must have every column that the champion, version {champion.number}, reads. "
            f"Got none like its {changed[0]}, so the two cannot be compared: {way_out}."
        )
    horizons = [scorer.metadata.horizon_days for scorer in (new, old)]
    if horizons[0] != horizons[1]:
        raise BundleError(
            f"The horizon of challenger and champion must be the same. Got {horizons[0]} and "
            f"{horizons[1]} days, so the two predict different things: {way_out}."
        )


def _score_window(scorer: Scorer, frame: pd.DataFrame) -> ModelScores:
    scored = scorer.predict(frame)
    return ModelScores(
        scored["probability"].to_numpy(),
        scored["score"].to_numpy(),
        tuple(scorer.thresholds[name].sentence for name in sorted(scorer.thresholds)),
    )
