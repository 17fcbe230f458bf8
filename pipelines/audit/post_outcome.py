"""Columns that a later step wrote: beside a leak, over an older state, or as a score of the lead."""

import re
from collections.abc import Iterable
from itertools import combinations, pairwise

import numpy as np
from sklearn.metrics import cohen_kappa_score, mutual_info_score

from leadlight.pipelines.audit.dataset import AuditDataset
from leadlight.pipelines.audit.findings import LEAK, SUSPECT, Finding, format_percent
from leadlight.pipelines.audit.target_leakage import MeasuredColumn
from leadlight.pipelines.audit.univariate import BinnedColumn

__all__ = ["find_post_outcome_columns"]

#: nearly never filled unless the leak is, which many leads have not
NESTED, LEAK_FILLED = 0.98, 0.90
#: share of a column's own entropy that the leak explains among leads of the same outcome
SHARED = 0.13
OWN_GAIN = 0.03
#: columns with the same options that agree more often than chance, but not always
SAME_OPTIONS, FEWEST_OPTIONS, AGREE, NOT_ALWAYS = 0.5, 5, 0.2, 0.98
STATE_GAIN = 0.05
#: columns filled for the same leads, and for a part of them only
SAME_LEADS, PART = 0.98, (0.05, 0.95)
GRADES, BANDED = (2, 6), 0.99
SCORE_GAIN = 0.05

#: a name is never evidence of its own; it is said beside evidence of the data
NAMED_AS_STATE = re.compile(
    r"\b(last|latest|newest|most recent|current|zuletzt|letzte[rsn]?|aktuelle[rsn]?"
    r"|[uú]ltim[oa]|derni[eè]re?)\b"
)
NAMED_AS_SCORE = re.compile(
    r"\b(scores?|scoring|index|indices|ratings?|grades?|ranking|bewertung|punkte|punktzahl"
    r"|pontua[cç][aã]o|puntaje|puntuaci[oó]n|note)\b"
)


def find_post_outcome_columns(
    material: AuditDataset, columns: list[MeasuredColumn], leaks: set[str]
) -> list[Finding]:
    """Find columns written by a later step.

    Parameters
    ----------
    material : Material
        Outcomes.
    columns : list of Column
        Columns of leads.
    leaks : set of str
        Columns already known to be leaks.
    """
    if not any(column.strength for column in columns):
        return []
    return [
        *_beside_a_leak(material, columns, leaks),
        *_over_a_state(material, columns),
        *_as_a_score(material, columns),
    ]


def _beside_a_leak(
    material: AuditDataset, columns: list[MeasuredColumn], leaks: set[str]
) -> Iterable[Finding]:
    judged, won = material.final_outcome_mask, material.won
    anchors = [c for c in columns if c.name in leaks and c.missingness is not None]
    for column in columns:
        filled = column.cells.count_rows(judged).present
        telling = column.gain >= OWN_GAIN and column.missingness is not None
        if column.name in leaks or not telling or filled.sum() < 100:
            continue
        for anchor in anchors:
            beside = anchor.cells.count_rows(judged).present
            nested = float(beside[filled].mean())
            if nested < NESTED or beside.mean() > LEAK_FILLED:
                continue
            shared = _shared(column.cells.count_rows(judged), anchor.cells.count_rows(judged), won, filled)
            if shared < SHARED:
                continue
            yield Finding(
                "leads",
                column.name,
                "written_with_a_leak",
                LEAK,
                f"is filled where {anchor.name}, itself a leak, is: in {format_percent(nested)} of its leads, "
                f"against {format_percent(float(beside.mean()))} of all; and the two go together among leads of the "
                "same outcome: it was written no earlier",
                {"leak": anchor.name, "nested": nested, "shared": shared, "gain": column.gain},
            )
            break


def _over_a_state(material: AuditDataset, columns: list[MeasuredColumn]) -> Iterable[Finding]:
    judged = material.final_outcome_mask
    options = {
        c.name: {name for name in c.cells.names if name is not None}
        for c in columns
        if c.kind == "category" and FEWEST_OPTIONS <= len(c.cells.names) - 1 <= 200 and c.strength
    }
    named = {c.name: c for c in columns}
    for one, other in combinations(options, 2):
        both = options[one] & options[other]
        if len(both) < max(FEWEST_OPTIONS, SAME_OPTIONS * len(options[one] | options[other])):
            continue
        texts = [material.columns[name][judged].str.lower().fillna("") for name in (one, other)]
        agree = float((texts[0] == texts[1]).mean())
        if agree > NOT_ALWAYS or cohen_kappa_score(*(t.to_numpy(dtype=object) for t in texts)) < AGREE:
            continue
        for name, twin in ((one, other), (other, one)):
            if named[name].gain < STATE_GAIN:
                continue
            hint = bool(NAMED_AS_STATE.search(_plain(name)))
            yield Finding(
                "leads",
                name,
                "overwritten_state",
                LEAK if hint else SUSPECT,
                f"has the options of {twin} and agrees with it in {format_percent(agree)} of the leads: the same "
                "thing noted at two moments, and one of them at least is overwritten as time goes on"
                + ("; its name says that it is the last one" if hint else ""),
                {"twin": twin, "agree": agree, "gain": named[name].gain, "name_hint": hint},
            )


def _as_a_score(material: AuditDataset, columns: list[MeasuredColumn]) -> Iterable[Finding]:
    """Numbers with a grade that is cut from them, filled for the same part of the leads: a scoring step."""
    measured = [c for c in columns if c.strength and c.missingness]
    for block in _blocks(measured):
        numbers = [c for c in block if c.kind == "number"]
        categories = [c for c in block if c.kind == "category"]
        grades = [c for c in categories if GRADES[0] <= len(c.cells.names) - 1 <= GRADES[1]]
        pairs = [(n, g) for n in numbers for g in grades if _is_cut_from(material, n, g)]
        scored = {c.name: c for pair in pairs for c in pair}
        if not scored or max(c.gain for c in scored.values()) < SCORE_GAIN:
            continue
        part = float(block[0].cells.present.mean())
        hint = any(NAMED_AS_SCORE.search(_plain(name)) for name in scored)
        for name, column in scored.items():
            number = next(n.name for n, g in pairs if name in (n.name, g.name))
            others = [c.name for c in block if c.name != name]
            yield Finding(
                "leads",
                name,
                "scoring_step",
                LEAK if hint else SUSPECT,
                f"is filled for the same {format_percent(part)} of the leads as {', '.join(sorted(others))}, with a "
                f"grade that is cut from {number}: "
                + (
                    "a scoring step wrote them after the lead came, and their names say so too"
                    if hint
                    else "perhaps a step of scoring or enrichment wrote them after the lead came"
                ),
                {"filled": part, "with": sorted(others), "gain": column.gain, "name_hint": hint},
            )


def _blocks(columns: list[MeasuredColumn]) -> Iterable[list[MeasuredColumn]]:
    left = [c for c in columns if PART[0] <= c.cells.present.mean() <= PART[1]]
    while left:
        first = left[0].cells.present
        block = [
            c for c in left if (c.cells.present & first).sum() >= SAME_LEADS * (c.cells.present | first).sum()
        ]
        left = [c for c in left if c not in block]
        if len(block) >= 2:
            yield block


def _is_cut_from(material: AuditDataset, number: MeasuredColumn, grade: MeasuredColumn) -> bool:
    """Whether the grades are bands of the number that do not overlap."""
    rows = number.cells.present & grade.cells.present
    values = material.read_numbers(number.name)[rows]
    codes = grade.cells.codes[rows]
    if len(np.unique(values)) < 5 or len(np.unique(codes)) < 2:
        return False
    order = sorted(np.unique(codes), key=lambda code: float(np.median(values[codes == code])))
    bounds = [
        (np.quantile(values[codes == a], BANDED), np.quantile(values[codes == b], 1 - BANDED))
        for a, b in pairwise(order)
    ]
    return all(upper < lower for upper, lower in bounds)


def _shared(column: BinnedColumn, leak: BinnedColumn, won: np.ndarray, filled: np.ndarray) -> float:
    """Information that the column shares with the leak given the outcome, as a share of its own."""
    own = mutual_info_score(column.codes[filled], column.codes[filled])
    if own == 0:
        return 0.0
    shared = 0.0
    for outcome in (True, False):
        rows = filled & (won == outcome)
        a, b = column.codes[rows], leak.codes[rows]
        if len(a) == 0:
            continue
        chance = (len(np.unique(a)) - 1) * (len(np.unique(b)) - 1) / (2 * len(a))
        shared += len(a) / filled.sum() * max(0.0, mutual_info_score(a, b) - chance)
    return float(shared / own)


def _plain(name: str) -> str:
    return re.sub(r"[_\-.]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)).lower()
