"""The bars of a lead in words and numbers, the same on a page and in a terminal."""

from leadlight.serving.scoring_run import NightWords
from leadlight.serving.text.evidence import direction, evidence_phrase
from leadlight.serving.text.formatting import signed
from leadlight.serving.text.messages import tell, tell_count
from leadlight.serving.text.reason_text import sentence
from leadlight.serving.waterfall import Line

__all__ = ["bar_direction", "bar_evidence", "bar_points", "bar_text", "is_total"]


def is_total(line: Line) -> bool:
    """Tell whether a bar stands for a score and not for what a topic adds to it."""
    return line.kind in {"start", "total"}


def bar_text(line: Line, words: NightWords, language: str) -> str:
    """Say what a bar stands for: the sentence of its topic, or what the start, the rest or the total is."""
    if line.reason is not None:
        return sentence(line.reason, words, language)
    if line.kind == "further":
        return tell_count(language, "lead.further", line.topics)
    return tell(language, f"lead.{line.kind}")


def bar_points(line: Line) -> str:
    """Print the number of a bar; what a topic adds carries its sign."""
    return str(line.printed) if is_total(line) else signed(line.printed)


def bar_direction(line: Line, language: str) -> str | None:
    """Say which way the points of a bar go, as printed; None of a total."""
    return None if is_total(line) else tell(language, f"direction.{direction(line.printed)}")


def bar_evidence(line: Line, words: NightWords, language: str) -> str | None:
    """Say how often past leads in the same range as a topic's value won; None where nothing is told of it."""
    return evidence_phrase(line.reason, words, language) if line.reason is not None else None
