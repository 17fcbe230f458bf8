"""MLflow model from code: features in; probability, score, stage, points by topic and reasons out, as typed columns.

Only :mod:`leadlight.features` and :mod:`leadlight.models` are logged with the model and may be imported here.
"""

from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
from mlflow.pyfunc import PythonModel

from leadlight.models.scoring.bundle import load_scorer, refuse_other_code
from leadlight.models.scoring.score_table import DEFAULT_REASONS, tabulate_scores


class LeadlightModel(PythonModel):  # type: ignore[misc]
    """Scores a pandas frame of features with the bundle that it was logged with."""

    def load_context(self, context: Any) -> None:
        """Load the bundle; refuse where the process has imported another version of leadlight."""
        bundle = Path(context.artifacts["bundle"])
        refuse_other_code(bundle)
        self.scorer = load_scorer(bundle)

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """Score a frame that has the columns of the catalogue.

        Parameters
        ----------
        context : PythonModelContext
            Not used.
        model_input : pd.DataFrame, shape (n, features)
            The feature table.
        params : dict, optional
            ``reasons`` (how many to name, default 3) and ``language`` (of their names, default en).

        Returns
        -------
        pd.DataFrame
            See :func:`leadlight.models.scoring.score_table.tabulate_scores`.
        """
        return tabulate_scores(self.scorer, pd.DataFrame(model_input), **(DEFAULT_REASONS | (params or {})))


mlflow.models.set_model(LeadlightModel())
