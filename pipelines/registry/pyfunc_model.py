"""MLflow model from code: features in; probability, score, stage and reasons out.

Only :mod:`leadlight.features` and :mod:`leadlight.models` are logged with the model and may be imported here.
"""

from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
from mlflow.pyfunc import PythonModel

from leadlight.models.scoring.bundle import load_scorer, refuse_other_code


class LeadlightModel(PythonModel):  # type: ignore[misc]
    """Scores a pandas frame of features with the bundle that it was logged with."""

    def load_context(self, context: Any) -> None:
        """Load the bundle; refuse where the process has imported another version of leadlight."""
        bundle = Path(context.artifacts["bundle"])
        refuse_other_code(bundle)
        self.scorer = load_scorer(bundle)

    def predict(self, context: Any, model_input: pd.DataFrame, params: Any = None) -> pd.DataFrame:
        """Score a frame that has the columns of the catalogue."""
        return self.scorer.score(pd.DataFrame(model_input))


mlflow.models.set_model(LeadlightModel())
