"""The bars of a lead in words and numbers, the same on a page and in a terminal."""

from leadlight.serving.scoring_run import PresentationContext
from leadlight.serving.text.evidence import classify_direction, format_evidence_phrase
from leadlight.serving.text.formatting import format_signed
from leadlight.serving.text.messages import translate, translate_plural
from leadlight.serving.text.reason_text import format_sentence
from leadlight.serving.waterfall import Bar

__all__ = ["format_bar_direction", "format_bar_evidence", "format_bar_points", "format_bar_text", "is_total"]


def is_total(line: Bar) -> bool:
    """Tell whether a bar stands for a score and not for what a topic adds to it."""
    return line.kind in {"start", "total"}


def format_bar_text(line: Bar, words: PresentationContext, language: str) -> str:
    """Say what a bar stands for: the sentence of its topic, or what the start, the rest or the total is."""
    if line.reason is not None:
        return format_sentence(line.reason, words, language)
    if line.kind == "further":
        return translate_plural(language, "lead.further", line.topics)
    return translate(language, f"lead.{line.kind}")


def format_bar_points(line: Bar) -> str:
    """Print the number of a bar; what a topic adds carries its sign."""
    return str(line.printed) if is_total(line) else format_signed(line.printed)


def format_bar_direction(line: Bar, language: str) -> str | None:
    """Say which way the points of a bar go, as printed; None of a total."""
    return None if is_total(line) else translate(language, f"direction.{classify_direction(line.printed)}")


def format_bar_evidence(line: Bar, words: PresentationContext, language: str) -> str | None:
    """Say how often past leads in the same range as a topic's value won; None where nothing is told of it."""
    return format_evidence_phrase(line.reason, words, language) if line.reason is not None else None
