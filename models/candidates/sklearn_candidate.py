"""A scikit-learn estimator or pipeline with `predict_proba` as a candidate."""

from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from leadlight.features.catalogue import Catalogue
from leadlight.features.errors import ParamsError
from leadlight.models.candidates.candidate import Candidate, TrainingContext, Words
from leadlight.models.candidates.category_encoding import CategoryEncoder
from leadlight.models.candidates.sklearn_files import refuse_unsafe_types
from leadlight.models.candidates.sklearn_model import POOLED, SklearnModel
from leadlight.models.candidates.training_data import TrainingData

__all__ = ["SklearnCandidate"]


class SklearnCandidate(Candidate):
    """A scikit-learn estimator, explained by SHAP values of its log-odds and saved without pickle.

    A subclass gives its ``label`` and :meth:`make_estimator`.
    """

    sentence = Words(
        "A wrapped estimator; SHAP values of its log-odds, computed by permutation, say what each feature adds.",
        "Ein eingebundener Schätzer; durch Permutation berechnete SHAP-Werte seiner Log-Odds sagen, was jedes "
        "Merkmal beiträgt.",
    )

    @property
    def name(self) -> str:
        """Name for sentences."""
        return type(self).__name__

    @abstractmethod
    def make_estimator(self, catalogue: Catalogue) -> Any:
        """Return an estimator that is not fitted; the catalogue lists the columns that it will see."""

    def is_available(self, context: TrainingContext) -> bool:
        """Make the estimator once, so that one that could not be saved is refused before anything is fitted."""
        refuse_unsafe_types(self._make(context), self.name)
        return True

    def fit(self, data: TrainingData, context: TrainingContext, settings: Mapping[str, Any]) -> SklearnModel:
        """Fit one estimator on the frame of :func:`.convert_to_frame`."""
        fewest = context.settings.min_category_leads
        levels = {
            f.name: CategoryEncoder.fit(data.frame[f.name].mask(data.frame[f.name] == POOLED), data.leads, fewest)
            for f in context.catalogue.features
            if f.kind == "category"
        }
        frame, seed = data.frame[context.catalogue.names], context.settings.seed
        return SklearnModel.fit(self.name, self._make(context), frame, data.won, levels=levels, seed=seed)

    def load(self, folder: Path, description: Mapping[str, Any]) -> SklearnModel:
        """Read a saved model; it needs neither the function nor the package that made the estimator."""
        return SklearnModel.read(folder, description)

    def _make(self, context: TrainingContext) -> Any:
        estimator = self.make_estimator(context.catalogue)
        if not (hasattr(estimator, "fit") and hasattr(estimator, "predict_proba")):
            raise ParamsError(f"The candidate {self.name} must give an estimator with predict_proba. Got {estimator}.")
        free = {k: v for k, v in estimator.get_params().items() if k.split("__")[-1] == "random_state" and v is None}
        return estimator.set_params(**dict.fromkeys(free, context.settings.seed))
