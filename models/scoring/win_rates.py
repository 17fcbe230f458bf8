"""Evidence: how often past snapshots won whose value of a topic lay in the same range.

Rates are over snapshots, each of which counts once. A rate over leads would leak: how many snapshots a lead
has depends on when it closes, and that is the outcome (docs/decisions/0001). How many leads stand behind a
rate is said beside it, and a range with few of them is left out.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from leadlight.features.catalogue import Catalogue, Topic
from leadlight.models.scoring.binning import (
    RARE,
    WINDOWS,
    bin_counts,
    bin_numbers,
    bin_silence,
    encode_texts,
    round_quantile_edges,
)
from leadlight.models.scoring.topic_values import round_values

__all__ = ["MIN_LEADS", "count_win_rates_by_bin"]

#: different leads that a range must have to be told of
MIN_LEADS = 10
#: texts of an attribute that have a range of their own; the others share one
MAX_CATEGORIES = 50


def count_win_rates_by_bin(
    frame: pd.DataFrame,
    won: np.ndarray,
    leads: pd.Series,
    catalogue: Catalogue,
    spellings: Mapping[str, Mapping[str, str]],
) -> dict[str, Any]:
    """Count snapshots, leads and wins in each range of each topic.

    Parameters
    ----------
    frame : pd.DataFrame, shape (n, features)
        The feature table of past snapshots, each once.
    won : ndarray of int, shape (n,)
        Labels.
    leads : pd.Series of str, shape (n,)
        Lead of each snapshot.
    catalogue : Catalogue
        Features and topics.
    spellings : mapping
        Attribute -> folded text -> the spelling that reasons show.

    Returns
    -------
    dict
        Plain data for JSON: ``all``: [snapshots, leads, wins]; ``topics``: by topic ``edges`` (see
        :func:`.range_of`) and ``ranges``: by name [snapshots, leads, wins] of those with at
        least 10 leads. A text without a range of its own belongs to the rare ones.
    """
    lead, names = pd.factorize(leads)
    topics = {}
    for topic in catalogue.topics:
        codes, keys, edges = _ranged(frame, catalogue, topic, spellings)
        codes, keys = _pooled(codes, keys, lead, len(names))
        counts = zip(
            keys,
            np.bincount(codes, minlength=len(keys)).tolist(),
            _leads_in(codes, keys, lead, len(names)).tolist(),
            np.bincount(codes[won == 1], minlength=len(keys)).tolist(),
            strict=True,
        )
        ranges = {key: [many, of, wins] for key, many, of, wins in counts if of >= MIN_LEADS}
        topics[topic.key] = {"edges": edges, "ranges": ranges}
    return {"all": [len(frame), len(names), int(won.sum())], "topics": topics}


def _ranged(
    frame: pd.DataFrame, catalogue: Catalogue, topic: Topic, spellings: Mapping[str, Mapping[str, str]]
) -> tuple[np.ndarray, list[str], list[float]]:
    """Range what the reasons of a topic show: codes, names, and the edges of numbers."""
    own = {feature.family: feature for feature in catalogue.features if feature.topic == topic.key}
    first = next(iter(own.values()))
    if topic.kind == "attribute" and first.kind == "category":
        shown = spellings.get(topic.key, {}) if first.family == "attribute" else {}
        columns = [frame[feature.name] for feature in own.values()]
        return *encode_texts(
            [c.map(lambda text: shown.get(text, text), na_action="ignore") for c in columns]
        ), []
    if "silence" in own:
        days = round_values(frame[own["silence"].name])
        edges = round_quantile_edges(np.where(days > 0, days, np.nan), whole=True)
        return *bin_silence(days, edges), edges
    if "count_90d" in own:
        counts = {days: round_values(frame[own[f"count_{days}d"].name]) for days in WINDOWS}
        return *bin_counts(counts, round_values(frame[own["days_since_last"].name])), []
    x = round_values(frame[first.name])
    edges = round_quantile_edges(x, whole=topic.kind == "age")
    return *bin_numbers(x, edges), edges


def _pooled(codes: np.ndarray, keys: list[str], lead: np.ndarray, leads: int) -> tuple[np.ndarray, list[str]]:
    """Give the rare texts one range together."""
    texts = np.array([key.startswith("=") for key in keys])
    if not texts.any():
        return codes, keys
    in_each = np.where(texts, _leads_in(codes, keys, lead, leads), 0)
    common = np.argsort(-in_each, kind="stable")[:MAX_CATEGORIES]
    rare = texts & ~(np.isin(np.arange(len(keys)), common) & (in_each >= MIN_LEADS))
    kept = [key for key, pooled in zip(keys, rare, strict=True) if not pooled]
    places = np.where(rare, len(kept), np.cumsum(~rare) - 1)
    return places[codes], [*kept, RARE]


def _leads_in(codes: np.ndarray, keys: list[str], lead: np.ndarray, leads: int) -> np.ndarray:
    """Count different leads by range."""
    pairs = np.unique(codes.astype(np.int64) * leads + lead)
    return np.bincount(pairs // max(leads, 1), minlength=len(keys))
