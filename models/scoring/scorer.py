"""The scorer: probability, score, stage, grades and reasons from a feature table."""

import json
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from leadlight.features.catalogue import Catalogue
from leadlight.features.errors import BundleError
from leadlight.models.calibration.parametric import PlattCalibrator
from leadlight.models.candidates.base import AdditiveModel, sum_group_log_odds
from leadlight.models.candidates.season import SeasonalModel
from leadlight.models.scoring.attribution import convert_contributions_to_points, sum_by_topic
from leadlight.models.scoring.explanation import build_explanation
from leadlight.models.scoring.grades import GradeScale
from leadlight.models.scoring.metadata import ScorerMetadata
from leadlight.models.scoring.scale import ScoreMap, ScoreScale
from leadlight.models.scoring.score_change import ScoreBreakdown
from leadlight.models.scoring.stages import decide_stages
from leadlight.models.scoring.thresholds import Threshold
from leadlight.models.scoring.topic_values import extract_topic_values

__all__ = ["Scorer"]


@dataclass(frozen=True)
class Scorer:
    """Model, calibration, thresholds, grades and metadata, which together score a feature table.

    Parameters
    ----------
    catalogue : Catalogue
        Features and topics that it was trained on.
    model : AdditiveModel
        The chosen candidate.
    calibrator : PlattCalibrator
        Its calibration.
    thresholds : dict of str to Threshold
        ``marketing_qualified`` and ``sales_qualified``.
    fit_grades, engagement_grades : GradeScale
        Grades of the two groups.
    metadata : ScorerMetadata
        How it was chosen, on which data, and what was agreed on.
    """

    catalogue: Catalogue
    model: AdditiveModel
    calibrator: PlattCalibrator
    thresholds: dict[str, Threshold]
    fit_grades: GradeScale
    engagement_grades: GradeScale
    metadata: ScorerMetadata

    @property
    def score_map(self) -> ScoreMap:
        """From log-odds to score."""
        t = self.thresholds
        scale = ScoreScale(t["marketing_qualified"].probability, t["sales_qualified"].probability)
        return ScoreMap(self.calibrator, scale)

    @property
    def columns(self) -> list[str]:
        """Columns that a feature table must have: the features, and as_of where the model has a season."""
        return [*self.catalogue.names, *(["as_of"] if self.model.kind == SeasonalModel.kind else [])]

    def check_catalogue(self, catalogue: Catalogue) -> None:
        """Check that a catalogue is the one this scorer was trained on.

        Raises
        ------
        BundleError
            If features differ in name, kind, topic or direction.
        """
        if catalogue.checksum != self.catalogue.checksum:
            different = sorted(set(catalogue.names) ^ set(self.catalogue.names))
            raise BundleError(
                "The features of the scorer must be those of params.yaml. "
                f"Got a difference in {', '.join(different[:3]) or 'kind, topic or direction'}: train anew."
            )

    def score(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Score a feature table.

        Parameters
        ----------
        frame : pd.DataFrame
            One row per lead with the columns of :attr:`columns`; others are ignored.

        Returns
        -------
        pd.DataFrame
            Same index: probability, score (0-100), base_score, stage, fit_grade, engagement_grade and
            reasons: JSON, a list of {topic, group, points, value} over all topics, with
            ``base_score + sum(points) == score``.

        Raises
        ------
        BundleError
            If a column is missing.
        """
        base, parts = self._explain(frame)
        breakdown = self._break_down(base, parts)
        return self._rate(frame, base, parts, breakdown).assign(reasons=self._write_reasons(frame, breakdown.points))

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the result of :meth:`score` without reasons, which take most of its time."""
        base, parts = self._explain(frame)
        return self._rate(frame, base, parts, self._break_down(base, parts))

    def explain(
        self,
        frame: pd.DataFrame,
        scale: Literal["points", "log_odds"] = "points",
        by: Literal["topic", "feature"] = "topic",
    ) -> Any:
        """Explain a feature table by SHAP values, as a ``shap.Explanation``.

        Parameters
        ----------
        frame : pd.DataFrame, shape (n, features)
            One row per lead with the columns of the catalogue; others are ignored.
        scale : {"points", "log_odds"}
            Unit of the values: points of the score, or calibrated log-odds. In both, the contributions f_i of
            the model to its log-odds m = m0 + sum of f_i are apportioned by one factor a lead,
            f_i * (s(m) - s(m0)) / (m - m0), where s(.) maps the log-odds of the model to the score or to
            calibrated log-odds (see :mod:`.attribution`). Where the calibration is linear (none, shift,
            Platt), the factor of the log-odds is its slope.
        by : {"topic", "feature"}
            Columns: topics, as reasons name them, or features.

        Returns
        -------
        shap.Explanation, shape (n, topics or features)
            ``base_values + values.sum(axis=1)`` is the score, or the calibrated log-odds, to 1e-9. ``data``
            holds numbers; words as codes, their place in the alphabet among the words of `frame`; and NaN
            where not known. ``display_data`` holds readable words. The value of a signal is its count in
            the longest window. ``feature_names`` are English labels.

        Raises
        ------
        ValueError
            If `scale` or `by` is not one of those.
        BundleError
            If a column is missing.
        """
        return build_explanation(self, frame, scale, by)

    def break_down(self, frame: pd.DataFrame) -> ScoreBreakdown:
        """Return scores and the points of each topic as arrays; raises as :meth:`score`."""
        return self._break_down(*self._explain(frame))

    def measure_season(self, frame: pd.DataFrame) -> float | None:
        """Return the points of the base score that the season of one night adds.

        Parameters
        ----------
        frame : pd.DataFrame
            Feature table of the night; the first row is read, as all have the same season.

        Returns
        -------
        float or None
            None for a model without a season, and for no lead.
        """
        if not isinstance(self.model, SeasonalModel) or frame.empty:
            return None
        row = frame.iloc[:1]
        base = float(np.ravel(self.model.model.explain_log_odds(row)[0])[0])
        night, year = self.score_map.score(np.append(base + self.model.season.calculate(row["as_of"]), base))
        return float(night - year)

    def _explain(self, frame: pd.DataFrame) -> tuple[float | np.ndarray, np.ndarray]:
        missing = [name for name in self.columns if name not in frame.columns]
        if missing:
            raise BundleError(f"The feature table must have the column {missing[0]}. It is missing.")
        return self.model.explain_log_odds(frame)

    def _rate(
        self, frame: pd.DataFrame, base: float | np.ndarray, parts: np.ndarray, breakdown: ScoreBreakdown
    ) -> pd.DataFrame:
        fit, engagement = sum_group_log_odds(parts, self.catalogue)
        return pd.DataFrame(
            {
                "probability": self.calibrator.predict_proba(base + parts.sum(axis=1)),
                "score": breakdown.score,
                "base_score": breakdown.base,
                "stage": decide_stages(breakdown.score).stage,
                "fit_grade": self.fit_grades.assign(fit),
                "engagement_grade": self.engagement_grades.assign(engagement),
            },
            index=frame.index,
        )

    def _break_down(self, base: float | np.ndarray, parts: np.ndarray) -> ScoreBreakdown:
        base_score, feature_points, scores = convert_contributions_to_points(base, parts, self.score_map)
        keys = [topic.key for topic in self.catalogue.topics]
        topics = [feature.topic for feature in self.catalogue.features]
        points, log_odds = sum_by_topic(feature_points, topics, keys), sum_by_topic(parts, topics, keys)
        return ScoreBreakdown(base_score, points, scores, log_odds)

    def _write_reasons(self, frame: pd.DataFrame, topic_points: np.ndarray) -> list[str]:
        topics = self.catalogue.topics
        values = [extract_topic_values(frame, self.catalogue, t, self.metadata.spellings) for t in topics]
        return [
            json.dumps(
                [
                    {"topic": t.key, "group": t.group, "points": row[place], "value": values[place][i]}
                    for place, t in enumerate(topics)
                ],
                ensure_ascii=False,
            )
            for i, row in enumerate(topic_points.tolist())
        ]
