"""What a bundle remembers of the population it was made for: shares in bins, never a lead.

A night is compared with the open leads of an earlier midnight, not with training snapshots: those are drawn
at creation too, so that they are younger. The leads of the last 90 days are counted separately: the stock of old
leads moves slowly and grows older by itself, and what changes at the source is seen in the new ones first.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from leadlight.features.catalogue import AGE, Catalogue, Feature
from leadlight.models.scoring.anchors import MARKETING_SCORE, SALES_SCORE

__all__ = [
    "MIN_KNOWN",
    "MIN_LEADS",
    "NEW_DAYS",
    "build_reference",
    "count_in_bins",
    "count_population",
    "get_feature_counts",
    "mask_recent_leads",
]

#: leads created in so many days are the new ones
NEW_DAYS = 90.0
#: leads below which shares are too uncertain to be compared
MIN_LEADS = 100
#: share of leads that must have had an attribute for its lack to be judged
MIN_KNOWN = 0.05
BINS, SCORE_STEP = 10, 5
#: share below which a level is pooled
RARE = 0.01


def build_reference(
    frame: pd.DataFrame, scored: pd.DataFrame, catalogue: Catalogue, refused: np.ndarray | None = None
) -> dict[str, Any]:
    """Remember the population of a midnight.

    Parameters
    ----------
    frame : pd.DataFrame, shape (n, features)
        The feature table of the leads open then.
    scored : pd.DataFrame, shape (n, ...)
        Their probability and score, in the same order.
    catalogue : Catalogue
        The features.
    refused : ndarray of bool, shape (n,), optional
        Whether a lead has refused consent; nobody has if left out.

    Returns
    -------
    dict
        Plain data for JSON: ``all``, a record of all leads, and ``new``, one of those of the last 90 days, or
        None where the age is not known or they are fewer than 100. A record has

        * ``leads``;
        * ``numbers``: by feature ``edges``, ``counts`` of leads in (-inf, e0], (e0, e1], ..., (ek, inf) and,
          last, those of whom nothing is known, and ``median`` (None where nothing is known);
        * ``categories``: by feature ``levels`` and ``counts`` of leads in them, in other levels, not known;
        * ``scores``: ``edges`` and ``counts`` as for a number;
        * ``marketing_qualified``, ``sales_qualified``: leads with a score of at least 50 and 80;
        * ``contactable_marketing``, ``contactable_sales``: those of them that have not refused consent;
        * ``refused``: leads that have.
    """
    new, refused = mask_recent_leads(frame, catalogue), _fill(refused, frame)
    enough = new is not None and new.sum() >= MIN_LEADS
    return {
        "all": _record(frame, scored, catalogue, refused),
        "new": _record(frame[new], scored[new], catalogue, refused[new]) if new is not None and enough else None,
    }


def count_population(
    reference: Mapping[str, Any],
    frame: pd.DataFrame,
    scored: pd.DataFrame,
    catalogue: Catalogue,
    refused: np.ndarray | None = None,
) -> dict[str, Any]:
    """Count other leads in the bins of a reference; arguments as of :func:`build_reference`.

    Returns
    -------
    dict
        Plain data for JSON: ``all``, and ``new`` or None; each ``leads``, ``counts`` by feature and of ``score``, and
        the leads above each threshold under the names that a record has.
    """
    new, refused = mask_recent_leads(frame, catalogue), _fill(refused, frame)
    enough = reference["new"] is not None and new is not None and new.sum() >= MIN_LEADS
    return {
        "all": _count(reference["all"], frame, scored, refused),
        "new": _count(reference["new"], frame[new], scored[new], refused[new]) if new is not None and enough else None,
    }


def _fill(refused: np.ndarray | None, frame: pd.DataFrame) -> np.ndarray:
    return np.zeros(len(frame), dtype=bool) if refused is None else np.asarray(refused, dtype=bool)


def _count(record: Mapping[str, Any], frame: pd.DataFrame, scored: pd.DataFrame, refused: np.ndarray) -> dict[str, Any]:
    counted = count_in_bins(record, frame, scored)
    counts = {name: found.tolist() for kind in counted.values() for name, found in kind.items()}
    return {"leads": len(frame), "counts": counts} | _count_above(scored["score"].to_numpy(dtype=float), refused)


def _count_above(score: np.ndarray, refused: np.ndarray) -> dict[str, int]:
    marketing, sales = score >= MARKETING_SCORE, score >= SALES_SCORE
    return {
        "marketing_qualified": int(marketing.sum()),
        "sales_qualified": int(sales.sum()),
        "contactable_marketing": int((marketing & ~refused).sum()),
        "contactable_sales": int((sales & ~refused).sum()),
        "refused": int(refused.sum()),
    }


def get_feature_counts(record: Mapping[str, Any], feature: Feature) -> np.ndarray:
    """Return the leads by bin of a feature, of a record at the cut-off or of an earlier midnight; missing is last."""
    if "counts" in record:
        return np.array(record["counts"][feature.name])
    return np.array(record["numbers" if feature.kind == "number" else "categories"][feature.name]["counts"])


def mask_recent_leads(frame: pd.DataFrame, catalogue: Catalogue) -> np.ndarray | None:
    """Mark the leads of the last 90 days, shape (n,); None where no feature is the age."""
    ages = [f.name for f in catalogue.features if f.topic == AGE and f.kind == "number"]
    return (frame[ages[0]] <= NEW_DAYS).to_numpy(dtype=bool) if ages else None


def count_in_bins(
    record: Mapping[str, Any], frame: pd.DataFrame, scored: pd.DataFrame
) -> dict[str, dict[str, np.ndarray]]:
    """Count other leads in the bins of a record.

    Parameters
    ----------
    record : mapping
        One of those of :func:`build_reference`.
    frame, scored : pd.DataFrame
        As there, of the leads to count.

    Returns
    -------
    dict
        ``numbers`` and ``categories``: by feature, and ``scores``: by ``score``; of int, shape (bins,).
    """
    return {
        "numbers": {n: _in_bins(frame[n], np.array(e["edges"])) for n, e in record["numbers"].items()},
        "categories": {n: _in_levels(frame[n], e["levels"]) for n, e in record["categories"].items()},
        "scores": {"score": _in_bins(scored["score"], np.array(record["scores"]["edges"]))},
    }


def _record(frame: pd.DataFrame, scored: pd.DataFrame, catalogue: Catalogue, refused: np.ndarray) -> dict[str, Any]:
    numbers, categories = {}, {}
    for feature in catalogue.features:
        values = frame[feature.name]
        if feature.kind == "number":
            numbers[feature.name] = _number(values, _edges(values.to_numpy(dtype=float)))
        else:
            shares = values.value_counts(normalize=False) / max(1, len(values))
            levels = sorted(str(level) for level in shares.index[shares >= RARE])
            categories[feature.name] = {"levels": levels, "counts": _in_levels(values, levels).tolist()}
    score = scored["score"]
    return {
        "leads": len(frame),
        "numbers": numbers,
        "categories": categories,
        "scores": _number(score, np.arange(SCORE_STEP, 100, SCORE_STEP, dtype=float)),
        **_count_above(score.to_numpy(dtype=float), refused),
    }


def _number(values: pd.Series, edges: np.ndarray) -> dict[str, Any]:
    known = values.dropna()
    return {
        "edges": edges.tolist(),
        "counts": _in_bins(values, edges).tolist(),
        "median": float(known.median()) if len(known) else None,
    }


def _edges(x: np.ndarray) -> np.ndarray:
    """Return upper ends of bins at the deciles; a value that fills a decile has a bin of its own."""
    known = np.sort(x[~np.isnan(x)])
    if len(known) == 0:
        return np.array([])
    at = np.quantile(known, np.arange(1, BINS) / BINS, method="inverted_cdf")
    ends, times = np.unique(at, return_counts=True)
    full = ends[times > 1]
    return np.unique(np.concatenate([ends, np.nextafter(full, -np.inf)]))


def _in_bins(values: pd.Series, edges: np.ndarray) -> np.ndarray:
    x = values.to_numpy(dtype=float)
    unknown = np.isnan(x)
    places = np.searchsorted(edges, x[~unknown], side="left")
    return np.append(np.bincount(places, minlength=len(edges) + 1), unknown.sum())


def _in_levels(values: pd.Series, levels: list[str]) -> np.ndarray:
    places = {level: place for place, level in enumerate(levels)}
    unknown = values.isna().to_numpy()
    codes = values[~unknown].astype(str).map(places).fillna(len(levels)).to_numpy(dtype=np.int64)
    return np.append(np.bincount(codes, minlength=len(levels) + 1), unknown.sum())
