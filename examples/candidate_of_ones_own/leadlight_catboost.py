"""CatBoost as a candidate: its own handling of categories, its exact SHAP values, its own file format.

CatBoost's SHAP values are those against fixed reference rows. Without any they would depend on the rows that are
explained together: the same lead had values up to 0.005 log-odds apart in two batches, with CatBoost 1.2.10.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from catboost import CatBoostClassifier, Pool

from leadlight.models.candidates.candidate import Candidate, TrainingContext, TunedSettings, TuningTrial, Words
from leadlight.models.candidates.training_data import TrainingData

__all__ = ["CatBoostCandidate", "CatBoostModel"]

NOT_KNOWN = "(not known)"
#: training snapshots that SHAP values compare with
MAX_REFERENCE = 50
#: depths to choose from
DEPTHS = (2, 4, 6)


@dataclass(frozen=True)
class CatBoostModel:
    """Fitted trees, and the features that they use.

    Parameters
    ----------
    features, categories : tuple of str
        All features in order, and those that are categories.
    trees : CatBoostClassifier
        The fitted model.
    reference : pd.DataFrame
        Training snapshots at equal steps of time, whose mean log-odds are the base.
    """

    kind: ClassVar[str] = "catboost"  # the name of the entry point
    features: tuple[str, ...]
    categories: tuple[str, ...]
    trees: CatBoostClassifier
    reference: pd.DataFrame

    def explain_log_odds(self, frame: pd.DataFrame) -> tuple[float, np.ndarray]:
        """Return the base and the SHAP values of each feature, in log-odds; shape (n, features)."""
        rows = frame if len(frame) else self.reference.head(1)  # the base comes with a row only
        values = np.asarray(
            self.trees.get_feature_importance(
                self._build_pool(rows), type="ShapValues", reference_data=self._build_pool(self.reference)
            )
        )
        return float(values[0, -1]), values[: len(frame), :-1]

    def explain_with_reference(self, frame: pd.DataFrame) -> tuple[float, np.ndarray]:
        """Return the same: CatBoost is its own reference."""
        return self.explain_log_odds(frame)

    def save(self, folder: Path) -> dict[str, Any]:
        """Write CatBoost's JSON, which is no pickle; return the rest."""
        self.trees.save_model(str(folder / "trees.json"), format="json", pool=self._build_pool(self.reference))
        known = self.reference.astype(object).where(self.reference.notna(), None)
        return {
            "features": list(self.features),
            "categories": list(self.categories),
            "reference": known.to_dict(orient="list"),
        }

    def _build_pool(self, frame: pd.DataFrame) -> Pool:
        return build_pool(frame, self.features, self.categories, np.zeros(len(frame)))


class CatBoostCandidate(Candidate):
    """Symmetric trees with ordered statistics of categories."""

    label = Words(en="CatBoost", de="CatBoost")
    sentence = Words(
        en="Symmetric trees that may combine features; categories enter by ordered statistics.",
        de="Symmetrische Bäume, die Merkmale verbinden können; Kategorien gehen als geordnete Statistiken ein.",
    )

    def tune(self, context: TrainingContext) -> TunedSettings:
        """Choose the depth by the metric on the folds."""
        window, metric, trials = context.window, context.metric, []
        for depth in DEPTHS:
            values = []
            for fold in window.get_folds():
                test = window.take(fold.test)
                model = self.fit(window.take(fold.train), context, {"depth": depth})
                base, parts = model.explain_log_odds(test.frame)
                values.append(metric.calculate(base + parts.sum(axis=1), test.won))
            trials.append(TuningTrial({"depth": depth}, float(np.mean(values))))
        best = min(trials, key=lambda trial: metric.convert_to_loss(trial.value))
        return TunedSettings(best.settings, trials)

    def fit(self, data: TrainingData, context: TrainingContext, settings: Mapping[str, Any]) -> CatBoostModel:
        """Fit one model with the chosen depth and the directions that the catalogue declares."""
        features = context.catalogue.features
        numbers = {f.name: f.monotonicity for f in features if f.kind == "number" and f.monotonicity}
        trees = CatBoostClassifier(
            iterations=context.settings.max_rounds,
            learning_rate=context.settings.learning_rate,
            depth=settings["depth"],
            monotone_constraints=numbers,
            random_seed=context.settings.seed,
            thread_count=1,
            allow_writing_files=False,
            verbose=False,
        )
        names = tuple(context.catalogue.names)
        categories = tuple(f.name for f in features if f.kind == "category")
        trees.fit(build_pool(data.frame, names, categories, data.won, data.get_offset()))
        rows = np.linspace(0, len(data.won) - 1, min(MAX_REFERENCE, len(data.won))).astype(int)
        reference = data.frame.iloc[rows][list(names)].reset_index(drop=True)
        return CatBoostModel(names, categories, trees, reference)

    def load(self, folder: Path, description: Mapping[str, Any]) -> CatBoostModel:
        """Read what :meth:`CatBoostModel.save` wrote."""
        trees = CatBoostClassifier()
        trees.load_model(str(folder / "trees.json"), format="json")
        features, categories = tuple(description["features"]), tuple(description["categories"])
        numbers = {name: float for name in features if name not in categories}
        reference = pd.DataFrame(description["reference"], columns=list(features)).astype(numbers)
        return CatBoostModel(features, categories, trees, reference)


def build_pool(
    frame: pd.DataFrame,
    features: tuple[str, ...],
    categories: tuple[str, ...],
    won: np.ndarray,
    offset: np.ndarray | None = None,
) -> Pool:
    """Return CatBoost's form of a feature table: NaN for numbers, a word of its own for unknown categories."""
    table = frame[list(features)].copy()
    for name in categories:
        table[name] = table[name].astype(object).where(table[name].notna(), NOT_KNOWN).astype(str)
    return Pool(table, label=won, cat_features=list(categories), baseline=offset)
