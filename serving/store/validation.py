"""Validation of the scores of a run before they are written."""

import math
from typing import NamedTuple

import pandas as pd

from leadlight.features.errors import StoreError
from leadlight.models.scoring.anchors import STAGES
from leadlight.serving.reasons import parse_reasons
from leadlight.serving.scoring_run import PresentationContext, ScoringRun

__all__ = ["ScoredLead", "validate_scores"]

_ALLOWED = {"stage": STAGES, "fit_grade": ("A", "B", "C", "D"), "engagement_grade": ("1", "2", "3", "4")}
_NUMBERS = ("probability", "score", "base_score")
_COLUMNS = ("lead_id", "as_of", *_NUMBERS, *_ALLOWED, "held_back", "reasons", "model_version")


class ScoredLead(NamedTuple):
    """One validated row of a run; the columns that are compared to find changed leads."""

    lead_id: str
    probability: float
    score: float
    base_score: float
    stage: str
    fit_grade: str
    engagement_grade: str
    held_back: str | None
    reasons: str


def validate_scores(night: ScoringRun, words: PresentationContext, scored: pd.DataFrame) -> dict[str, ScoredLead]:
    """Validate the scores of a run.

    Parameters
    ----------
    night : ScoringRun
        The run.
    words : PresentationContext
        Its context, typed.
    scored : pandas.DataFrame
        One row per lead, with the columns of the store.

    Returns
    -------
    dict of str to ScoredLead
        By lead id, in the order of the rows.

    Raises
    ------
    StoreError
        If a column is missing, a value is duplicated or not allowed, or the reasons of a lead do not add up.
    """
    missing = [column for column in _COLUMNS if column not in scored.columns]
    if missing:
        raise StoreError(f"The columns of the scores must include {', '.join(_COLUMNS)}. Got none named {missing[0]}.")
    if scored.empty:
        # writing it would close every lead
        raise StoreError(f"The scores of the night {night.run_id} must be of at least one lead. Got none.")
    _check_columns(night, scored)
    columns = {name: scored[name].tolist() for name in ScoredLead._fields}
    columns |= {name: list(map(float, columns[name])) for name in _NUMBERS}
    columns["held_back"] = [None if pd.isna(value) else str(value) for value in columns["held_back"]]
    leads = {row[0]: ScoredLead(*row) for row in zip(*columns.values(), strict=True)}
    for lead in leads.values():
        _check_reasons(lead, words)
    return leads


def _check_columns(night: ScoringRun, scored: pd.DataFrame) -> None:
    if night.as_of.tzinfo is not None:
        raise StoreError(f"The as_of of a night must be UTC without a zone. Got {night.as_of.isoformat()}.")
    for column, value in (("as_of", night.as_of), ("model_version", night.model_version)):
        others = scored.loc[scored[column] != value, column]
        if len(others):
            raise StoreError(f"The {column} of the scores must be that of their night, {value}. Got {others.iloc[0]}.")
    doubled = scored.loc[scored["lead_id"].duplicated(), "lead_id"]
    if len(doubled):
        raise StoreError(f"The lead_id of the scores must be there once. Got {doubled.iloc[0]} twice.")
    for value in scored["lead_id"]:
        if not isinstance(value, str) or not value or "\0" in value:
            raise StoreError(f"The lead_id of the scores must be a text that is not empty, without NUL. Got {value!r}.")
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
                f"The topic of a reason of lead {lead.lead_id} must be one of the night's words. Got {reason.topic}."
            )
    total = math.fsum([lead.base_score, *(reason.points for reason in reasons)])
    if not abs(total - lead.score) <= 1e-6:
        raise StoreError(
            f"The reasons of lead {lead.lead_id} must add up to its score {lead.score:.6f}. Got {total:.6f}."
        )
