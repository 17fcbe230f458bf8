"""Words: scores, reasons and policies told in a person's language."""

from leadlight.serving.reasons import Reason, parse_reasons
from leadlight.serving.text.reason_text import format_phrase, format_sentence
from leadlight.serving.text.rounding import round_to_sum
from leadlight.serving.text.top_reasons import select_top_reasons, strongest_for

__all__ = [
    "Reason",
    "format_phrase",
    "format_sentence",
    "parse_reasons",
    "round_to_sum",
    "select_top_reasons",
    "strongest_for",
]
