"""How much one column alone says of the outcome, on leads that it has not been fitted to."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.stats import norm, rankdata
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.naive_bayes import BernoulliNB

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

#: wins, and leads without one, below which nothing is said of strength
MIN_OUTCOMES = 20
FOLDS = 5
#: two-sided 99 %: many columns are looked at
Z = float(norm.ppf(0.995))
BINS = 20
#: weights of the base rate in the rate of a value, in leads; the best of them is taken
PRIOR_LEADS = (1.0, 10.0, 100.0)
_WORDS_OF_A_TEXT = 2000


@dataclass(frozen=True)
class PredictivePower:
    """What a column says of the outcome, cross-fitted.

    Parameters
    ----------
    auc, auc_low : float
        Area under the ROC curve, and the lower end of its interval.
    gain, gain_low : float
        Share of the log loss of the base rate that is saved, and the lower end of its interval.
    """

    auc: float
    auc_low: float
    gain: float
    gain_low: float

    def to_dict(self) -> dict[str, float]:
        """Return the figures by name."""
        return {name: float(value) for name, value in vars(self).items()}


@dataclass(frozen=True)
class BinnedColumn:
    """A column cut into cells: one a value, twenty for numbers and one for what is missing.

    Parameters
    ----------
    codes : ndarray of int, shape (n,)
        Cell of each lead.
    names : list of str or None
        What each cell holds; None for what is missing.
    """

    codes: np.ndarray
    names: list[str | None]

    def count_rows(self, chosen: np.ndarray) -> "BinnedColumn":
        """Keep some leads."""
        return BinnedColumn(self.codes[chosen], self.names)

    @cached_property
    def present(self) -> np.ndarray:
        """Leads that have a value."""
        filled = np.array([name is not None for name in self.names], dtype=bool)
        present: np.ndarray = filled[self.codes]
        return present

    def count_wins(self, won: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return leads and wins by cell."""
        size = len(self.names)
        return np.bincount(self.codes, minlength=size), np.bincount(self.codes[won], minlength=size)


def bin_column(texts: pd.Series, kind: str) -> BinnedColumn:
    """Cut a column into cells.

    Parameters
    ----------
    texts : pd.Series
        Text, NA where nothing is known.
    kind : str
        Kind of :class:`.ColumnProfile`; of what never repeats only its presence
        is looked at.
    """
    missing = texts.isna().to_numpy()
    if kind in ("number", "time"):
        values = _as_numbers(texts, kind)
        known = values[~np.isnan(values)]
        edges = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1])) if len(known) else known
        bins = np.searchsorted(edges, values, side="left")
        bins[np.isnan(values) & ~missing] = len(edges) + 1  # a slip among numbers is a cell of its own
        names: list[str | None] = [f"up to {edge:g}" for edge in edges]
        names += [f"more than {edges[-1]:g}" if len(edges) else "a number", "no number", None]
        return BinnedColumn(np.where(missing, len(names) - 1, bins), names)
    if kind in ("identifier", "email", "text"):
        return BinnedColumn(np.where(missing, 1, 0), ["filled", None])
    codes, found = pd.factorize(texts.str.lower(), sort=True)
    return BinnedColumn(np.where(codes < 0, len(found), codes), [*map(str, found), None])


def measure_power(cells: BinnedColumn, won: np.ndarray) -> PredictivePower:
    """Measure how well the rate of wins of each cell, learnt on other leads, tells the outcome.

    Parameters
    ----------
    cells : Cells
        The column, on leads whose outcome is final.
    won : ndarray of bool, shape (n,)
        Their outcome.
    """
    codes, size = cells.codes, len(cells.names)
    fold = _folds(won)
    place = codes * FOLDS + fold
    leads = np.bincount(place, minlength=size * FOLDS).reshape(size, FOLDS)
    wins = np.bincount(place[won], minlength=size * FOLDS).reshape(size, FOLDS)
    other_leads, other_wins = leads.sum(1, keepdims=True) - leads, wins.sum(1, keepdims=True) - wins
    base = won.mean()
    fitted = [((other_wins + m * base) / (other_leads + m))[codes, fold] for m in PRIOR_LEADS]
    return max((evaluate_rates(rate, won) for rate in fitted), key=lambda found: found.gain)


def measure_text_power(texts: pd.Series, won: np.ndarray) -> PredictivePower:
    """Measure how well the words of a free text tell the outcome, by naive Bayes on other leads."""
    words = CountVectorizer(binary=True, min_df=5, max_features=_WORDS_OF_A_TEXT)
    try:
        found = words.fit_transform(texts.fillna(""))
    except ValueError:  # no word comes five times
        return PredictivePower(0.5, 0.5, 0.0, 0.0)
    splits = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    rates = cross_val_predict(BernoulliNB(), found, won, cv=splits, method="predict_proba")[:, 1]
    # naive Bayes is too sure of itself: its order counts, and the rate of wins of each of its twentieths
    return measure_power(bin_column(pd.Series(rates).map(repr), "number"), won)


def calculate_wilson_interval(wins: float, leads: float) -> tuple[float, float]:
    """Return the Wilson interval of a rate, at 99 %."""
    if leads == 0:
        return 0.0, 1.0
    rate, square = wins / leads, Z * Z
    middle = (rate + square / (2 * leads)) / (1 + square / leads)
    half = Z / (1 + square / leads) * np.sqrt(rate * (1 - rate) / leads + square / (4 * leads**2))
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


def evaluate_rates(rate: np.ndarray, won: np.ndarray) -> PredictivePower:
    """Compare rates of wins with outcomes."""
    wins, losses, leads = int(won.sum()), int((~won).sum()), len(won)
    auc = (rankdata(rate)[won].sum() - wins * (wins + 1) / 2) / (wins * losses)
    # Hanley and McNeil (1982)
    q1, q2 = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    spread = auc * (1 - auc) + (wins - 1) * (q1 - auc**2) + (losses - 1) * (q2 - auc**2)
    auc_error = np.sqrt(max(spread, 0) / (wins * losses))
    base, rate = won.mean(), np.clip(rate, 1e-4, 1 - 1e-4)
    loss_of_base = -np.where(won, np.log(base), np.log(1 - base))
    saved = loss_of_base + np.where(won, np.log(rate), np.log(1 - rate))
    entropy = loss_of_base.mean()
    gain, error = saved.mean() / entropy, saved.std() / np.sqrt(leads) / entropy
    return PredictivePower(float(auc), float(auc - Z * auc_error), float(gain), float(gain - Z * error))


def _folds(won: np.ndarray) -> np.ndarray:
    """Deal wins and losses to the folds in turn, in an order that does not depend on the file's."""
    order = np.random.default_rng(0).permutation(len(won))
    fold = np.empty(len(won), dtype=np.int64)
    for outcome in (True, False):
        rows = order[won[order] == outcome]
        fold[rows] = np.arange(len(rows)) % FOLDS
    return fold


def _as_numbers(texts: pd.Series, kind: str) -> np.ndarray:
    if kind == "number":
        return parse_numbers(texts)
    times = parse_times(texts)
    seconds = times.astype("datetime64[s]").astype("int64").to_numpy(dtype="float64")
    return np.where(times.isna().to_numpy(), np.nan, seconds)
