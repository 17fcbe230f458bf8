"""Words for yes and no in English, German, Portuguese, Spanish and French, as flags are written."""

import pandas as pd

__all__ = ["NO", "YES", "replace_words"]

YES = frozenset(["yes", "y", "ja", "j", "sim", "s", "si", "sí", "oui", "o", "true", "t", "x"])
NO = frozenset(["no", "n", "nein", "nao", "não", "non", "false", "f", "-"])


def replace_words(values: pd.Series) -> pd.Series:
    """Return raw values with 1 in place of words for yes and 0 in place of those for no; numbers stay."""
    if pd.api.types.is_bool_dtype(values):
        return values.astype("boolean").astype("Float64").astype("float64")
    if pd.api.types.is_numeric_dtype(values):
        return values
    words = values.astype("str").str.strip().str.casefold()
    texts = values.astype("str").mask(values.isna())
    return texts.mask(words.isin(list(YES)), "1").mask(words.isin(list(NO)), "0")
