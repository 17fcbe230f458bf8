"""SHAP explanation of scores or calibrated log-odds as a ``shap.Explanation``, for the plots of the package shap.

shap is imported when an explanation is asked for: nothing that scores leads needs it.
"""

import importlib
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np
import pandas as pd

from leadlight.features.catalogue import Catalogue, Feature, Topic
from leadlight.features.errors import BundleError
from leadlight.models.calibration.parametric import PlattCalibrator
from leadlight.models.scoring.attribution import MarginMap, convert_contributions_to_points, sum_by_topic
from leadlight.models.scoring.topic_values import list_texts

if TYPE_CHECKING:
    from leadlight.models.scoring.scorer import Scorer

__all__ = ["BY", "SCALES", "build_explanation", "list_topic_features", "name_features", "name_topics"]

SCALES, BY = ("points", "log_odds"), ("topic", "feature")
UNKNOWN = "unknown"
#: share of a part by which rounding may change it; keeps signs
MAX_CORRECTION = 0.5


class CalibratedLogOdds(NamedTuple):
    """Map from a model's log-odds to calibrated log-odds."""

    calibrator: PlattCalibrator

    def score(self, margin: np.ndarray) -> np.ndarray:
        """Return calibrated log-odds, same shape as `margin`."""
        return self.calibrator.predict_log_odds(margin)

    def derive(self, margin: np.ndarray) -> np.ndarray:
        """Return their derivative, same shape as `margin`."""
        return self.calibrator.calculate_slope(margin)


class LabelledNumber(float):
    """A number that is printed with its unit, such as "3 in 90 days"; plots place it as a number."""

    text: str

    def __new__(cls, value: float = np.nan, text: str = UNKNOWN) -> Self:
        """Create a number with its text."""
        number = super().__new__(cls, value)
        number.text = text
        return number

    def __str__(self) -> str:
        return self.text

    def __format__(self, spec: str) -> str:
        return self.text


def build_explanation(scorer: "Scorer", frame: pd.DataFrame, scale: str = "points", by: str = "topic") -> Any:
    """Build the ``shap.Explanation`` of a feature table; see :meth:`.Scorer.explain`."""
    for name, value, allowed in (("scale", scale, SCALES), ("by", by, BY)):
        if value not in allowed:
            raise ValueError(f"The {name} of an explanation must be {' or '.join(allowed)}. Got {value!r}.")
    missing = [name for name in scorer.columns if name not in frame.columns]
    if missing:
        raise BundleError(f"The feature table must have the column {missing[0]}. It is missing.")
    margin_map: MarginMap = scorer.score_map if scale == "points" else CalibratedLogOdds(scorer.calibrator)
    base, values, outputs = convert_contributions_to_points(*scorer.model.explain_log_odds(frame), margin_map)
    catalogue, spellings = scorer.catalogue, scorer.metadata.spellings
    if by == "topic":
        keys = [topic.key for topic in catalogue.topics]
        values = sum_by_topic(values, [feature.topic for feature in catalogue.features], keys)
        names = name_topics(catalogue)
        columns = [
            _describe(frame, features, spellings.get(topic.key, {}))
            for topic, features in list_topic_features(catalogue)
        ]
    else:
        names = name_features(catalogue)
        columns = [_describe(frame, [f], spellings.get(f.topic, {})) for f in catalogue.features]
    # not an import statement: what a logged model requires is read from those, and it scores without shap
    return importlib.import_module("shap").Explanation(
        values=_correct_rounding(values, outputs - base),
        base_values=base,
        data=np.column_stack([data for data, _ in columns]),
        display_data=np.column_stack([shown for _, shown in columns]),
        feature_names=names,
    )


def list_topic_features(catalogue: Catalogue) -> list[tuple[Topic, list[Feature]]]:
    """List each topic with the feature whose value stands for it in plots.

    Returns
    -------
    list of (Topic, list of Feature)
        The attribute itself (several features where it is parsed into several codes); the count of a signal
        in its longest window; the days of the age and of the silence after sales.
    """
    found = []
    for topic in catalogue.topics:
        shown = [(feature, display) for feature, display in catalogue.list_displayed(topic.key)]
        codes = [feature for feature, display in shown if display.role == "code"]
        counts = [(display.window_days or 0, feature) for feature, display in shown if display.role == "count"]
        silence = [feature for feature, display in shown if display.role == "silence"]
        if codes:
            features = codes
        elif silence:
            features = silence[:1]
        elif counts:
            features = [max(counts, key=lambda pair: pair[0])[1]]
        else:
            features = [*(f for f, _ in shown), *(f for f in catalogue.features if f.topic == topic.key)][:1]
        found.append((topic, features))
    return found


def name_topics(catalogue: Catalogue) -> list[str]:
    """Return the English label of each topic; a label that occurs twice is followed by its key."""
    return _make_unique([(topic.label.get("en", topic.key), topic.key) for topic in catalogue.topics])


def name_features(catalogue: Catalogue) -> list[str]:
    """Return the English label of each feature; a label that occurs twice is followed by its name."""
    return _make_unique([(feature.label.get("en", feature.name), feature.name) for feature in catalogue.features])


def _make_unique(labels: list[tuple[str, str]]) -> list[str]:
    texts = [label for label, _ in labels]
    return [label if texts.count(label) == 1 else f"{label} ({key})" for label, key in labels]


def _correct_rounding(values: np.ndarray, total: np.ndarray) -> np.ndarray:
    """Spread what sums of floats miss of their total, in proportion to the size of the values."""
    size = np.abs(values)
    missing, whole = total - values.sum(axis=1), size.sum(axis=1)
    share = np.divide(missing, whole, out=np.zeros_like(whole), where=whole > 0)
    return np.asarray(values + size * np.clip(share, -MAX_CORRECTION, MAX_CORRECTION)[:, None])


def _describe(frame: pd.DataFrame, features: list[Feature], spellings: dict[str, str]) -> tuple[np.ndarray, np.ndarray]:
    """Return the values of a topic or feature as floats and as words, each of shape (n,)."""
    if all(feature.kind == "number" for feature in features):
        return _describe_numbers(frame[features[0].name], features[0])
    words = [list_texts(frame[feature.name], spellings) for feature in features]
    shown = np.empty(len(frame), dtype=object)
    shown[:] = [" / ".join(filter(None, row)) or None for row in zip(*words, strict=True)]
    order = {word: float(place) for place, word in enumerate(sorted({word for word in shown if word is not None}))}
    codes = np.array([order.get(word, np.nan) for word in shown], dtype=float)
    shown[[word is None for word in shown]] = UNKNOWN
    return codes, shown


def _describe_numbers(column: pd.Series, feature: Feature) -> tuple[np.ndarray, np.ndarray]:
    numbers, unit = column.to_numpy(dtype=float), ""
    if feature.display is not None:
        days = feature.display.window_days
        unit = " days" if feature.display.grows_daily else f" in {days} days" if feature.display.role == "count" else ""
    distinct, places = np.unique(numbers, return_inverse=True)  # many leads share a value
    labelled = np.empty(len(distinct), dtype=object)
    labelled[:] = [
        LabelledNumber() if np.isnan(value) else LabelledNumber(value, _format(round(value, 4)) + unit)
        for value in distinct.tolist()
    ]
    return numbers, labelled[places]


def _format(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 or value.is_integer() else f"{value:.3g}"
