"""Text of waterfall bars, for pages and terminal."""

from leadlight.serving.scoring_run import PresentationContext
from leadlight.serving.text.evidence import classify_direction, format_evidence_phrase
from leadlight.serving.text.formatting import format_signed
from leadlight.serving.text.messages import translate, translate_plural
from leadlight.serving.text.reason_text import format_sentence
from leadlight.serving.text.rounding import round_half_up
from leadlight.serving.waterfall import Bar

__all__ = ["format_bar_direction", "format_bar_evidence", "format_bar_points", "format_bar_text", "is_total"]


def is_total(bar: Bar) -> bool:
    """Return whether a bar shows a score, not the contribution of a topic."""
    return bar.kind in {"start", "total"}


def format_bar_text(bar: Bar, words: PresentationContext, language: str) -> str:
    """Format the label of a bar: the sentence of its topic, or the name of start, rest or total."""
    if bar.reason is not None:
        return format_sentence(bar.reason, words, language)
    if bar.kind == "further":
        return translate_plural(language, "lead.further", bar.topics)
    if bar.kind == "start" and words.season_points is not None and round_half_up(words.season_points) != 0:
        season = format_signed(round_half_up(words.season_points))
        return translate(language, "lead.start.season", season=season)
    return translate(language, f"lead.{bar.kind}")


def format_bar_points(bar: Bar) -> str:
    """Format the number of a bar; contributions are signed."""
    return str(bar.rounded) if is_total(bar) else format_signed(bar.rounded)


def format_bar_direction(bar: Bar, language: str) -> str | None:
    """Describe the direction of the rounded points; None for a score."""
    return None if is_total(bar) else translate(language, f"direction.{classify_direction(bar.rounded)}")


def format_bar_evidence(bar: Bar, words: PresentationContext, language: str) -> str | None:
    """Format the win rate of past leads in the same range; None if there is none."""
    return format_evidence_phrase(bar.reason, words, language) if bar.reason is not None else None
