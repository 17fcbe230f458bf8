"""Clean values of attributes: normalized text, domains of e-mail addresses."""

import pandas as pd

from leadlight.features.text_normalization import normalize_text

__all__ = ["clean_text", "find_canonical_spellings", "normalize_unique"]


def normalize_unique(words: pd.Series) -> pd.Series:
    """Normalize each distinct text once; missing stays missing."""
    return words.map({text: normalize_text(text) for text in words.dropna().unique()}).astype("str")


def clean_text(words: pd.Series, kind: str) -> pd.Series:
    """Normalize the text of an attribute.

    Parameters
    ----------
    words : pd.Series of str
        Values of the source; NaN where missing.
    kind : str
        Kind of the attribute. For ``email`` only the domain is kept, so that no clean table holds an
        address; text without @ becomes missing.

    Returns
    -------
    pd.Series of str
    """
    clean = normalize_unique(words)
    if kind == "email":
        clean = clean.str.rstrip(">").str.extract(r"@([^@]*)$", expand=False).str.strip()
    return clean.mask(clean == "")


def find_canonical_spellings(words: pd.Series) -> dict[str, str]:
    """Return normalized text -> its most frequent spelling; ties go to the first in the alphabet."""
    present = words.dropna()
    counts = present.groupby([normalize_unique(present), present]).size().sort_values(kind="stable", ascending=False)
    spellings: dict[str, str] = {}
    for key, spelling in counts.index:
        spellings.setdefault(key, " ".join(spelling.split()))
    return dict(sorted(spellings.items()))
