"""Scores, reasons and policies as text in the reader's language."""

from leadlight.serving.reasons import Reason, parse_reasons, select_top_reasons
from leadlight.serving.text.reason_text import format_phrase, format_sentence
from leadlight.serving.text.rounding import round_to_sum

__all__ = ["Reason", "format_phrase", "format_sentence", "parse_reasons", "round_to_sum", "select_top_reasons"]
