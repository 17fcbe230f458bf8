"""Stages, grades, holds and policies in words."""

from babel.lists import format_list

from leadlight.models.scoring.stages import kept_until
from leadlight.serving.scoring_run import NightWords
from leadlight.serving.text.formatting import date, number
from leadlight.serving.text.messages import locale, tell, tell_if_known

__all__ = ["agreement", "held_back", "kept", "policy_lines", "rung", "stage", "stage_long"]

_THRESHOLDS = ("marketing_qualified", "sales_qualified")


def stage(name: str, language: str) -> str:
    """Name a stage in short."""
    return tell(language, f"stage.{name}.short")


def stage_long(name: str, language: str) -> str:
    """Name a stage in full."""
    return tell(language, f"stage.{name}.long")


def held_back(code: str, language: str) -> str:
    """Say why a lead is held back; a code without a message is shown as it is."""
    return tell_if_known(language, f"held_back.{code}", tell(language, "held_back.other", code=code))


def kept(name: str, score: float, words: NightWords, language: str) -> str | None:
    """Say until when a lead stays in a stage that its score alone would not give it; None where it would.

    Parameters
    ----------
    name : str
        Its stage.
    score : float
    words : NightWords
    language : str
    """
    until = kept_until(name, score, words.hysteresis)
    if until is None:
        return None
    return tell(language, "stage.kept", stage=stage(name, language), score=number(until, language))


def policy_lines(words: NightWords, language: str) -> list[str]:
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
        lines.append(tell(language, key, policy=policy))
    return lines


def rung(words: NightWords, language: str) -> tuple[bool, str]:
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
    wins, fewest = (number(count, language) for count in (words.rung.wins, words.rung.fewest_wins))
    if learned:
        name = tell(language, f"rung.{words.rung.candidate}")
        return True, tell(language, "rung.learned", name=name, wins=wins)
    key = "rung.few" if words.rung.wins < words.rung.fewest_wins else "rung.no_evidence"
    return False, tell(language, key, wins=wins, fewest=fewest)


def agreement(words: NightWords, language: str) -> tuple[bool, str]:
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
        return False, tell(language, "agreed.default")
    if policy.agreed is None or not policy.agreed.by:
        return False, tell(language, "agreed.nobody")
    names = format_list(policy.agreed.by, locale=locale(language))
    return True, tell(language, "agreed.by", names=names, date=date(policy.agreed.on, language))
