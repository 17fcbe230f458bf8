"""Columns that give the outcome away: by their values, by single values, or by being filled at all."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from leadlight.pipelines.audit.dataset import Material
from leadlight.pipelines.audit.findings import LEAK, SUSPECT, Finding, percent
from leadlight.pipelines.audit.univariate import (
    ENOUGH,
    Cells,
    Strength,
    cells_of,
    interval,
    strength,
    strength_of_text,
)

__all__ = ["Column", "giving_away", "look_at"]

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
class Column:
    """A column of leads with what it says of the outcome.

    Parameters
    ----------
    name, kind : str
        Name in the source and kind of its values.
    cells : Cells
        Its cells, all clean leads.
    strength, presence : Strength or None
        What its values, and what its being filled says; None where there are too few outcomes, or where
        it is always or never filled.
    """

    name: str
    kind: str
    cells: Cells
    strength: Strength | None
    presence: Strength | None

    @property
    def gain(self) -> float:
        """Share of the log loss of the base rate that the column saves."""
        return self.strength.gain if self.strength else 0.0


def look_at(material: Material) -> list[Column]:
    """Measure every column of leads that could be an attribute."""
    enough = min(material.won.sum(), (~material.won).sum()) >= ENOUGH
    first = _known_first(material)
    return [
        _look_at(material, name, first.get(name, material.columns[name]), bool(enough))
        for name in material.looked_at
    ]


def _look_at(material: Material, name: str, texts: pd.Series, enough: bool) -> Column:
    kind = material.profiles["leads", name].kind
    cells = cells_of(texts, kind)
    if not enough:
        return Column(name, kind, cells, None, None)
    judged, won = cells.rows(material.judged), material.won
    varied = len(np.unique(judged.codes)) > 1
    found = strength(judged, won) if varied else None
    if kind == "text":
        words = strength_of_text(texts[material.judged], won)
        found = max((s for s in (found, words) if s), key=lambda s: s.gain)
    filled = judged.present
    presence = None
    if 0 < filled.sum() < len(filled):
        presence = strength(Cells((~filled).astype(np.int64), ["filled", None]), won)
    return Column(name, kind, cells, found, presence)


def _known_first(material: Material) -> dict[str, pd.Series]:
    """Values that mapped attributes with a history had first: training sees those, not today's."""
    return {
        name: first
        for name in material.report["historised"]
        if name in material.params.attributes and (first := material.first_value(name)) is not None
    }


def giving_away(material: Material, columns: list[Column]) -> list[Finding]:
    """Find columns that say more of the outcome than anything known beforehand can.

    Parameters
    ----------
    material : Material
        Outcomes.
    columns : list of Column
        As :func:`look_at` measures them.
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


def _finding(column: Column, kind: str, severity: Any, sentence: str, **figures: Any) -> Finding:
    return Finding("leads", column.name, kind, severity, sentence, figures)


def _values(column: Column) -> list[Finding]:
    s = column.strength
    assert s is not None
    saved = (
        f"tells wins from other leads with an AUC of {s.auc:.2f} and saves {percent(s.gain)} of the log loss"
    )
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


def _presence(material: Material, column: Column) -> list[Finding]:
    s = column.presence
    if s is None:
        return []
    won, filled = material.won, column.cells.rows(material.judged).present
    wins, base = int(won.sum()), float(won.mean())
    n, n_won = int(filled.sum()), int((filled & won).sum())
    low, high = interval(n_won, n)
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
    told = f"is filled for {percent(of_wins)} of the leads that won and {percent(of_others)} of the others"
    wins_only = n >= 25 and low >= FILLED_WINS and low >= base + 0.3 and of_wins >= FILLED_SHARE
    losses_only = (
        interval(n_won, wins)[1] <= FILLED_RATIO * of_others and of_others >= FILLED_SHARE and n >= 25
    )
    if wins_only or losses_only or s.gain_low >= PRESENCE_GAIN_LEAK:
        sentence = told + ": that it is filled at all gives the outcome away"
        return [_finding(column, "presence_gives_outcome_away", LEAK, sentence, **figures)]
    if s.auc_low >= PRESENCE_AUC and s.gain_low >= PRESENCE_GAIN:
        sentence = told + ": make sure that it was not filled in later"
        return [_finding(column, "presence_tells", SUSPECT, sentence, **figures)]
    return []


def _pure_values(material: Material, column: Column) -> list[Finding]:
    if column.kind not in ("category", "constant"):
        return []
    won, cells = material.won, column.cells.rows(material.judged)
    leads, wins = cells.counts(won)
    base, pure = float(won.mean()), []
    if base > 0.6:
        return []
    for code in np.flatnonzero(leads >= PURE_LEADS):
        low, _ = interval(wins[code], leads[code])
        name = cells.names[code]
        if low >= 0.9 and name is not None:
            pure.append((int(leads[code]), int(wins[code]), low, material.spelling(column.name, name)))
    if not pure:
        return []
    pure.sort(reverse=True)
    cover = sum(w for n, w, low, _ in pure if low >= PURE) / won.sum()
    named = ", ".join(f"{text} ({w} of {n})" for n, w, _, text in pure[:3])
    sentence = f"has values with which nearly every lead wins, against {percent(base)} of all: {named}"
    severity = LEAK if cover >= PURE_COVER else SUSPECT
    figures = {
        "base_rate": base,
        "share_of_wins": cover,
        "values": [{"value": text, "leads": n, "won": w, "low": round(low, 6)} for n, w, low, text in pure],
    }
    return [_finding(column, "nearly_pure_values", severity, sentence, **figures)]
