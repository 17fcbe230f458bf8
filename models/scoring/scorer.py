"""The scorer: a feature table in; probability, score, stage, grades and reasons out."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from leadlight.features.catalogue import Catalogue
from leadlight.features.errors import BundleError
from leadlight.models.calibration.selection import Calibrator
from leadlight.models.candidates.base import AdditiveModel
from leadlight.models.scoring.attribution import convert_contributions_to_points, sum_by_topic
from leadlight.models.scoring.grades import GradeScale, sum_group_log_odds
from leadlight.models.scoring.scale import ScoreMap, ScoreScale
from leadlight.models.scoring.score_change import ScoreBreakdown
from leadlight.models.scoring.stages import assign_stages
from leadlight.models.scoring.thresholds import Threshold
from leadlight.models.scoring.topic_values import extract_topic_values

__all__ = ["Scorer"]


@dataclass(frozen=True)
class Scorer:
    """Everything that turns features into what sales reads.

    Parameters
    ----------
    catalogue : Catalogue
        Features and topics that it was trained on.
    model : Model
        The chosen candidate.
    calibrator : Calibrator or CurveCalibrator
        Its calibration.
    thresholds : dict of str to Threshold
        ``marketing_qualified`` and ``sales_qualified``.
    fit_grades, engagement_grades : GradeScale
        Grades of the two groups.
    facts : dict
        What else readers are told: candidate, windows, agreement, spellings, base rate.
    """

    catalogue: Catalogue
    model: AdditiveModel
    calibrator: Calibrator
    thresholds: dict[str, Threshold]
    fit_grades: GradeScale
    engagement_grades: GradeScale
    facts: dict[str, Any]

    @property
    def score_map(self) -> ScoreMap:
        """From log-odds to score."""
        t = self.thresholds
        scale = ScoreScale(t["marketing_qualified"].probability, t["sales_qualified"].probability)
        return ScoreMap(self.calibrator, scale)

    def check_catalogue(self, catalogue: Catalogue) -> None:
        """Refuse a catalogue that this scorer was not trained on.

        Raises
        ------
        BundleError
            If features differ in name, kind, topic or direction.
        """
        if catalogue.checksum != self.catalogue.checksum:
            odd = sorted(set(catalogue.names) ^ set(self.catalogue.names))
            raise BundleError(
                "The features of the scorer must be those of params.yaml. "
                f"Got a difference in {', '.join(odd[:3]) or 'kind, topic or direction'}: train anew."
            )

    def score(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Score a feature table.

        Parameters
        ----------
        frame : pd.DataFrame
            The columns of the catalogue, one row a lead; others are ignored.

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
        base, parts = self._explained(frame)
        told = self._told(base, parts)
        return self._rated(frame, base, parts, told).assign(reasons=self._reasons(frame, told.points))

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return what :meth:`score` does but for the reasons, which take most of its time to write down.

        Raises
        ------
        BundleError
            If a column is missing.
        """
        base, parts = self._explained(frame)
        return self._rated(frame, base, parts, self._told(base, parts))

    def break_down(self, frame: pd.DataFrame) -> ScoreBreakdown:
        """Return what :meth:`score` says in numbers alone: scores and the points of each topic.

        Raises
        ------
        BundleError
            If a column is missing.
        """
        return self._told(*self._explained(frame))

    def _explained(self, frame: pd.DataFrame) -> tuple[float, np.ndarray]:
        missing = [name for name in self.catalogue.names if name not in frame.columns]
        if missing:
            raise BundleError(f"The feature table must have the column {missing[0]}. It is missing.")
        return self.model.explain_log_odds(frame)

    def _rated(
        self, frame: pd.DataFrame, base: float, parts: np.ndarray, told: ScoreBreakdown
    ) -> pd.DataFrame:
        fit, engagement = sum_group_log_odds(parts, self.catalogue)
        return pd.DataFrame(
            {
                "probability": self.calibrator.predict_proba(base + parts.sum(axis=1)),
                "score": told.score,
                "base_score": told.base,
                "stage": assign_stages(told.score),
                "fit_grade": self.fit_grades.assign(fit),
                "engagement_grade": self.engagement_grades.assign(engagement),
            },
            index=frame.index,
        )

    def _told(self, base: float, parts: np.ndarray) -> ScoreBreakdown:
        base_score, feature_points, scores = convert_contributions_to_points(base, parts, self.score_map)
        keys = [topic.key for topic in self.catalogue.topics]
        of_feature = [feature.topic for feature in self.catalogue.features]
        return ScoreBreakdown(
            np.full(len(scores), base_score),
            sum_by_topic(feature_points, of_feature, keys),
            scores,
            sum_by_topic(parts, of_feature, keys),
        )

    def _reasons(self, frame: pd.DataFrame, topic_points: np.ndarray) -> list[str]:
        topics = self.catalogue.topics
        values = [
            extract_topic_values(frame, self.catalogue, t, self.facts.get("spellings", {})) for t in topics
        ]
        rows = topic_points.tolist()
        return [
            json.dumps(
                [
                    {"topic": t.key, "group": t.group, "points": row[place], "value": values[place][i]}
                    for place, t in enumerate(topics)
                ],
                ensure_ascii=False,
            )
            for i, row in enumerate(rows)
        ]
