"""Leakage by later steps: columns filled with a leak, overwritten states, scores of the lead."""

import re
from collections.abc import Iterable
from itertools import combinations, pairwise

import numpy as np
from sklearn.metrics import cohen_kappa_score, mutual_info_score

from leadlight.pipelines.audit.dataset import AuditDataset
from leadlight.pipelines.audit.findings import LEAK, SUSPECT, Finding
from leadlight.pipelines.audit.target_leakage import MeasuredColumn
from leadlight.pipelines.audit.univariate import BinnedColumn
from leadlight.pipelines.findings import audit_codes
from leadlight.pipelines.reporting.formatting import format_percent_bounded

__all__ = ["find_post_outcome_columns"]

#: share of a column's filled leads with the leak filled too, and share of all leads with the leak filled
MIN_NESTED, MAX_LEAK_FILLED = 0.98, 0.90
#: share of a column's entropy that the leak explains given the outcome
MIN_SHARED_ENTROPY = 0.13
MIN_GAIN = 0.03
#: columns with the same options: Jaccard overlap, number of options, Cohen's kappa, share of equal values
MIN_OVERLAP, MIN_OPTIONS, MIN_KAPPA, MAX_AGREEMENT = 0.5, 5, 0.2, 0.98
MIN_STATE_GAIN = 0.05
#: columns filled for the same part of the leads: Jaccard overlap, and the part
MIN_SAME_LEADS, FILLED_RANGE = 0.98, (0.05, 0.95)
GRADES, BIN_QUANTILE = (2, 6), 0.99
MIN_SCORE_GAIN = 0.05

#: a name is no evidence alone; it raises the severity of evidence in the data
NAMED_AS_STATE = re.compile(
    r"\b(last|latest|newest|most recent|current|zuletzt|letzte[rsn]?|aktuelle[rsn]?"
    r"|[uú]ltim[oa]|derni[eè]re?)\b"
)
NAMED_AS_SCORE = re.compile(
    r"\b(scores?|scoring|index|indices|ratings?|grades?|ranking|bewertung|punkte|punktzahl"
    r"|pontua[cç][aã]o|puntaje|puntuaci[oó]n|note)\b"
)


def find_post_outcome_columns(dataset: AuditDataset, columns: list[MeasuredColumn], leaks: set[str]) -> list[Finding]:
    """Find columns written by a later step.

    Parameters
    ----------
    dataset : AuditDataset
        Outcomes.
    columns : list of MeasuredColumn
        Columns of leads.
    leaks : set of str
        Columns that are leaks already.
    """
    if not any(column.power for column in columns):
        return []
    return [
        *_find_nested(dataset, columns, leaks),
        *_find_overwritten_states(dataset, columns),
        *_find_scores(dataset, columns),
    ]


def _find_nested(dataset: AuditDataset, columns: list[MeasuredColumn], leaks: set[str]) -> Iterable[Finding]:
    """Find informative columns filled only where a leak is filled and dependent on it given the outcome."""
    judged, won = dataset.final_outcome_mask, dataset.won
    anchors = [c for c in columns if c.name in leaks and c.missingness is not None]
    for column in columns:
        filled = column.binned.filter(judged).present
        informative = column.gain >= MIN_GAIN and column.missingness is not None
        if column.name in leaks or not informative or filled.sum() < 100:
            continue
        for anchor in anchors:
            beside = anchor.binned.filter(judged).present
            nested = float(beside[filled].mean())
            if nested < MIN_NESTED or beside.mean() > MAX_LEAK_FILLED:
                continue
            shared = _measure_shared_entropy(column.binned.filter(judged), anchor.binned.filter(judged), won, filled)
            if shared < MIN_SHARED_ENTROPY:
                continue
            yield Finding(
                "leads",
                column.name,
                audit_codes.WRITTEN_WITH_A_LEAK,
                LEAK,
                f"is filled where {anchor.name}, itself a leak, is: in {format_percent_bounded(nested)} of its "
                f"leads, against {format_percent_bounded(float(beside.mean()))} of all; and the two go together "
                "among leads of the same outcome: it was written no earlier",
                {"leak": anchor.name, "nested": nested, "shared": shared, "gain": column.gain},
            )
            break


def _find_overwritten_states(dataset: AuditDataset, columns: list[MeasuredColumn]) -> Iterable[Finding]:
    """Find pairs of columns with the same options that often, but not always, agree."""
    judged = dataset.final_outcome_mask
    options = {
        c.name: {name for name in c.binned.names if name is not None}
        for c in columns
        if c.kind == "category" and MIN_OPTIONS <= len(c.binned.names) - 1 <= 200 and c.power
    }
    named = {c.name: c for c in columns}
    for one, other in combinations(options, 2):
        both = options[one] & options[other]
        if len(both) < max(MIN_OPTIONS, MIN_OVERLAP * len(options[one] | options[other])):
            continue
        texts = [dataset.columns[name][judged].str.lower().fillna("") for name in (one, other)]
        agree = float((texts[0] == texts[1]).mean())
        if agree > MAX_AGREEMENT or cohen_kappa_score(*(t.to_numpy(dtype=object) for t in texts)) < MIN_KAPPA:
            continue
        for name, twin in ((one, other), (other, one)):
            if named[name].gain < MIN_STATE_GAIN:
                continue
            hint = bool(NAMED_AS_STATE.search(_split_words(name)))
            yield Finding(
                "leads",
                name,
                audit_codes.OVERWRITTEN_STATE,
                LEAK if hint else SUSPECT,
                f"has the options of {twin} and agrees with it in {format_percent_bounded(agree)} of the leads: the "
                "same thing noted at two moments, and one of them at least is overwritten as time goes on"
                + ("; its name says that it is the last one" if hint else ""),
                {"twin": twin, "agree": agree, "gain": named[name].gain, "name_hint": hint},
            )


def _find_scores(dataset: AuditDataset, columns: list[MeasuredColumn]) -> Iterable[Finding]:
    """Find numbers with a grade binned from them, filled for the same part of the leads."""
    measured = [c for c in columns if c.power and c.missingness]
    for block in _group_by_filled(measured):
        numbers = [c for c in block if c.kind == "number"]
        categories = [c for c in block if c.kind == "category"]
        grades = [c for c in categories if GRADES[0] <= len(c.binned.names) - 1 <= GRADES[1]]
        pairs = [(n, g) for n in numbers for g in grades if _is_binned_from(dataset, n, g)]
        scored = {c.name: c for pair in pairs for c in pair}
        if not scored or max(c.gain for c in scored.values()) < MIN_SCORE_GAIN:
            continue
        part = float(block[0].binned.present.mean())
        hint = any(NAMED_AS_SCORE.search(_split_words(name)) for name in scored)
        for name, column in scored.items():
            number = next(n.name for n, g in pairs if name in (n.name, g.name))
            others = [c.name for c in block if c.name != name]
            yield Finding(
                "leads",
                name,
                audit_codes.SCORING_STEP,
                LEAK if hint else SUSPECT,
                f"is filled for the same {format_percent_bounded(part)} of the leads as {', '.join(sorted(others))}, "
                f"with a grade that is cut from {number}: "
                + (
                    "a scoring step wrote them after the lead came, and their names say so too"
                    if hint
                    else "perhaps a step of scoring or enrichment wrote them after the lead came"
                ),
                {"filled": part, "with": sorted(others), "gain": column.gain, "name_hint": hint},
            )


def _group_by_filled(columns: list[MeasuredColumn]) -> Iterable[list[MeasuredColumn]]:
    left = [c for c in columns if FILLED_RANGE[0] <= c.binned.present.mean() <= FILLED_RANGE[1]]
    while left:
        first = left[0].binned.present
        block = [
            c for c in left if (c.binned.present & first).sum() >= MIN_SAME_LEADS * (c.binned.present | first).sum()
        ]
        left = [c for c in left if c not in block]
        if len(block) >= 2:
            yield block


def _is_binned_from(dataset: AuditDataset, number: MeasuredColumn, grade: MeasuredColumn) -> bool:
    """Whether the grades are non-overlapping bins of the number."""
    rows = number.binned.present & grade.binned.present
    values = dataset.read_numbers(number.name)[rows]
    codes = grade.binned.codes[rows]
    if len(np.unique(values)) < 5 or len(np.unique(codes)) < 2:
        return False
    order = sorted(np.unique(codes), key=lambda code: float(np.median(values[codes == code])))
    bounds = [
        (np.quantile(values[codes == a], BIN_QUANTILE), np.quantile(values[codes == b], 1 - BIN_QUANTILE))
        for a, b in pairwise(order)
    ]
    return all(upper < lower for upper, lower in bounds)


def _measure_shared_entropy(column: BinnedColumn, leak: BinnedColumn, won: np.ndarray, filled: np.ndarray) -> float:
    """Conditional mutual information of column and leak given the outcome, over the column's entropy."""
    entropy = mutual_info_score(column.codes[filled], column.codes[filled])
    if entropy == 0:
        return 0.0
    shared = 0.0
    for outcome in (True, False):
        rows = filled & (won == outcome)
        a, b = column.codes[rows], leak.codes[rows]
        if len(a) == 0:
            continue
        chance = (len(np.unique(a)) - 1) * (len(np.unique(b)) - 1) / (2 * len(a))
        shared += len(a) / filled.sum() * max(0.0, mutual_info_score(a, b) - chance)
    return float(shared / entropy)


def _split_words(name: str) -> str:
    return re.sub(r"[_\-.]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)).lower()
