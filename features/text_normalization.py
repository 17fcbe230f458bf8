"""Text normalization: case, whitespace, umlauts."""

import unicodedata

__all__ = ["normalize_text"]

#: umlauts written out; casefold turns ß into ss
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


def normalize_text(text: str) -> str:
    """Normalize the spelling of a text.

    Applied once at ingest, never in an expression: engines differ in whitespace and in the lower case of
    letters outside ASCII (final sigma, dotted I).

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str
        NFKC, case-folded, umlauts written out, whitespace collapsed and stripped.
    """
    composed = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    # NFKC again: a second combining mark may fit the written-out letter
    return " ".join(unicodedata.normalize("NFKC", composed.translate(_UMLAUTS)).split())
