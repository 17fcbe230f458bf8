"""Ranges of what a reason shows: one value at a time for a reader, and a whole column for counting.

Both ways give the same name to the same value. A signal is in the range that its sentence speaks of: the
shortest window in which anything happened, and how often.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

__all__ = [
    "NEVER",
    "NOT_CONTACTED",
    "OLDER",
    "RARE",
    "RESPONDED",
    "UNKNOWN",
    "bin_counts",
    "bin_numbers",
    "bin_silence",
    "count_bin_edges",
    "encode_texts",
    "get_bin_edges",
    "label_bins",
    "round_quantile_edges",
]

UNKNOWN = "unknown"
#: texts that too few leads had to stand alone, and those never seen
RARE = "rare"
#: of a signal: longer ago than the longest window, or not at all
OLDER, NEVER = "older", "never"
#: of silence after sales: no touch yet, or the lead has answered it
NOT_CONTACTED, RESPONDED = "untouched", "reacted"

WINDOWS = (7, 30, 90)
#: ranges of a count: their names, least and most
COUNT_BINS = {"1": (1, 1), "2": (2, 2), "3-4": (3, 4), "5+": (5, None)}
STEPS, NAMES = [least for least, _ in COUNT_BINS.values()], list(COUNT_BINS)
#: ends of five ranges of a number
QUANTILES = (0.2, 0.4, 0.6, 0.8)


def label_bins(value: object, edges: Sequence[float] = ()) -> str:
    """Name the range of the value that a reason carries.

    Parameters
    ----------
    value : str, float, bool, None or mapping
        As in :class:`leadlight.serving.reasons.Reason`.
    edges : sequence of float
        Lower ends of all but the first range, ascending, of a number or of days of silence.

    Returns
    -------
    str
        A number's place among the ranges; a text behind ``=``, its parts joined by ``/``; a window and how
        often, as in ``7d:3-4``; or one of the names of this module.
    """
    if isinstance(value, Mapping):
        if "silence" in value:
            return _silent(value["silence"], edges)
        if "count_90d" in value:
            return _counted(value)
        return _text([None if part is None else str(part) for part in value.values()])
    if value is None:
        return UNKNOWN
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(bisect_right(edges, value))
    return _text([str(value)])


def get_bin_edges(key: str, edges: Sequence[float]) -> tuple[float | None, float | None]:
    """Return the ends of a range of numbers: from the first up to under the second, None where it is open.

    Parameters
    ----------
    key : str
        As :func:`label_bins` names it; a name that is not a place has no ends.
    edges : sequence of float
        As there.
    """
    place = int(key) if key.isdecimal() else None
    if place is None or not 0 <= place <= len(edges):
        return None, None
    return edges[place - 1] if place > 0 else None, edges[place] if place < len(edges) else None


def count_bin_edges(key: str) -> tuple[int, int | None] | None:
    """Return the least and the most times of a range of counts; None where it is none, or has no most."""
    window, _, times = key.partition(":")
    return COUNT_BINS.get(times) if window in {f"{days}d" for days in WINDOWS} else None


def round_quantile_edges(x: np.ndarray, *, whole: bool = False) -> list[float]:
    """Cut numbers at their quintiles, rounded to two digits.

    Parameters
    ----------
    x : ndarray of float, shape (n,)
        NaN where not known.
    whole : bool
        Whether to round to whole numbers too: days are told without fractions.

    Returns
    -------
    list of float
        At most four lower ends, ascending, each above the smallest number and none above the largest.
    """
    known = x[~np.isnan(x)]
    if not len(known):
        return []
    at = {float(f"{end:.1e}") for end in np.quantile(known, QUANTILES, method="inverted_cdf")}
    at = {float(round(end)) for end in at} if whole else at
    return sorted(end for end in at if known.min() < end <= known.max())


def bin_numbers(x: np.ndarray, edges: Sequence[float]) -> tuple[np.ndarray, list[str]]:
    """Range numbers as :func:`label_bins` does.

    Parameters
    ----------
    x : ndarray of float, shape (n,)
        NaN where not known.
    edges : sequence of float

    Returns
    -------
    codes : ndarray of int, shape (n,)
        Places in `keys`.
    keys : list of str
        Names of the ranges.
    """
    codes = np.searchsorted(np.array(edges, dtype=float), x, side="right")
    keys = [*(str(place) for place in range(len(edges) + 1)), UNKNOWN]
    return np.where(np.isnan(x), len(edges) + 1, codes), keys


def bin_silence(x: np.ndarray, edges: Sequence[float]) -> tuple[np.ndarray, list[str]]:
    """Range days of silence; parameters and results as in :func:`bin_numbers`."""
    codes, keys = bin_numbers(x, edges)
    return np.where(x <= 0, len(keys), codes), [*keys[:-1], NOT_CONTACTED, RESPONDED]


def bin_counts(counts: Mapping[int, np.ndarray], last: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Range the counts of a signal.

    Parameters
    ----------
    counts : mapping of int to ndarray of float, shape (n,)
        By window in days; NaN is no time.
    last : ndarray of float, shape (n,)
        Days since the last time, NaN where there was none.

    Returns
    -------
    codes, keys
        As in :func:`bin_numbers`.
    """
    keys = [f"{days}d:{times}" for days in WINDOWS for times in COUNT_BINS]
    codes = np.where(np.isnan(last), len(keys) + 1, len(keys))
    for place in reversed(range(len(WINDOWS))):
        count = np.nan_to_num(counts[WINDOWS[place]])
        step = np.searchsorted(STEPS, count, side="right") - 1
        codes = np.where(count >= 1, place * len(COUNT_BINS) + step, codes)
    return codes, [*keys, OLDER, NEVER]


def encode_texts(columns: Sequence[pd.Series]) -> tuple[np.ndarray, list[str]]:
    """Range texts, each a range of its own.

    Parameters
    ----------
    columns : sequence of pd.Series of str, shape (n,)
        The parts of what was read from an attribute, or the attribute alone; missing where not known.

    Returns
    -------
    codes, keys
        As in :func:`bin_numbers`.
    """
    code: np.ndarray = np.zeros(len(columns[0]), dtype=np.int64)
    rows: list[tuple[str | None, ...]] = [()]
    for column in columns:
        own, texts = pd.factorize(column)
        parts = [*(str(text) for text in texts), None]
        met, code = np.unique(code * len(parts) + np.where(own < 0, len(texts), own), return_inverse=True)
        rows = [(*rows[pair // len(parts)], parts[pair % len(parts)]) for pair in met]
    keys, places = np.unique(np.array([_text(row) for row in rows], dtype=object), return_inverse=True)
    return places[code], [str(key) for key in keys]


def _text(parts: Sequence[str | None]) -> str:
    if not any(parts):
        return UNKNOWN
    return "=" + "/".join(part or "" for part in parts)


def _silent(days: object, edges: Sequence[float]) -> str:
    if not isinstance(days, (int, float)):
        return NOT_CONTACTED
    return str(bisect_right(edges, days)) if days > 0 else RESPONDED


def _counted(value: Mapping[str, object]) -> str:
    for days in WINDOWS:
        count = value.get(f"count_{days}d")
        if isinstance(count, (int, float)) and count >= 1:
            return f"{days}d:{NAMES[bisect_right(STEPS, count) - 1]}"
    return NEVER if value.get("days_since_last") is None else OLDER
