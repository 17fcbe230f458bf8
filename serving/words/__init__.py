"""Words: scores, reasons and policies told in a person's language."""

from serving.reasons import Reason, parse_reasons
from serving.words.choose import strongest_for, top_reasons
from serving.words.rounding import points_as_integers
from serving.words.sentences import phrase, sentence

__all__ = [
    "Reason",
    "parse_reasons",
    "phrase",
    "points_as_integers",
    "sentence",
    "strongest_for",
    "top_reasons",
]
