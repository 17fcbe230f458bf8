"""The chance of a lead: a probability where the calibration check holds for leads of its age, else a rank."""

from collections.abc import Iterable

from leadlight.models.scoring.calibration_answers import ALL, HOLDS, NEW, OLDER, find_answer, get_age_group
from leadlight.serving.reasons import Reason
from leadlight.serving.scoring_run import PresentationContext
from leadlight.serving.text.formatting import format_number, format_probability
from leadlight.serving.text.messages import translate, translate_plural

__all__ = ["explain_ranks", "find_age_group", "format_chance", "holds_probability"]


def find_age_group(reasons: Iterable[Reason], words: PresentationContext) -> str:
    """Return the group of a lead that calibration was checked for: new or older; all where its age is not known."""
    topics = {topic for topic, label in words.topics.items() if label.kind == "age"}
    ages = (reason.value for reason in reasons if reason.topic in topics)
    return next((get_age_group(age) for age in ages if isinstance(age, (int, float))), ALL)


def holds_probability(group: str, words: PresentationContext) -> bool:
    """Return whether the calibration check holds for a group, so that its probabilities are shown."""
    return find_answer(words.calibration, group) == HOLDS


def format_chance(
    group: str, probability: float, place: tuple[int, int], words: PresentationContext, language: str
) -> str:
    """Format the chance of a lead.

    Parameters
    ----------
    group : str
        See :func:`find_age_group`.
    probability : float
    place : tuple of int
        Rank among the open leads by probability, and their number.
    words : PresentationContext
    language : str

    Returns
    -------
    str
        Such as "12 %", or "rank 37 of 1,482 open leads".
    """
    if holds_probability(group, words):
        return format_probability(probability, language)
    rank, open_leads = place
    return translate_plural(language, "chance.rank", open_leads, rank=format_number(rank, language))


def explain_ranks(groups: Iterable[str], words: PresentationContext, language: str) -> list[str]:
    """Explain why ranks are shown: one sentence for each of the groups that the check does not hold for."""
    shown = {group for group in groups if not holds_probability(group, words)}
    return [
        translate(
            language,
            f"chance.rank.{find_answer(words.calibration, group)}",
            leads=translate(language, f"chance.group.{group}"),
        )
        for group in (ALL, NEW, OLDER)
        if group in shown
    ]
