"""Predictive power of single columns, cross-fitted."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import norm
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.naive_bayes import BernoulliNB
from sklearn.preprocessing import TargetEncoder

from leadlight.models.metrics import bootstrap
from leadlight.pipelines.audit.parsing import parse_numbers, parse_times

__all__ = [
    "MIN_OUTCOMES",
    "BinnedColumn",
    "PredictivePower",
    "bin_column",
    "calculate_wilson_interval",
    "measure_power",
    "measure_text_power",
]

#: wins, and leads without one, below which power is not measured
MIN_OUTCOMES = 20
FOLDS = 5
#: two-sided 99 %, because many columns are tested
CONFIDENCE = 0.99
Z = float(norm.ppf((1 + CONFIDENCE) / 2))
BINS = 20
#: shrinkage of a value's win rate towards the base rate, in leads; the best one counts
PRIOR_LEADS = (1.0, 10.0, 100.0)
_MAX_WORDS = 2000


class PredictivePower(NamedTuple):
    """Cross-fitted AUC and relative reduction of the base rate's log loss, with the lower ends of their intervals."""

    auc: float
    auc_low: float
    gain: float
    gain_low: float

    def to_dict(self) -> dict[str, float]:
        """Return the metrics by name."""
        return {name: float(value) for name, value in self._asdict().items()}


class BinnedColumn(NamedTuple):
    """A column in bins: one per value, up to twenty quantile bins for numbers, one for missing values."""

    codes: np.ndarray  # bin of each lead
    names: list[str | None]  # what each bin holds; None for missing values

    def filter(self, rows: np.ndarray) -> "BinnedColumn":
        """Keep the leads of a mask."""
        return BinnedColumn(self.codes[rows], self.names)

    @property
    def present(self) -> np.ndarray:
        """Mask of the leads that have a value."""
        present: np.ndarray = np.array([name is not None for name in self.names], dtype=bool)[self.codes]
        return present

    def count_wins(self, won: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return leads and wins per bin."""
        size = len(self.names)
        return np.bincount(self.codes, minlength=size), np.bincount(self.codes[won], minlength=size)


def bin_column(texts: pd.Series, kind: str) -> BinnedColumn:
    """Bin a column.

    Parameters
    ----------
    texts : pd.Series
        Text, NA where missing.
    kind : str
        Kind of :class:`.ColumnProfile`. Identifiers, addresses and free text have two bins: filled, missing.
    """
    missing = texts.isna().to_numpy()
    if kind in ("number", "time"):
        values = _parse(texts, kind)
        known = values[~np.isnan(values)]
        edges = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1])) if len(known) else known
        bins = np.searchsorted(edges, values, side="left")
        bins[np.isnan(values) & ~missing] = len(edges) + 1  # text among numbers has a bin of its own
        names: list[str | None] = [f"up to {edge:g}" for edge in edges]
        names += [f"more than {edges[-1]:g}" if len(edges) else "a number", "no number", None]
        return BinnedColumn(np.where(missing, len(names) - 1, bins), names)
    if kind in ("identifier", "email", "text"):
        return BinnedColumn(np.where(missing, 1, 0), ["filled", None])
    codes, levels = pd.factorize(texts.str.lower(), sort=True)
    return BinnedColumn(np.where(codes < 0, len(levels), codes), [*map(str, levels), None])


def measure_power(binned: BinnedColumn, won: np.ndarray) -> PredictivePower:
    """Measure how well cross-fitted target encoding of the bins predicts the outcome.

    Parameters
    ----------
    binned : BinnedColumn
        The column, on leads whose outcome is final.
    won : ndarray of bool, shape (n,)
        Their outcome.
    """
    codes = binned.codes.reshape(-1, 1)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    encoders = (TargetEncoder(target_type="binary", smooth=m, cv=folds) for m in PRIOR_LEADS)
    powers = [evaluate_rates(encoder.fit_transform(codes, won).ravel(), won) for encoder in encoders]
    return max(powers, key=lambda power: power.gain)


def measure_text_power(texts: pd.Series, won: np.ndarray) -> PredictivePower:
    """Measure how well the words of a free text predict the outcome, by cross-fitted naive Bayes."""
    words = CountVectorizer(binary=True, min_df=5, max_features=_MAX_WORDS)
    try:
        counts = words.fit_transform(texts.fillna(""))
    except ValueError:  # no word occurs five times
        return PredictivePower(0.5, 0.5, 0.0, 0.0)
    splits = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    rates = cross_val_predict(BernoulliNB(), counts, won, cv=splits, method="predict_proba")[:, 1]
    # naive Bayes is overconfident: use its ranking, with the win rate of each quantile bin
    return measure_power(bin_column(pd.Series(rates).map(repr), "number"), won)


def calculate_wilson_interval(wins: float, leads: float) -> tuple[float, float]:
    """Return the 99 % Wilson interval of a rate; counts are whole numbers."""
    return bootstrap.calculate_wilson_interval(int(wins), int(leads), confidence=0.99)


def evaluate_rates(rate: np.ndarray, won: np.ndarray) -> PredictivePower:
    """Measure AUC and log loss reduction of predicted win rates, with lower interval ends.

    The standard error of the AUC is that of Hanley and McNeil (1982).
    """
    wins, losses, leads = int(won.sum()), int((~won).sum()), len(won)
    auc = roc_auc_score(won, rate)
    q1, q2 = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    spread = auc * (1 - auc) + (wins - 1) * (q1 - auc**2) + (losses - 1) * (q2 - auc**2)
    auc_error = np.sqrt(max(spread, 0) / (wins * losses))
    base, rate = won.mean(), np.clip(rate, 1e-4, 1 - 1e-4)
    loss_of_base = -np.where(won, np.log(base), np.log(1 - base))
    saved = loss_of_base + np.where(won, np.log(rate), np.log(1 - rate))
    entropy = loss_of_base.mean()
    gain, error = saved.mean() / entropy, saved.std() / np.sqrt(leads) / entropy
    return PredictivePower(float(auc), float(auc - Z * auc_error), float(gain), float(gain - Z * error))


def _parse(texts: pd.Series, kind: str) -> np.ndarray:
    if kind == "number":
        return parse_numbers(texts)
    times = parse_times(texts)
    seconds = times.astype("datetime64[s]").astype("int64").to_numpy(dtype="float64")
    return np.where(times.isna().to_numpy(), np.nan, seconds)
