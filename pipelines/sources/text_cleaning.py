"""Values of attributes as features read them: text folded, of an address the domain alone, numbers finite."""

import numpy as np
import pandas as pd

from leadlight.features.text_normalization import normalize_text

__all__ = ["clean_text", "convert_to_float", "find_canonical_spellings", "normalize_unique"]


def convert_to_float(values: pd.Series) -> pd.Series:
    """Read values as finite float64; NaN where that cannot be."""
    found = pd.to_numeric(values, errors="coerce").astype("float64")
    return found.where(np.isfinite(found))


def normalize_unique(words: pd.Series) -> pd.Series:
    """Fold each text once; missing stays missing."""
    return words.map({text: normalize_text(text) for text in words.dropna().unique()}).astype("str")


def clean_text(words: pd.Series, kind: str) -> pd.Series:
    """Bring the text of an attribute into the form that features read.

    Parameters
    ----------
    words : pd.Series of str
        As in the source; NaN where missing.
    kind : str
        Kind of the attribute. Of an ``email`` only the domain is kept, so that no clean table holds an
        address; one without @ is unknown.

    Returns
    -------
    pd.Series of str
    """
    clean = normalize_unique(words)
    if kind == "email":
        clean = clean.str.rstrip(">").str.extract(r"@([^@]*)$", expand=False).str.strip()
    return clean.mask(clean == "")


def find_canonical_spellings(words: pd.Series) -> dict[str, str]:
    """Return folded text -> its most frequent spelling; of two as frequent, the first in the alphabet."""
    present = words.dropna()
    counts = (
        present.groupby([normalize_unique(present), present])
        .size()
        .sort_values(kind="stable", ascending=False)
    )
    found: dict[str, str] = {}
    for key, spelling in counts.index:
        found.setdefault(key, " ".join(spelling.split()))
    return dict(sorted(found.items()))
