"""What stops a scoring run before anything is written, and how a person overrides it."""

import getpass
import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pandas as pd

from leadlight.features.errors import ParamsError, SourceError
from leadlight.models.scoring.anchors import STAGES
from leadlight.models.scoring.scorer import Scorer
from leadlight.models.validation.reference_population import MIN_KNOWN, get_feature_counts
from leadlight.pipelines.params.night import Night
from leadlight.pipelines.score_changes.since_last_run import ChangesSinceLastRun

__all__ = ["Overrides", "refuse_empty_attributes", "refuse_sudden_changes"]

#: fewer leads than this are never refused, whatever became of them
MIN_LEADS = 50
#: standard errors beyond which a change of a count is no chance (Poisson counts)
MIN_STANDARD_ERRORS = 4
#: days between two nights above which scores and stages may have moved by themselves
MAX_GAP_DAYS = 3


class Overrides:
    """Stops of a run that a person passes over with ``--force``.

    Parameters
    ----------
    reason : str or None
        Why; None if stops end the run.
    """

    def __init__(self, reason: str | None) -> None:
        if reason is not None and not reason.strip():
            raise ParamsError("The reason of --force must not be empty. Got ''.")
        self.reason = reason
        self.stops: list[str] = []

    @contextmanager
    def watch(self) -> Iterator[None]:
        """Record a SourceError of the block instead of raising it, where there is a reason to."""
        try:
            yield
        except SourceError as error:
            if self.reason is None:
                raise SourceError(f"{error} `--force REASON` scores the night nevertheless.") from None
            self.stops.append(str(error))

    def describe(self) -> dict[str, Any] | None:
        """Return who passed over what, and why, as plain data; None if nothing stopped the run."""
        if not self.stops:
            return None
        return {"by": _get_user(), "reason": self.reason, "stops": self.stops}


def _get_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as a number without a name
        return "unknown"


def refuse_empty_attributes(frame: pd.DataFrame, scorer: Scorer) -> None:
    """Refuse a run in which an attribute is known of no lead, as after a column was renamed or emptied.

    Parameters
    ----------
    frame : pd.DataFrame
        Features of the open leads.
    scorer : Scorer
        With the counts of the training leads.

    Raises
    ------
    SourceError
        If at least 5 % of the training leads had it, and there are 50 leads or more.
    """
    reference = (scorer.metadata.reference or {}).get("all")
    if reference is None or len(frame) < MIN_LEADS:
        return
    for feature in scorer.catalogue.features:
        if feature.group != "fit" or frame[feature.name].notna().any():
            continue
        known = 1 - get_feature_counts(reference, feature)[-1] / reference["leads"]
        if known >= MIN_KNOWN:
            raise SourceError(
                f"The attribute {feature.topic} must be known of some leads: {known:.0%} had it at the training "
                f"cut-off. Got none of {len(frame):,}: look whether its column is empty."
            )


def refuse_sudden_changes(scored: pd.DataFrame, as_of: pd.Timestamp, since: ChangesSinceLastRun, limits: Night) -> None:
    """Refuse a run whose scores or stages moved more than agreed since the night before, by the same model.

    Parameters
    ----------
    scored : pd.DataFrame
        lead_id, score and stage of tonight.
    as_of : pd.Timestamp
        Of tonight, naive UTC.
    since : ChangesSinceLastRun
        With the scores and stages of the night before.
    limits : Night
        ``max_volume_ratio`` and ``max_mean_change``.

    Raises
    ------
    SourceError
        If a volume, or the mean absolute change of a score, is beyond its limit.
    """
    if since.before is None or since.since is None or not since.same_model:
        return
    if as_of - since.since > pd.Timedelta(days=MAX_GAP_DAYS):
        return
    for place, stage in enumerate(STAGES[1:], start=1):
        now, then = (int(stages.isin(STAGES[place:]).sum()) for stages in (scored["stage"], since.before["stage"]))
        ratio = max(now, then) / max(min(now, then), 1)
        by_chance = abs(now - then) <= MIN_STANDARD_ERRORS * math.sqrt(now + then)
        if limits.max_volume_ratio is not None and ratio > limits.max_volume_ratio and not by_chance:
            raise SourceError(
                f"The leads at or above {stage} must be at most {limits.max_volume_ratio:g} times as many or as few as "
                f"on the night before (night.max_volume_ratio). Got {now:,}, where {since.since:%Y-%m-%d} had "
                f"{then:,}: look at the source."
            )
    both = scored.merge(since.before, on="lead_id", suffixes=("", "_before"))
    moved = float((both["score"] - both["score_before"]).abs().mean())
    if limits.max_mean_change is not None and len(both) >= MIN_LEADS and moved > limits.max_mean_change:
        raise SourceError(
            f"The scores must move by at most {limits.max_mean_change:g} points on average since the night before "
            f"(night.max_mean_change). Got {moved:.1f} points, of {len(both):,} leads since {since.since:%Y-%m-%d}: "
            "look at the source."
        )
