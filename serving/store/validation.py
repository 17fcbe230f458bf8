"""Checks the scores of a night before any of them is written."""

import math
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from leadlight.features.errors import StoreError
from leadlight.models.scoring.anchors import STAGES
from leadlight.serving.reasons import parse_reasons
from leadlight.serving.scoring_run import PresentationContext, ScoringRun

__all__ = ["ScoredLead", "validate_scores"]

_ALLOWED = {
    "stage": STAGES,
    "fit_grade": ("A", "B", "C", "D"),
    "engagement_grade": ("1", "2", "3", "4"),
}
_NUMBERS = ("probability", "score", "base_score")
_COLUMNS = ("lead_id", "as_of", *_NUMBERS, *_ALLOWED, "held_back", "reasons", "model_version")


@dataclass(frozen=True)
class ScoredLead:
    """One checked row of a night: the columns that say whether a lead has changed."""

    lead_id: str
    probability: float
    score: float
    base_score: float
    stage: str
    fit_grade: str
    engagement_grade: str
    held_back: str | None
    reasons: str

    def columns(self) -> dict[str, Any]:
        """Give the row by the names of its columns."""
        return asdict(self)


def validate_scores(
    night: ScoringRun, words: PresentationContext, scored: pd.DataFrame
) -> dict[str, ScoredLead]:
    """Check the scores of a night.

    Parameters
    ----------
    night : Night
    words : NightWords
        Its words, typed.
    scored : pandas.DataFrame
        One row a lead, with the columns that the store keeps.

    Returns
    -------
    dict of str to ScoredLead
        By lead id, in the order of the rows.

    Raises
    ------
    StoreError
        Where anything is missing, doubled or not allowed, or where the reasons of a lead do not add up.
    """
    missing = [column for column in _COLUMNS if column not in scored.columns]
    if missing:
        raise StoreError(
            f"The columns of the scores must include {', '.join(_COLUMNS)}. Got none named {missing[0]}."
        )
    if scored.empty:
        # writing it would close every lead
        raise StoreError(f"The scores of the night {night.run_id} must be of at least one lead. Got none.")
    _check_columns(night, scored)
    texts = {column: scored[column].tolist() for column in _COLUMNS}
    held_back = [None if pd.isna(value) else str(value) for value in texts["held_back"]]
    leads: dict[str, ScoredLead] = {}
    for position, lead_id in enumerate(texts["lead_id"]):
        lead = ScoredLead(
            lead_id=lead_id,
            probability=float(texts["probability"][position]),
            score=float(texts["score"][position]),
            base_score=float(texts["base_score"][position]),
            stage=texts["stage"][position],
            fit_grade=texts["fit_grade"][position],
            engagement_grade=texts["engagement_grade"][position],
            held_back=held_back[position],
            reasons=texts["reasons"][position],
        )
        _check_reasons(lead, words)
        leads[lead_id] = lead
    return leads


def _check_columns(night: ScoringRun, scored: pd.DataFrame) -> None:
    if night.as_of.tzinfo is not None:
        raise StoreError(f"The as_of of a night must be UTC without a zone. Got {night.as_of.isoformat()}.")
    for column, value in (("as_of", night.as_of), ("model_version", night.model_version)):
        others = scored.loc[scored[column] != value, column]
        if len(others):
            raise StoreError(
                f"The {column} of the scores must be that of their night, {value}. Got {others.iloc[0]}."
            )
    doubled = scored.loc[scored["lead_id"].duplicated(), "lead_id"]
    if len(doubled):
        raise StoreError(f"The lead_id of the scores must be there once. Got {doubled.iloc[0]} twice.")
    for value in scored["lead_id"]:
        if not isinstance(value, str) or not value:
            raise StoreError(f"The lead_id of the scores must be a text that is not empty. Got {value!r}.")
    for column in _NUMBERS:
        upper = 1 if column == "probability" else 100
        _refuse_rows(scored, ~scored[column].between(0, upper), column, f"between 0 and {upper}")
    for column, allowed in _ALLOWED.items():
        _refuse_rows(scored, ~scored[column].isin(allowed), column, f"one of {', '.join(allowed)}")


def _refuse_rows(scored: pd.DataFrame, wrong: pd.Series, column: str, rule: str) -> None:
    rows = scored.loc[wrong, ["lead_id", column]]
    if len(rows):
        lead_id, value = rows.astype(object).to_numpy()[0]
        raise StoreError(f"The {column} of lead {lead_id} must be {rule}. Got {value}.")


def _check_reasons(lead: ScoredLead, words: PresentationContext) -> None:
    try:
        reasons = parse_reasons(lead.reasons)
    except (ValueError, KeyError, TypeError):
        raise StoreError(
            f"The reasons of lead {lead.lead_id} must be a JSON list of topic, group, points and value. "
            f"Got {str(lead.reasons)[:60]}."
        ) from None
    for reason in reasons:
        if reason.topic not in words.topics:
            raise StoreError(
                f"The topic of a reason of lead {lead.lead_id} must be one of the night's words. "
                f"Got {reason.topic}."
            )
    total = math.fsum([lead.base_score, *(reason.points for reason in reasons)])
    if not abs(total - lead.score) <= 1e-6:
        raise StoreError(
            f"The reasons of lead {lead.lead_id} must add up to its score {lead.score:.6f}. Got {total:.6f}."
        )
