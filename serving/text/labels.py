"""Stages, grades, holds and policies in words."""

from babel.lists import format_list

from leadlight.models.scoring.stages import find_hysteresis_floor
from leadlight.serving.scoring_run import PresentationContext
from leadlight.serving.text.formatting import format_date, format_number
from leadlight.serving.text.messages import get_locale, translate, translate_or

__all__ = [
    "describe_agreement",
    "describe_hysteresis",
    "describe_model_tier",
    "describe_policy",
    "label_held_back",
    "label_stage",
    "label_stage_long",
]

_THRESHOLDS = ("marketing_qualified", "sales_qualified")


def label_stage(name: str, language: str) -> str:
    """Name a stage in short."""
    return translate(language, f"stage.{name}.short")


def label_stage_long(name: str, language: str) -> str:
    """Name a stage in full."""
    return translate(language, f"stage.{name}.long")


def label_held_back(code: str, language: str) -> str:
    """Say why a lead is held back; a code without a message is shown as it is."""
    return translate_or(language, f"held_back.{code}", translate(language, "held_back.other", code=code))


def describe_hysteresis(name: str, score: float, words: PresentationContext, language: str) -> str | None:
    """Say until when a lead stays in a stage that its score alone would not give it; None where it would.

    Parameters
    ----------
    name : str
        Its stage.
    score : float
    words : NightWords
    language : str
    """
    until = find_hysteresis_floor(name, score, words.hysteresis)
    if until is None:
        return None
    return translate(
        language, "stage.kept", stage=label_stage(name, language), score=format_number(until, language)
    )


def describe_policy(words: PresentationContext, language: str) -> list[str]:
    """Say what the thresholds follow.

    Parameters
    ----------
    words : NightWords
    language : str

    Returns
    -------
    list of str
        One sentence a threshold.
    """
    lines = []
    for name in _THRESHOLDS:
        policy = getattr(words.policy, name) if words.policy else None
        key = f"policy.{name}" if policy else f"policy.{name}.default"
        lines.append(translate(language, key, policy=policy))
    return lines


def describe_model_tier(words: PresentationContext, language: str) -> tuple[bool, str]:
    """Say what the scores stand on.

    Parameters
    ----------
    words : NightWords
    language : str

    Returns
    -------
    learned : bool
        Whether a model that learned from wins serves, not the rule book. True where nothing is known of it.
    sentence : str
        Empty where nothing is known of it.
    """
    if words.rung is None:
        return True, ""
    learned = words.rung.candidate != "points"
    wins, fewest = (format_number(count, language) for count in (words.rung.wins, words.rung.min_wins))
    if learned:
        name = translate(language, f"rung.{words.rung.candidate}")
        return True, translate(language, "rung.learned", name=name, wins=wins)
    key = "rung.few" if words.rung.wins < words.rung.min_wins else "rung.no_evidence"
    return False, translate(language, key, wins=wins, fewest=fewest)


def describe_agreement(words: PresentationContext, language: str) -> tuple[bool, str]:
    """Say who agreed on the thresholds.

    Parameters
    ----------
    words : NightWords
    language : str

    Returns
    -------
    agreed : bool
        Whether anybody did.
    sentence : str
    """
    policy = words.policy
    if policy is None or (policy.marketing_qualified is None and policy.sales_qualified is None):
        return False, translate(language, "agreed.default")
    if policy.agreed is None or not policy.agreed.by:
        return False, translate(language, "agreed.nobody")
    names = format_list(policy.agreed.by, locale=get_locale(language))
    return True, translate(language, "agreed.by", names=names, date=format_date(policy.agreed.on, language))
