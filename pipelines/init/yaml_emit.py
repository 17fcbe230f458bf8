"""Text as YAML: plain where nobody can misread it, in quotes everywhere else."""

import io
import re

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

__all__ = ["emit_comment", "emit_flow", "emit_scalar", "emit_sequence"]

#: words that one version of YAML or another reads as true, false or nothing; people do too
_WORDS = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null", "none", "nan", "inf", "~"])
_PATH = re.compile(r"(?:/|(?:\.\./)*)[^\W\d][\w./-]*")
_PLAIN = re.compile(r"[^\W\d][\w./+&()-]*(?: [\w./+&()-]+)*")
_LATIN = re.compile(r"[\x20-\x7e\xa1-\u024f]*")


def emit_scalar(text: str) -> str:
    """Return a text as a YAML scalar that stands on one line, as a key or a value.

    Parameters
    ----------
    text : str
        Any text: with colons, quotes, hashes, line breaks, or a word such as ``on``.
    """
    if (
        (_PLAIN.fullmatch(text) or _PATH.fullmatch(text))
        and _LATIN.fullmatch(text)
        and text.lower() not in _WORDS
    ):
        return text
    stream = io.StringIO()
    yaml = YAML(pure=True)
    yaml.width = 1_000_000
    yaml.allow_unicode = True
    yaml.dump(DoubleQuotedScalarString(text), stream)
    return stream.getvalue().removesuffix("...\n").rstrip("\n")


def emit_sequence(texts: tuple[str, ...] | list[str]) -> str:
    """Return a list of texts in brackets."""
    return f"[{', '.join(emit_scalar(text) for text in texts)}]"


def emit_flow(**entries: str) -> str:
    """Return a mapping in braces; the values are YAML already."""
    return "{" + ", ".join(f"{key}: {value}" for key, value in entries.items()) + "}"


def emit_comment(text: str) -> str:
    """Return a text that may stand behind a ``#``: on one line, and without what YAML does not allow."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
