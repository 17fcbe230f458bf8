"""Win rates of past snapshots by bin of each topic's value: the evidence shown beside a reason.

Each snapshot counts once. A rate over leads would leak: the number of snapshots of a lead depends on when it
closes, that is on the outcome (docs/decisions/0001). The number of leads is counted too; bins with few leads
are left out.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from leadlight.features.catalogue import Catalogue, Topic
from leadlight.features.display import find_role, select_counts
from leadlight.models.scoring.binning import (
    RARE,
    bin_counts,
    bin_numbers,
    bin_silence,
    encode_texts,
    round_quantile_edges,
)
from leadlight.models.scoring.topic_values import round_values

__all__ = ["MIN_LEADS", "count_win_rates_by_bin"]

#: minimal leads of a bin
MIN_LEADS = 10
#: texts of an attribute with a bin of their own; the others share one
MAX_CATEGORIES = 50


def count_win_rates_by_bin(
    frame: pd.DataFrame,
    won: np.ndarray,
    leads: pd.Series,
    catalogue: Catalogue,
    spellings: Mapping[str, Mapping[str, str]],
) -> dict[str, Any]:
    """Count snapshots, leads and wins in each bin of each topic.

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
        Attribute -> normalized text -> the spelling that reasons show.

    Returns
    -------
    dict
        Plain data for JSON: ``all``: [snapshots, leads, wins]; ``topics``: by topic ``edges`` (see
        :func:`.label_bins`) and ``ranges``: by bin [snapshots, leads, wins], of bins with at least 10 leads.
        Texts without a bin of their own are in the bin ``rare``.
    """
    lead, names = pd.factorize(leads)
    topics = {}
    for topic in catalogue.topics:
        codes, keys, edges = _bin_topic(frame, catalogue, topic, spellings)
        codes, keys = _pool_rare_texts(codes, keys, lead, len(names))
        counts = zip(
            keys,
            np.bincount(codes, minlength=len(keys)).tolist(),
            _count_leads(codes, keys, lead, len(names)).tolist(),
            np.bincount(codes[won == 1], minlength=len(keys)).tolist(),
            strict=True,
        )
        ranges = {key: [cases, n, wins] for key, cases, n, wins in counts if n >= MIN_LEADS}
        topics[topic.key] = {"edges": edges, "ranges": ranges}
    return {"all": [len(frame), len(names), int(won.sum())], "topics": topics}


def _bin_topic(
    frame: pd.DataFrame, catalogue: Catalogue, topic: Topic, spellings: Mapping[str, Mapping[str, str]]
) -> tuple[np.ndarray, list[str], list[float]]:
    """Bin what the reasons of a topic show: codes, keys, and the edges of numbers."""
    shown = catalogue.list_displayed(topic.key)
    columns = {feature.family: frame[feature.name] for feature, _ in shown}
    displays = {feature.family: display for feature, display in shown}
    first, display = shown[0]
    if first.kind == "category":
        texts = spellings.get(topic.key, {}) if display.role == "value" else {}
        spelled = [c.map(lambda text: texts.get(text, text), na_action="ignore") for c in columns.values()]
        return *encode_texts(spelled), []
    if silence := find_role(displays, "silence"):
        days = round_values(columns[silence])
        edges = round_quantile_edges(np.where(days > 0, days, np.nan), whole=True)
        return *bin_silence(days, edges), edges
    counts, recency = select_counts(columns, displays), find_role(displays, "recency")
    if counts and recency:
        by_window = {window: round_values(count) for window, count in counts.items()}
        return *bin_counts(by_window, round_values(columns[recency])), []
    x = round_values(columns[first.family])
    edges = round_quantile_edges(x, whole=display.role == "age")
    return *bin_numbers(x, edges), edges


def _pool_rare_texts(codes: np.ndarray, keys: list[str], lead: np.ndarray, leads: int) -> tuple[np.ndarray, list[str]]:
    texts = np.array([key.startswith("=") for key in keys])
    if not texts.any():
        return codes, keys
    leads_by_text = np.where(texts, _count_leads(codes, keys, lead, leads), 0)
    common = np.argsort(-leads_by_text, kind="stable")[:MAX_CATEGORIES]
    rare = texts & ~(np.isin(np.arange(len(keys)), common) & (leads_by_text >= MIN_LEADS))
    kept = [key for key, pooled in zip(keys, rare, strict=True) if not pooled]
    places = np.where(rare, len(kept), np.cumsum(~rare) - 1)
    return places[codes], [*kept, RARE]


def _count_leads(codes: np.ndarray, keys: list[str], lead: np.ndarray, leads: int) -> np.ndarray:
    """Count distinct leads by bin."""
    pairs = np.unique(codes.astype(np.int64) * leads + lead)
    return np.bincount(pairs // max(leads, 1), minlength=len(keys))
