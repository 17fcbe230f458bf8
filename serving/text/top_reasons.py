"""The reasons that say most."""

from collections.abc import Iterable

from leadlight.serving.reasons import Reason

__all__ = ["select_top_reasons", "strongest_for"]


def select_top_reasons(reasons: Iterable[Reason], n: int) -> list[Reason]:
    """Pick the reasons that move the score most, either way.

    Parameters
    ----------
    reasons : iterable of Reason
    n : int
        How many at most.

    Returns
    -------
    list of Reason
        By size of their points, largest first; topics of no points are left out.
    """
    moving = [reason for reason in reasons if reason.points != 0]
    return sorted(moving, key=lambda reason: (-abs(reason.points), reason.topic))[:n]


def strongest_for(reasons: Iterable[Reason], n: int) -> list[Reason]:
    """Pick the reasons that raise the score most.

    Parameters
    ----------
    reasons : iterable of Reason
    n : int
        How many at most.

    Returns
    -------
    list of Reason
        Only those with positive points, largest first.
    """
    return select_top_reasons((reason for reason in reasons if reason.points > 0), n)
