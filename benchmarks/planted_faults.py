"""Faults of CRM exports, planted into sound tables: ten kinds, four of each."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd

from leadlight.pipelines.workspace.workdir import TIMES

__all__ = ["FAULTS", "Export", "Fault"]

RECENT = pd.Timedelta(days=90)


class Export(NamedTuple):
    """The tables of an export, and the moment that it was made."""

    tables: dict[str, pd.DataFrame]
    moment: pd.Timestamp

    def mark(self, table: str, recent: bool) -> pd.Series:
        """Mark the rows of a table that a fault is in: all, or those of the last 90 days; of leads by creation."""
        rows = self.tables[table]
        times = rows[TIMES[table]]
        return times >= self.moment - RECENT if recent else pd.Series(True, index=rows.index)

    def mark_values(self, table: str, recent: bool) -> pd.Series:
        """Mark the rows of leads, or of their history, of all leads or of those created in the last 90 days."""
        leads = self.tables["leads"]
        chosen = leads.loc[self.mark("leads", recent), "lead_id"]
        return self.tables[table]["lead_id"].isin(chosen)


class Fault(NamedTuple):
    """A fault: its kind, where it is, and what it does to an export."""

    kind: str
    name: str
    plant: Callable[[Export], None]


def _change_attribute(name: str, recent: bool, change: Callable[[pd.Series], pd.Series]) -> Callable[[Export], None]:
    """Change an attribute in the leads and in their history."""

    def plant(export: Export) -> None:
        leads, history = export.tables["leads"], export.tables["history"]
        rows = export.mark_values("leads", recent)
        leads.loc[rows, name] = change(leads.loc[rows, name])
        rows = export.mark_values("history", recent) & (history["attribute"] == name)
        history.loc[rows, "value"] = change(history.loc[rows, "value"])

    return plant


def _change_column(
    table: str, name: str, recent: bool, change: Callable[[pd.Series], pd.Series]
) -> Callable[[Export], None]:
    def plant(export: Export) -> None:
        rows, frame = export.mark(table, recent), export.tables[table]
        frame.loc[rows, name] = change(frame.loc[rows, name])

    return plant


def _empty(values: pd.Series) -> pd.Series:
    return values.mask(values.notna(), "")


def _times_thousand(values: pd.Series) -> pd.Series:
    if pd.api.types.is_float_dtype(values):
        return values * 1000
    numbers = pd.to_numeric(values, errors="coerce") * 1000
    return numbers.map("{:.0f}".format).mask(numbers.isna(), values)


def _respell(*types: str) -> Callable[[pd.Series], pd.Series]:
    """Spell some types, or all, as titles: Page View for page_view."""

    def change(values: pd.Series) -> pd.Series:
        spelled = values.str.replace("_", " ").str.title()
        return values.mask(values.isin(types), spelled) if types else spelled

    return change


def _recode(values: pd.Series) -> pd.Series:
    codes = {level: f"C{place:02d}" for place, level in enumerate(sorted(values[values != ""].unique()), start=1)}
    return values.map(codes).fillna("")


def _exchange(values: pd.Series) -> pd.Series:
    levels = sorted(values[values != ""].unique())
    return values.map(dict(zip(levels, levels[1:] + levels[:1], strict=True))).fillna("")


def _keep(table: str, choose: Callable[[pd.DataFrame], pd.Series]) -> Callable[[Export], None]:
    def plant(export: Export) -> None:
        export.tables[table] = export.tables[table][choose(export.tables[table])]

    return plant


def _first_half(frame: pd.DataFrame) -> pd.Series:
    return pd.Series(np.arange(len(frame)) < len(frame) / 2, index=frame.index)


def _every_other(frame: pd.DataFrame) -> pd.Series:
    return pd.Series(np.arange(len(frame)) % 2 == 0, index=frame.index)


def _end_early(table: str, days: int) -> Callable[[Export], None]:
    def plant(export: Export) -> None:
        frame = export.tables[table]
        export.tables[table] = frame[frame[TIMES[table]] < export.moment - pd.Timedelta(days=days)]

    return plant


def _date_one_ahead(table: str, days: int) -> Callable[[Export], None]:
    def plant(export: Export) -> None:
        frame = export.tables[table]
        place = frame.index[len(frame) // 2]
        frame.loc[place, TIMES[table]] = frame[TIMES[table]].max() + pd.Timedelta(days=days)

    return plant


def _shift(hours: float, recent: bool, *tables: str) -> Callable[[Export], None]:
    def plant(export: Export) -> None:
        for table in tables or TIMES:
            rows, column = export.mark(table, recent), TIMES[table]
            frame = export.tables[table]
            frame.loc[rows, column] = frame.loc[rows, column] + pd.Timedelta(hours=hours)

    return plant


def _double(table: str, recent: bool) -> Callable[[Export], None]:
    def plant(export: Export) -> None:
        frame = export.tables[table]
        export.tables[table] = pd.concat([frame, frame[export.mark(table, recent)]], ignore_index=True)

    return plant


def _spell_yes(word: str, recent: bool) -> Callable[[Export], None]:
    return _change_column("leads", "consent", recent, lambda values: values.replace("yes", word))


FAULTS: tuple[Fault, ...] = (
    Fault("column gone", "source", _change_column("leads", "source", False, _empty)),
    Fault("column gone", "source, last 90 days", _change_column("leads", "source", True, _empty)),
    Fault("column gone", "industry", _change_attribute("industry", False, _empty)),
    Fault("column gone", "consent", _change_column("leads", "consent", False, _empty)),
    Fault("types respelled", "all activities", _change_column("activities", "type", False, _respell())),
    Fault("types respelled", "all activities, last 90 days", _change_column("activities", "type", True, _respell())),
    Fault("types respelled", "page_view", _change_column("activities", "type", False, _respell("page_view"))),
    Fault("types respelled", "email_open, last 90 days",
          _change_column("activities", "type", True, _respell("email_open"))),
    Fault("half an export", "first half of leads", _keep("leads", _first_half)),
    Fault("half an export", "every other lead", _keep("leads", _every_other)),
    Fault("half an export", "every other activity", _keep("activities", _every_other)),
    Fault("half an export", "every other deal", _keep("deals", _every_other)),
    Fault("stale table", "deals, 71 days", _end_early("deals", 71)),
    Fault("stale table", "deals, 30 days", _end_early("deals", 30)),
    Fault("stale table", "deals, 15 days", _end_early("deals", 15)),
    Fault("stale table", "activities, 10 days", _end_early("activities", 10)),
    Fault("late clock", "one activity 75 days ahead", _date_one_ahead("activities", 75)),
    Fault("late clock", "one deal 60 days ahead", _date_one_ahead("deals", 60)),
    Fault("late clock", "one change 200 days ahead", _date_one_ahead("history", 200)),
    Fault("late clock", "activities of the last 90 days 5 days ahead", _shift(5 * 24, True, "activities")),
    Fault("consent respelled", "Y", _spell_yes("Y", False)),
    Fault("consent respelled", "opt-in", _spell_yes("opt-in", False)),
    Fault("consent respelled", "true, last 90 days", _spell_yes("true", True)),
    Fault("consent respelled", "1, last 90 days", _spell_yes("1", True)),
    Fault("unit changed by 1,000", "employees", _change_attribute("employees", False, _times_thousand)),
    Fault("unit changed by 1,000", "employees, last 90 days", _change_attribute("employees", True, _times_thousand)),
    Fault("unit changed by 1,000", "amount of deals", _change_column("deals", "amount", False, _times_thousand)),
    Fault("unit changed by 1,000", "value of activities, last 90 days",
          _change_column("activities", "value", True, _times_thousand)),
    Fault("time zone moved by 2 h", "activities", _shift(2, False, "activities")),
    Fault("time zone moved by 2 h", "activities, last 90 days", _shift(-2, True, "activities")),
    Fault("time zone moved by 2 h", "all tables", _shift(2, False)),
    Fault("time zone moved by 2 h", "leads and deals, last 90 days", _shift(2, True, "leads", "deals")),
    Fault("categories recoded", "industry is Space",
          _change_attribute("industry", False, lambda values: values.mask(values != "", "Space"))),
    Fault("categories recoded", "country as codes", _change_attribute("country", False, _recode)),
    Fault("categories recoded", "source as codes, last 90 days", _change_column("leads", "source", True, _recode)),
    Fault("categories recoded", "departments exchanged", _change_attribute("department", False, _exchange)),
    Fault("rows doubled", "activities", _double("activities", False)),
    Fault("rows doubled", "activities, last 90 days", _double("activities", True)),
    Fault("rows doubled", "deals", _double("deals", False)),
    Fault("rows doubled", "history, last 90 days", _double("history", True)),
)  # fmt: skip
