"""The scorer as an MLflow model from code: features in; probability, score, stage and reasons out."""

from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
from mlflow.pyfunc import PythonModel

from leadlight.models.scoring.bundle import load_scorer


class LeadlightModel(PythonModel):  # type: ignore[misc]
    """Scores a pandas frame of features with the bundle that it was logged with."""

    def load_context(self, context: Any) -> None:
        """Load the bundle."""
        self.scorer = load_scorer(Path(context.artifacts["bundle"]))

    def predict(self, context: Any, model_input: pd.DataFrame, params: Any = None) -> pd.DataFrame:
        """Score a frame that has the columns of the catalogue."""
        return self.scorer.score(pd.DataFrame(model_input))


mlflow.models.set_model(LeadlightModel())
