"""Words: scores, reasons and policies told in a person's language."""

from leadlight.serving.reasons import Reason, parse_reasons
from leadlight.serving.text.reason_text import phrase, sentence
from leadlight.serving.text.rounding import points_as_integers
from leadlight.serving.text.top_reasons import strongest_for, top_reasons

__all__ = [
    "Reason",
    "parse_reasons",
    "phrase",
    "points_as_integers",
    "sentence",
    "strongest_for",
    "top_reasons",
]
