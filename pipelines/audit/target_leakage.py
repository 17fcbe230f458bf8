"""Target leakage by columns: in their values, in single values, or in their missingness."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from leadlight.pipelines.audit.dataset import AuditDataset
from leadlight.pipelines.audit.findings import LEAK, SUSPECT, Finding
from leadlight.pipelines.audit.univariate import (
    MIN_OUTCOMES,
    BinnedColumn,
    PredictivePower,
    bin_column,
    calculate_wilson_interval,
    measure_power,
    measure_text_power,
)
from leadlight.pipelines.findings import audit_codes
from leadlight.pipelines.findings.code import FindingCode
from leadlight.pipelines.reporting.formatting import format_percent_bounded

__all__ = ["MeasuredColumn", "find_target_leakage", "measure_columns"]

#: no column known before the outcome is this good alone: above the best models of whole sources
LEAK_AUC, LEAK_GAIN = 0.88, 0.35
STRONG_AUC, STRONG_GAIN = 0.80, 0.25
#: a copy of the outcome
SAME_GAIN = 0.90
#: win rate of the filled; filled share of winners over that of others; filled share of either
MIN_FILLED_WIN_RATE, MAX_FILLED_RATIO, MIN_FILLED_SHARE = 0.90, 0.05, 0.10
LEAK_MISSINGNESS_GAIN, MISSINGNESS_GAIN, MISSINGNESS_AUC = 0.30, 0.05, 0.64
#: a value with nearly only wins: its win rate and leads, and the share of all wins such values cover
PURE_WIN_RATE, MIN_PURE_LEADS, MIN_PURE_COVER = 0.95, 30, 0.25


class MeasuredColumn(NamedTuple):
    """A column of leads with its predictive power."""

    name: str
    kind: str
    binned: BinnedColumn  # on all clean leads
    power: PredictivePower | None  # None with too few outcomes
    missingness: PredictivePower | None  # power of whether it is filled; also None where it always or never is

    @property
    def gain(self) -> float:
        """Relative reduction of the base rate's log loss."""
        return self.power.gain if self.power else 0.0


def measure_columns(dataset: AuditDataset) -> list[MeasuredColumn]:
    """Measure every column of leads that could be an attribute."""
    enough = min(dataset.won.sum(), (~dataset.won).sum()) >= MIN_OUTCOMES
    first = _read_first_values(dataset)
    return [
        _measure_column(dataset, name, first.get(name, dataset.columns[name]), bool(enough))
        for name in dataset.candidate_columns
    ]


def _measure_column(dataset: AuditDataset, name: str, texts: pd.Series, enough: bool) -> MeasuredColumn:
    kind = dataset.profiles["leads", name].kind
    binned = bin_column(texts, kind)
    if not enough:
        return MeasuredColumn(name, kind, binned, None, None)
    judged, won = binned.filter(dataset.final_outcome_mask), dataset.won
    varied = len(np.unique(judged.codes)) > 1
    power = measure_power(judged, won) if varied else None
    if kind == "text":
        words = measure_text_power(texts[dataset.final_outcome_mask], won)
        power = max((p for p in (power, words) if p), key=lambda p: p.gain)
    filled = judged.present
    missingness = None
    if 0 < filled.sum() < len(filled):
        missingness = measure_power(BinnedColumn((~filled).astype(np.int64), ["filled", None]), won)
    return MeasuredColumn(name, kind, binned, power, missingness)


def _read_first_values(dataset: AuditDataset) -> dict[str, pd.Series]:
    """Return the first values of mapped attributes with a history: training uses those, not today's."""
    return {
        name: first
        for name in dataset.report["historised"]
        if name in dataset.params.attributes and (first := dataset.get_first_value(name)) is not None
    }


def find_target_leakage(dataset: AuditDataset, columns: list[MeasuredColumn]) -> list[Finding]:
    """Find columns that predict the outcome better than anything known before it can.

    Parameters
    ----------
    dataset : AuditDataset
        Outcomes.
    columns : list of MeasuredColumn
        From :func:`measure_columns`.
    """
    findings: list[Finding] = []
    for column in columns:
        if column.power is None:
            continue
        by_missingness = _judge_missingness(dataset, column)
        findings += by_missingness
        if by_missingness and column.kind in ("identifier", "email", "constant"):
            continue  # binned by filled and missing only
        findings += _judge_power(column)
        findings += _find_pure_values(dataset, column)
    return findings


def _make_finding(column: MeasuredColumn, code: FindingCode, severity: Any, sentence: str, **figures: Any) -> Finding:
    return Finding("leads", column.name, code, severity, sentence, figures)


def _judge_power(column: MeasuredColumn) -> list[Finding]:
    s = column.power
    assert s is not None
    saved = f"tells wins from other leads with an AUC of {s.auc:.2f} and saves {format_percent_bounded(s.gain)} of "
    saved += "the log loss"
    if s.gain_low >= SAME_GAIN:
        sentence = f"is the outcome under another name: alone it {saved}"
        return [_make_finding(column, audit_codes.SAME_AS_OUTCOME, LEAK, sentence, **s.to_dict())]
    if s.auc_low >= LEAK_AUC and s.gain_low >= LEAK_GAIN:
        sentence = f"gives the outcome away: alone it {saved}, which nothing known beforehand does"
        return [_make_finding(column, audit_codes.GIVES_OUTCOME_AWAY, LEAK, sentence, **s.to_dict())]
    if s.auc_low >= STRONG_AUC or s.gain_low >= STRONG_GAIN:
        sentence = f"is very strong: alone it {saved}; make sure that it was known beforehand"
        return [_make_finding(column, audit_codes.VERY_STRONG, SUSPECT, sentence, **s.to_dict())]
    return []


def _judge_missingness(dataset: AuditDataset, column: MeasuredColumn) -> list[Finding]:
    s = column.missingness
    if s is None:
        return []
    won, filled = dataset.won, column.binned.filter(dataset.final_outcome_mask).present
    wins, base = int(won.sum()), float(won.mean())
    n, n_won = int(filled.sum()), int((filled & won).sum())
    low, high = calculate_wilson_interval(n_won, n)
    of_wins, of_others = n_won / wins, (n - n_won) / (len(won) - wins)
    figures = {
        **{f"presence_{name}": value for name, value in s.to_dict().items()},
        "filled": n,
        "filled_won": n_won,
        "filled_win_rate_low": low,
        "filled_win_rate_high": high,
        "filled_share_of_wins": of_wins,
        "filled_share_of_others": of_others,
    }
    shares = (
        f"is filled for {format_percent_bounded(of_wins)} of the leads that won and "
        f"{format_percent_bounded(of_others)} of the others"
    )
    wins_only = n >= 25 and low >= MIN_FILLED_WIN_RATE and low >= base + 0.3 and of_wins >= MIN_FILLED_SHARE
    losses_only = (
        calculate_wilson_interval(n_won, wins)[1] <= MAX_FILLED_RATIO * of_others
        and of_others >= MIN_FILLED_SHARE
        and n >= 25
    )
    if wins_only or losses_only or s.gain_low >= LEAK_MISSINGNESS_GAIN:
        sentence = shares + ": that it is filled at all gives the outcome away"
        return [_make_finding(column, audit_codes.PRESENCE_GIVES_OUTCOME_AWAY, LEAK, sentence, **figures)]
    if s.auc_low >= MISSINGNESS_AUC and s.gain_low >= MISSINGNESS_GAIN:
        sentence = shares + ": make sure that it was not filled in later"
        return [_make_finding(column, audit_codes.PRESENCE_TELLS, SUSPECT, sentence, **figures)]
    return []


def _find_pure_values(dataset: AuditDataset, column: MeasuredColumn) -> list[Finding]:
    if column.kind not in ("category", "constant"):
        return []
    won, binned = dataset.won, column.binned.filter(dataset.final_outcome_mask)
    leads, wins = binned.count_wins(won)
    base, pure = float(won.mean()), []
    if base > 0.6:
        return []
    for code in np.flatnonzero(leads >= MIN_PURE_LEADS):
        low, _ = calculate_wilson_interval(wins[code], leads[code])
        name = binned.names[code]
        if low >= 0.9 and name is not None:
            pure.append((int(leads[code]), int(wins[code]), low, dataset.get_spelling(column.name, name)))
    if not pure:
        return []
    pure.sort(reverse=True)
    cover = sum(w for n, w, low, _ in pure if low >= PURE_WIN_RATE) / won.sum()
    named = ", ".join(f"{text} ({w} of {n})" for n, w, _, text in pure[:3])
    sentence = f"has values with which nearly every lead wins, against {format_percent_bounded(base)} of all: {named}"
    severity = LEAK if cover >= MIN_PURE_COVER else SUSPECT
    figures = {
        "base_rate": base,
        "share_of_wins": cover,
        "values": [{"value": text, "leads": n, "won": w, "low": round(low, 6)} for n, w, low, text in pure],
    }
    return [_make_finding(column, audit_codes.NEARLY_PURE_VALUES, severity, sentence, **figures)]
