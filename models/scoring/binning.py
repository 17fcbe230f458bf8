"""Bins of the values that reasons show: of one value for display, of a column for counting.

Both give the same key to the same value. The bin of a signal follows its sentence: the shortest window with
any activity, and the count in it.
"""

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
import pandas as pd

from leadlight.features.display import Display, find_role, select_counts

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
#: texts of too few leads, and unseen ones
RARE = "rare"
#: of a signal: before the longest window, or not at all
OLDER, NEVER = "older", "never"
#: of silence after sales: no touch yet, or the lead has reacted
NOT_CONTACTED, RESPONDED = "untouched", "reacted"

#: bins of a count: key -> least and most times
COUNT_BINS = {"1": (1, 1), "2": (2, 2), "3-4": (3, 4), "5+": (5, None)}
COUNT_EDGES, COUNT_KEYS = [least for least, _ in COUNT_BINS.values()], list(COUNT_BINS)
#: quantiles that cut a number into five bins
QUANTILES = (0.2, 0.4, 0.6, 0.8)


def label_bins(
    value: object, edges: Sequence[float] = (), displays: Mapping[str, Display] = MappingProxyType({})
) -> str:
    """Return the key of the bin of a reason's value.

    Parameters
    ----------
    value : str, float, bool, None or mapping
        As in :class:`leadlight.serving.reasons.Reason`.
    edges : sequence of float
        Lower edges of all but the first bin, ascending, of a number or of days of silence.
    displays : mapping of str to Display
        Feature family -> display, of the parts of a mapping.

    Returns
    -------
    str
        Of a number the index of its bin; of a text ``=`` and the text, parts joined by ``/``; of counts the
        window and the times, such as ``7d:3-4``; or one of the keys of this module.
    """
    if isinstance(value, Mapping):
        if silence := find_role(displays, "silence"):
            return _label_silence(value.get(silence), edges)
        if counts := select_counts(value, displays):
            return _label_counts(counts, value.get(find_role(displays, "recency")))
        return _label_text([None if part is None else str(part) for part in value.values()])
    if value is None:
        return UNKNOWN
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(bisect_right(edges, value))
    return _label_text([str(value)])


def get_bin_edges(key: str, edges: Sequence[float]) -> tuple[float | None, float | None]:
    """Return the lower (inclusive) and upper (exclusive) edge of a bin of numbers, None where open.

    Parameters
    ----------
    key : str
        As :func:`label_bins` gives it; bins of other values have no edges.
    edges : sequence of float
        As there.
    """
    place = int(key) if key.isdecimal() else None
    if place is None or not 0 <= place <= len(edges):
        return None, None
    return edges[place - 1] if place > 0 else None, edges[place] if place < len(edges) else None


def count_bin_edges(key: str) -> tuple[int, int | None] | None:
    """Return the least and the most times (None: no limit) of a bin of counts; None for other bins."""
    window, _, times = key.partition(":")
    return COUNT_BINS.get(times) if re.fullmatch(r"\d+d", window) else None


def round_quantile_edges(x: np.ndarray, *, whole: bool = False) -> list[float]:
    """Return the quintiles of numbers, rounded to two significant digits.

    Parameters
    ----------
    x : ndarray of float, shape (n,)
        NaN where not known.
    whole : bool
        Whether to round to whole numbers too, as days are shown.

    Returns
    -------
    list of float
        At most four edges, ascending, above the minimum and not above the maximum.
    """
    known = x[~np.isnan(x)]
    if not len(known):
        return []
    edges = {float(f"{edge:.1e}") for edge in np.quantile(known, QUANTILES, method="inverted_cdf")}
    edges = {float(round(edge)) for edge in edges} if whole else edges
    return sorted(edge for edge in edges if known.min() < edge <= known.max())


def bin_numbers(x: np.ndarray, edges: Sequence[float]) -> tuple[np.ndarray, list[str]]:
    """Bin numbers as :func:`label_bins` does.

    Parameters
    ----------
    x : ndarray of float, shape (n,)
        NaN where not known.
    edges : sequence of float

    Returns
    -------
    codes : ndarray of int, shape (n,)
        Indices into `keys`.
    keys : list of str
        Keys of the bins.
    """
    codes = np.searchsorted(np.array(edges, dtype=float), x, side="right")
    keys = [*(str(place) for place in range(len(edges) + 1)), UNKNOWN]
    return np.where(np.isnan(x), len(edges) + 1, codes), keys


def bin_silence(x: np.ndarray, edges: Sequence[float]) -> tuple[np.ndarray, list[str]]:
    """Bin days of silence; parameters and results as in :func:`bin_numbers`."""
    codes, keys = bin_numbers(x, edges)
    return np.where(x <= 0, len(keys), codes), [*keys[:-1], NOT_CONTACTED, RESPONDED]


def bin_counts(counts: Mapping[int, np.ndarray], last: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Bin the counts of a signal.

    Parameters
    ----------
    counts : mapping of int to ndarray of float, shape (n,)
        By window in days, the shortest first; NaN counts as 0.
    last : ndarray of float, shape (n,)
        Days since the last time, NaN where there was none.

    Returns
    -------
    codes, keys
        As in :func:`bin_numbers`.
    """
    keys = [f"{days}d:{times}" for days in counts for times in COUNT_BINS]
    codes = np.where(np.isnan(last), len(keys) + 1, len(keys))
    for place, values in reversed([*enumerate(counts.values())]):
        count = np.nan_to_num(values)
        step = np.searchsorted(COUNT_EDGES, count, side="right") - 1
        codes = np.where(count >= 1, place * len(COUNT_BINS) + step, codes)
    return codes, [*keys, OLDER, NEVER]


def encode_texts(columns: Sequence[pd.Series]) -> tuple[np.ndarray, list[str]]:
    """Bin texts, each in a bin of its own.

    Parameters
    ----------
    columns : sequence of pd.Series of str, shape (n,)
        The codes parsed from an attribute, or the attribute alone; missing where not known.

    Returns
    -------
    codes, keys
        As in :func:`bin_numbers`.
    """
    code: np.ndarray = np.zeros(len(columns[0]), dtype=np.int64)
    rows: list[tuple[str | None, ...]] = [()]
    for column in columns:
        text_code, texts = pd.factorize(column)
        parts = [*(str(text) for text in texts), None]
        pairs, code = np.unique(code * len(parts) + np.where(text_code < 0, len(texts), text_code), return_inverse=True)
        rows = [(*rows[pair // len(parts)], parts[pair % len(parts)]) for pair in pairs]
    keys, places = np.unique(np.array([_label_text(row) for row in rows], dtype=object), return_inverse=True)
    return places[code], [str(key) for key in keys]


def _label_text(parts: Sequence[str | None]) -> str:
    if not any(parts):
        return UNKNOWN
    return "=" + "/".join(part or "" for part in parts)


def _label_silence(days: object, edges: Sequence[float]) -> str:
    if not isinstance(days, (int, float)):
        return NOT_CONTACTED
    return str(bisect_right(edges, days)) if days > 0 else RESPONDED


def _label_counts(counts: Mapping[int, object], last: object) -> str:
    for days, count in counts.items():
        if isinstance(count, (int, float)) and count >= 1:
            return f"{days}d:{COUNT_KEYS[bisect_right(COUNT_EDGES, count) - 1]}"
    return NEVER if last is None else OLDER
