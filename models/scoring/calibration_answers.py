"""Answers of the calibration check, and the age groups that it is made for."""

from collections.abc import Mapping

__all__ = [
    "ALL",
    "FAILS",
    "HOLDS",
    "MAX_NEW_DAYS",
    "NEW",
    "OLDER",
    "TOO_LITTLE_EVIDENCE",
    "find_answer",
    "get_age_group",
]

HOLDS, FAILS, TOO_LITTLE_EVIDENCE = "holds", "fails", "too_little_evidence"
ALL, NEW, OLDER = "all", "new", "older"
#: age in days up to which a lead is new: its first week
MAX_NEW_DAYS = 7


def get_age_group(age_days: float) -> str:
    """Return the group of a lead by its age: new in its first week, else older."""
    return NEW if age_days <= MAX_NEW_DAYS else OLDER


def find_answer(answers: Mapping[str, str], group: str = ALL) -> str:
    """Return the answer for a group; that for all where the group has none, and without any, too little evidence."""
    return answers.get(group, answers.get(ALL, TOO_LITTLE_EVIDENCE))
