"""Text of stages, holds, policies and model tiers."""

from babel.lists import format_list

from leadlight.models.scoring.stages import find_hysteresis_floor
from leadlight.serving.scoring_run import ModelTier, PresentationContext
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
    """Return the short name of a stage."""
    return translate(language, f"stage.{name}.short")


def label_stage_long(name: str, language: str) -> str:
    """Return the long name of a stage."""
    return translate(language, f"stage.{name}.long")


def label_held_back(code: str, language: str) -> str:
    """Return why a lead is held back; a code without a message as it is."""
    return translate_or(language, f"held_back.{code}", translate(language, "held_back.other", code=code))


def describe_hysteresis(name: str, score: float, context: PresentationContext, language: str) -> str | None:
    """Describe the score below which a lead leaves a stage held by hysteresis; None if it is not held.

    Parameters
    ----------
    name : str
        Its stage.
    score : float
    context : PresentationContext
    language : str
    """
    until = find_hysteresis_floor(name, score, context.hysteresis)
    if until is None:
        return None
    return translate(language, "stage.kept", stage=label_stage(name, language), score=format_number(until, language))


def describe_policy(context: PresentationContext, language: str) -> list[str]:
    """Describe the policy of each threshold in one sentence."""
    lines = []
    for name in _THRESHOLDS:
        policy = getattr(context.policy, name) if context.policy else None
        key = f"policy.{name}" if policy else f"policy.{name}.default"
        lines.append(translate(language, key, policy=policy))
    return lines


def describe_model_tier(context: PresentationContext, language: str) -> tuple[bool, str]:
    """Describe the model tier behind the scores.

    Returns
    -------
    learned : bool
        Whether it is a learned model, neither the rule book nor the base rate; True if unknown.
    sentence : str
        Empty if unknown.
    """
    if context.rung is None:
        return True, ""
    if context.rung.candidate == "constant":
        return False, translate(language, "rung.no_signal")
    learned = context.rung.candidate != "points"
    wins, fewest = (format_number(count, language) for count in (context.rung.wins, context.rung.min_wins))
    if learned:
        name = _name_candidate(context.rung, language)
        return True, translate(language, "rung.learned", name=name, wins=wins)
    key = "rung.few" if context.rung.wins < context.rung.min_wins else "rung.no_evidence"
    return False, translate(language, key, wins=wins, fewest=fewest)


def _name_candidate(tier: ModelTier, language: str) -> str:
    """Return the message for a candidate; for one that a package adds, its own words."""
    words = tier.label or {}
    said = words.get(language) or words.get("en") or tier.candidate
    return translate_or(language, f"rung.{tier.candidate}", said)


def describe_agreement(context: PresentationContext, language: str) -> tuple[bool, str]:
    """Describe who agreed on the thresholds.

    Returns
    -------
    agreed : bool
    sentence : str
    """
    policy = context.policy
    if policy is None or (policy.marketing_qualified is None and policy.sales_qualified is None):
        return False, translate(language, "agreed.default")
    if policy.agreed is None or not policy.agreed.by:
        return False, translate(language, "agreed.nobody")
    names = format_list(policy.agreed.by, locale=get_locale(language))
    said = "agreed.changed" if policy.agreed.changed else "agreed.by"
    sentence = translate(language, said, names=names, date=format_date(policy.agreed.on, language))
    return not policy.agreed.changed, sentence
