"""Columns that give the outcome away: by their values, by single values, or by being filled at all."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from leadlight.pipelines.audit.dataset import AuditDataset
from leadlight.pipelines.audit.findings import LEAK, SUSPECT, Finding, format_percent
from leadlight.pipelines.audit.univariate import (
    MIN_OUTCOMES,
    BinnedColumn,
    PredictivePower,
    bin_column,
    calculate_wilson_interval,
    measure_power,
    measure_text_power,
)

__all__ = ["MeasuredColumn", "find_target_leakage", "measure_columns"]

#: alone as good as this, and no column known beforehand is: above the best models of whole sources
LEAK_AUC, LEAK_GAIN = 0.88, 0.35
STRONG_AUC, STRONG_GAIN = 0.80, 0.25
#: the outcome under another name
SAME_GAIN = 0.90
#: being filled: of the filled so many win (or, of those who win, next to none is filled)
FILLED_WINS, FILLED_RATIO, FILLED_SHARE = 0.90, 0.05, 0.10
PRESENCE_GAIN_LEAK, PRESENCE_GAIN, PRESENCE_AUC = 0.30, 0.05, 0.64
#: a single value that nearly always means a win, or never
PURE, PURE_LEADS, PURE_COVER = 0.95, 30, 0.25


@dataclass(frozen=True)
class MeasuredColumn:
    """A column of leads with what it says of the outcome.

    Parameters
    ----------
    name, kind : str
        Name in the source and kind of its values.
    cells : Cells
        Its cells, all clean leads.
    strength, missingness : Strength or None
        What its values, and what its being filled says; None where there are too few outcomes, or where
        it is always or never filled.
    """

    name: str
    kind: str
    cells: BinnedColumn
    strength: PredictivePower | None
    missingness: PredictivePower | None

    @property
    def gain(self) -> float:
        """Share of the log loss of the base rate that the column saves."""
        return self.strength.gain if self.strength else 0.0


def measure_columns(material: AuditDataset) -> list[MeasuredColumn]:
    """Measure every column of leads that could be an attribute."""
    enough = min(material.won.sum(), (~material.won).sum()) >= MIN_OUTCOMES
    first = _known_first(material)
    return [
        _look_at(material, name, first.get(name, material.columns[name]), bool(enough))
        for name in material.candidate_columns
    ]


def _look_at(material: AuditDataset, name: str, texts: pd.Series, enough: bool) -> MeasuredColumn:
    kind = material.profiles["leads", name].kind
    cells = bin_column(texts, kind)
    if not enough:
        return MeasuredColumn(name, kind, cells, None, None)
    judged, won = cells.count_rows(material.final_outcome_mask), material.won
    varied = len(np.unique(judged.codes)) > 1
    found = measure_power(judged, won) if varied else None
    if kind == "text":
        words = measure_text_power(texts[material.final_outcome_mask], won)
        found = max((s for s in (found, words) if s), key=lambda s: s.gain)
    filled = judged.present
    presence = None
    if 0 < filled.sum() < len(filled):
        presence = measure_power(BinnedColumn((~filled).astype(np.int64), ["filled", None]), won)
    return MeasuredColumn(name, kind, cells, found, presence)


def _known_first(material: AuditDataset) -> dict[str, pd.Series]:
    """Values that mapped attributes with a history had first: training sees those, not today's."""
    return {
        name: first
        for name in material.report["historised"]
        if name in material.params.attributes and (first := material.get_first_value(name)) is not None
    }


def find_target_leakage(material: AuditDataset, columns: list[MeasuredColumn]) -> list[Finding]:
    """Find columns that say more of the outcome than anything known beforehand can.

    Parameters
    ----------
    material : Material
        Outcomes.
    columns : list of Column
        As :func:`measure_columns` measures them.
    """
    found: list[Finding] = []
    for column in columns:
        if column.strength is None:
            continue
        by_presence = _presence(material, column)
        found += by_presence
        if by_presence and column.kind in ("identifier", "email", "constant"):
            continue  # their values are their presence
        found += _values(column)
        found += _pure_values(material, column)
    return found


def _finding(column: MeasuredColumn, kind: str, severity: Any, sentence: str, **figures: Any) -> Finding:
    return Finding("leads", column.name, kind, severity, sentence, figures)


def _values(column: MeasuredColumn) -> list[Finding]:
    s = column.strength
    assert s is not None
    saved = f"tells wins from other leads with an AUC of {s.auc:.2f} and saves {format_percent(s.gain)} of the log loss"
    if s.gain_low >= SAME_GAIN:
        sentence = f"is the outcome under another name: alone it {saved}"
        return [_finding(column, "same_as_outcome", LEAK, sentence, **s.to_dict())]
    if s.auc_low >= LEAK_AUC and s.gain_low >= LEAK_GAIN:
        sentence = f"gives the outcome away: alone it {saved}, which nothing known beforehand does"
        return [_finding(column, "gives_outcome_away", LEAK, sentence, **s.to_dict())]
    if s.auc_low >= STRONG_AUC or s.gain_low >= STRONG_GAIN:
        sentence = f"is very strong: alone it {saved}; make sure that it was known beforehand"
        return [_finding(column, "very_strong", SUSPECT, sentence, **s.to_dict())]
    return []


def _presence(material: AuditDataset, column: MeasuredColumn) -> list[Finding]:
    s = column.missingness
    if s is None:
        return []
    won, filled = material.won, column.cells.count_rows(material.final_outcome_mask).present
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
    told = f"is filled for {format_percent(of_wins)} of the leads that won and {format_percent(of_others)} of the others"
    wins_only = n >= 25 and low >= FILLED_WINS and low >= base + 0.3 and of_wins >= FILLED_SHARE
    losses_only = (
        calculate_wilson_interval(n_won, wins)[1] <= FILLED_RATIO * of_others
        and of_others >= FILLED_SHARE
        and n >= 25
    )
    if wins_only or losses_only or s.gain_low >= PRESENCE_GAIN_LEAK:
        sentence = told + ": that it is filled at all gives the outcome away"
        return [_finding(column, "presence_gives_outcome_away", LEAK, sentence, **figures)]
    if s.auc_low >= PRESENCE_AUC and s.gain_low >= PRESENCE_GAIN:
        sentence = told + ": make sure that it was not filled in later"
        return [_finding(column, "presence_tells", SUSPECT, sentence, **figures)]
    return []


def _pure_values(material: AuditDataset, column: MeasuredColumn) -> list[Finding]:
    if column.kind not in ("category", "constant"):
        return []
    won, cells = material.won, column.cells.count_rows(material.final_outcome_mask)
    leads, wins = cells.count_wins(won)
    base, pure = float(won.mean()), []
    if base > 0.6:
        return []
    for code in np.flatnonzero(leads >= PURE_LEADS):
        low, _ = calculate_wilson_interval(wins[code], leads[code])
        name = cells.names[code]
        if low >= 0.9 and name is not None:
            pure.append((int(leads[code]), int(wins[code]), low, material.get_spelling(column.name, name)))
    if not pure:
        return []
    pure.sort(reverse=True)
    cover = sum(w for n, w, low, _ in pure if low >= PURE) / won.sum()
    named = ", ".join(f"{text} ({w} of {n})" for n, w, _, text in pure[:3])
    sentence = f"has values with which nearly every lead wins, against {format_percent(base)} of all: {named}"
    severity = LEAK if cover >= PURE_COVER else SUSPECT
    figures = {
        "base_rate": base,
        "share_of_wins": cover,
        "values": [{"value": text, "leads": n, "won": w, "low": round(low, 6)} for n, w, low, text in pure],
    }
    return [_finding(column, "nearly_pure_values", severity, sentence, **figures)]
