"""The sentence that says who agreed on the thresholds, and whether they were changed since."""

from collections.abc import Mapping
from typing import Any

from leadlight.models.scoring.thresholds import SHORT_NAMES

__all__ = ["describe_agreement"]


def describe_agreement(agreed: Mapping[str, Any] | None, *, policy_agreed: bool) -> str:
    """Describe the agreement on the thresholds of a bundle.

    Parameters
    ----------
    agreed : mapping or None
        ``by``, ``on`` and ``changed`` (the thresholds whose sentence is another one now) of the metadata.
    policy_agreed : bool
        Whether params.yaml has a policy.
    """
    if agreed is None:
        if policy_agreed:
            return "These thresholds are in params.yaml, but nobody has agreed on them yet."
        return "Nobody has agreed on these thresholds: they are the defaults."
    teams = f"{agreed['on']} by {' and '.join(agreed['by'])}"
    changed = [SHORT_NAMES[name] for name in agreed.get("changed", [])]
    if not changed:
        return f"These thresholds were agreed on {teams}."
    what = f"{' and '.join(changed)} threshold{'s' if len(changed) > 1 else ''}"
    return f"Changed since the agreement of {teams}: the {what}."
