"""The loaded model: a fitted classifier as scikit-learn knows them, with scores and explanations beside."""

from typing import Any, Literal, NoReturn

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import d2_log_loss_score

from leadlight.features.errors import ParamsError
from leadlight.models.scoring.score_table import tabulate_scores
from leadlight.models.scoring.scorer import Scorer
from leadlight.pipelines.inference.raw_features import RawRecords, compute_features
from leadlight.pipelines.params import Params

__all__ = ["LoadedModel"]


class LoadedModel(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A trained model to call.

    It is a fitted classifier: scikit-learn's metrics, displays and ``permutation_importance`` take it.
    ``sklearn.base.clone`` returns the model itself, because it is trained by the pipeline.

    Parameters
    ----------
    scorer : Scorer
        The scorer.
    params : Params, optional
        The params that it was trained with; :meth:`features` needs their mapping of the source.
    historised : tuple of str, optional
        Attributes that had a history at training; None: those in the history that :meth:`features` gets.

    Attributes
    ----------
    classes_ : ndarray of int, shape (2,)
        0 (not won) and 1 (won within the horizon).
    feature_names_in_ : ndarray of str, shape (features,)
        Columns of a feature table, in order; as_of is the last of them where the model has a season.
    n_features_in_ : int
        Their number.
    """

    def __init__(self, scorer: Scorer, params: Params | None = None, historised: tuple[str, ...] | None = None) -> None:
        self.scorer = scorer
        self.params = params
        self.historised = historised
        self.classes_ = np.array([0, 1])
        self.feature_names_in_ = np.array(scorer.columns, dtype=object)
        self.n_features_in_ = len(scorer.columns)

    def __repr__(self, N_CHAR_MAX: int = 700) -> str:
        metadata = self.scorer.metadata
        return f"<LoadedModel {metadata.candidate}, {self.n_features_in_} features, {metadata.wins} wins>"

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
        return {"text/plain": repr(self)}

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_clone__(self) -> "LoadedModel":
        return self

    def fit(self, X: object = None, y: object = None, **options: object) -> NoReturn:
        """Raise NotImplementedError: a model is trained by the pipeline, which also calibrates and tests it."""
        raise NotImplementedError(
            "The fit of a loaded model must be done by the pipeline: run `leadlight retrain`, or `leadlight run` "
            "for a first model. Got a call of fit."
        )

    def features(
        self,
        leads: pd.DataFrame,
        activities: pd.DataFrame | None = None,
        *,
        as_of: object = None,
        history: pd.DataFrame | None = None,
    ) -> pd.DataFrame:
        """Compute the features of leads from raw records, as the nightly job does.

        The frames have the columns that ``source`` of params maps, as the export has them: they are cleaned
        and computed on by the same code. Text columns of a CSV file are read with ``dtype=str``.

        Parameters
        ----------
        leads : pd.DataFrame
            Columns as in ``source.leads``; consent, owner and outcome may be missing.
        activities : pd.DataFrame, optional
            Columns as in ``source.activities``; left out, the leads have none. Rows of other leads are
            ignored.
        as_of : str, Timestamp or pd.DataFrame, optional
            Only records before it count. Text as for ``leadlight score --as-of``: local to
            ``source.timezone`` unless it carries a zone. A Timestamp without a zone is UTC. A frame with the
            columns lead_id and as_of (UTC) names several snapshots. Left out: the latest midnight.
        history : pd.DataFrame, optional
            Columns as in ``source.history``; left out, attributes are read from `leads`.

        Returns
        -------
        pd.DataFrame, shape (n, features)
            A row for each lead, or each snapshot, in the order given; the index is lead_id.

        Raises
        ------
        ParamsError
            If the model was loaded without params.
        SourceError
            If a table is not as mapped, a lead cannot be used, or was created after its `as_of`.
        BundleError
            If params declare other features than the model was trained on.
        """
        if self.params is None:
            raise ParamsError(
                "The params must be given to compute features from raw records: load(..., params='params.yaml'). "
                "Got none."
            )
        records = RawRecords(leads, activities, history)
        return compute_features(self.params, self.scorer, records, as_of=as_of, historised=self.historised)

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        """Return calibrated probabilities of not won and won, shape (n, 2).

        Parameters
        ----------
        X : pd.DataFrame or array, shape (n, features)
            A feature table; other columns are ignored. An array has the columns of ``feature_names_in_``.
        """
        won = self.scorer.predict(self._as_frame(X))["probability"].to_numpy()
        return np.column_stack([1.0 - won, won])

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """Return the likelier class, shape (n,): 1 from a probability of 0.5; stages are in :meth:`score`."""
        return np.asarray(self.classes_[(self.predict_proba(X)[:, 1] >= 0.5).astype(int)])

    def score(self, X: pd.DataFrame, y: np.ndarray | None = None, sample_weight: np.ndarray | None = None) -> Any:
        """Score a feature table; with labels, return the D² log loss, as scikit-learn calls it.

        Parameters
        ----------
        X : pd.DataFrame, shape (n, features)
            A feature table.
        y : array of int, shape (n,), optional
            Labels.
        sample_weight : array, shape (n,), optional
            Weights of the rows, with labels only.

        Returns
        -------
        pd.DataFrame or float
            Without labels: probability, score, base_score, stage, grades and the points of each topic, see
            :func:`.tabulate_scores`. With labels: the share of the base rate's log loss that the model
            saves; accuracy says nothing where few leads win.
        """
        if y is None:
            return tabulate_scores(self.scorer, self._as_frame(X))
        return float(d2_log_loss_score(y, self.predict_proba(X), sample_weight=sample_weight, labels=self.classes_))

    def explain(
        self,
        X: pd.DataFrame,
        scale: Literal["points", "log_odds"] = "points",
        by: Literal["topic", "feature"] = "topic",
    ) -> Any:
        """Return the ``shap.Explanation`` of a feature table, see :meth:`.Scorer.explain`."""
        return self.scorer.explain(self._as_frame(X), scale, by)

    def _as_frame(self, X: Any) -> pd.DataFrame:
        if isinstance(X, pd.DataFrame):
            return X
        values = np.asarray(X, dtype=object)
        if values.ndim != 2 or values.shape[1] != self.n_features_in_:
            raise ValueError(
                f"The features must be a table of {self.n_features_in_} columns. Got an array of shape {values.shape}."
            )
        frame = pd.DataFrame(values, columns=self.feature_names_in_)
        kinds = {f.name: "float64" if f.kind == "number" else "str" for f in self.scorer.catalogue.features}
        return frame.astype(kinds | ({"as_of": "datetime64[us]"} if "as_of" in self.scorer.columns else {}))
