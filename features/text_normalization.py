"""One spelling for what people type differently: case, blanks, umlauts."""

import unicodedata

__all__ = ["normalize_text"]

#: what German keyboards without umlauts make of them; ß becomes ss with the case
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


def normalize_text(text: str) -> str:
    """Fold the spellings of one thing into one text.

    Done once, where data come in, and never in an expression: engines disagree on what is a blank and on
    the lower case of letters outside ASCII (a final sigma, a dotted I).

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str
        In compatibility form and lower case, umlauts written out, blanks single and none at the ends.
    """
    composed = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    # composed once more: a second mark may fit the letter that is written out
    return " ".join(unicodedata.normalize("NFKC", composed.translate(_UMLAUTS)).split())
