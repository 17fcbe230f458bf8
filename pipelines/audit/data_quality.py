"""What is not as it looks: placeholders, constants, order of time, duplicates, what the record lacks."""

import re
from collections.abc import Iterable

import numpy as np
import pandas as pd

from leadlight.pipelines.audit.dataset import AuditDataset
from leadlight.pipelines.audit.findings import INFO, Finding, format_percent

__all__ = ["find_quality_issues"]

_PHONE = re.compile(r"(?=(?:\D*\d){7,15}\D*$)(\+|00|0|\()[\d\s()/.\-]+")
#: nothing is said of equal rows unless chance alone makes fewer than this
EXPECTED_BY_CHANCE = 0.05
CONSTANT_SHARE_THRESHOLD = 0.99


def find_quality_issues(material: AuditDataset) -> list[Finding]:
    """Report on everything that is no leak but that whoever maps the source should know."""
    return [
        *_columns(material),
        *_truncation(material),
        *_deals_of_winners(material),
        *_time_order(material),
        *_by_day(material),
        *_duplicates(material),
        *_without_history(material),
    ]


def _columns(material: AuditDataset) -> Iterable[Finding]:
    for (table, column), profile in material.profiles.items():
        if profile.placeholders:
            named = ", ".join(f'"{p.text}" ({format_percent(p.share)})' for p in profile.placeholders[:3])
            yield Finding(
                table,
                column,
                "placeholder",
                INFO,
                f"holds {named}, which looks like a missing value and is not named in source.missing",
                {"placeholders": [vars(p) for p in profile.placeholders]},
            )
        if profile.kind == "empty":
            yield Finding(table, column, "empty", INFO, "is empty", {"rows": profile.rows})
        elif profile.kind == "constant":
            share = 1 - profile.missing_share
            sentence = "has one value only" + (
                "" if share == 1 else f", in {format_percent(share)} of the rows"
            )
            yield Finding(table, column, "constant", INFO, sentence, {"filled_share": share})
        elif profile.kind == "category" and profile.mostly_constant_share >= CONSTANT_SHARE_THRESHOLD:
            share = profile.mostly_constant_share
            sentence = f"has the same value in {format_percent(share)} of the rows that have one"
            yield Finding(table, column, "mostly_constant", INFO, sentence, {"share": share})


def _truncation(material: AuditDataset) -> Iterable[Finding]:
    found = material.truncation
    if found:
        yield Finding(
            "deals",
            "",
            "left_truncated",
            INFO,
            f"record no win before {found.until:%Y-%m-%d}, though {found.expected:.0f} were to be "
            f"expected of the {found.snapshots:,} leads whose {material.params.label.horizon_days} days had "
            "ended by then: older leads look as if they could not be won (history.since leaves them out)",
            {"until": found.until.isoformat(), "leads": found.snapshots, "expected": found.expected},
        )


def _deals_of_winners(material: AuditDataset) -> Iterable[Finding]:
    frame = material.deal_columns
    if frame.empty:
        return
    table = material.params.source.deals
    assert table is not None
    others = [str(c) for c in frame if c not in (table.lead_id, table.closed_at.column)]
    if not material.losses_recorded:
        rest = f": {', '.join(others)}" if others else ""
        yield Finding(
            "deals",
            "",
            "winners_only",
            INFO,
            f"hold wins only, so that each of their columns exists for winners only{rest}; none "
            "of them may become an attribute",
            {"columns": others},
        )
        return
    won = frame.index.to_series().isin(material.leads.loc[material.leads["won"], "lead_id"]).to_numpy()
    status = table.status.column if table.status else None
    for column in others:
        filled = frame[column].notna().to_numpy()
        if column == status or not filled.any() or not won.any() or won.all():
            continue
        of_won, of_lost = float(filled[won].mean()), float(filled[~won].mean())
        for one, other, who in ((of_won, of_lost, "winners"), (of_lost, of_won, "lost leads")):
            if one >= 0.05 and other <= 0.02 * one:
                yield Finding(
                    "deals",
                    column,
                    "filled_by_outcome",
                    INFO,
                    f"is filled for {who} only ({format_percent(one)} of them, {format_percent(other)} of the others); "
                    "it may not become an attribute",
                    {"filled_won": of_won, "filled_lost": of_lost},
                )


def _time_order(material: AuditDataset) -> Iterable[Finding]:
    for entry in material.report["quarantine"]:
        if entry["reason"] in ("closed before the lead was created", "lies in the future"):
            sentence = (
                f"has {_rows(entry['rows'])} out of the order of time: {entry['reason']} (in quarantine)"
            )
            yield Finding(
                str(entry["table"]),
                str(entry["column"]),
                "time_order",
                INFO,
                sentence,
                {"rows": entry["rows"]},
            )
    if not material.dated:
        return
    created = material.leads.set_index("lead_id")["created_at"]
    frame, table = material.tables.get("activities"), material.params.source.activities
    if frame is None or table is None or frame.empty:
        return
    born = created.to_numpy()[created.index.get_indexer(pd.Index(frame["lead_id"]))]
    before = frame["occurred_at"].to_numpy() < born
    if before.any():
        share = float(before.mean())
        rows = f"{_rows(int(before.sum()))} ({format_percent(share)})"
        sentence = f"has {rows} before the creation of their lead; they are kept"
        figures = {"rows": int(before.sum()), "share": share}
        yield Finding("activities", table.occurred_at.column, "before_creation", INFO, sentence, figures)


def _by_day(material: AuditDataset) -> Iterable[Finding]:
    for table, column in material.by_day:
        sentence = "is known by the day alone: what happened first on a day cannot be told"
        yield Finding(table, column, "known_by_day", INFO, sentence)


def _duplicates(material: AuditDataset) -> Iterable[Finding]:
    for entry in material.report["quarantine"]:
        if entry["reason"] == "lead id comes a second time":
            sentence = f"has {_rows(entry['rows'])} with an id that comes a second time (in quarantine)"
            yield Finding(
                "leads", str(entry["column"]), "duplicate_id", INFO, sentence, {"rows": entry["rows"]}
            )
    for column in material.candidate_columns:
        texts = material.columns[column].dropna().str.lower()
        phone = len(texts) and texts.head(200).map(lambda text: bool(_PHONE.fullmatch(text))).mean() >= 0.9
        if material.profiles["leads", column].kind != "email" and not phone:
            continue
        again = int(texts.duplicated().sum())
        if again:
            what = "phone number" if phone else "e-mail address"
            sentence = (
                f"has {_rows(again)} with the {what} of an earlier one: the same person may be in twice"
            )
            yield Finding("leads", column, "duplicate_contact", INFO, sentence, {"rows": again})
    yield from _equal_rows(material)


def _equal_rows(material: AuditDataset) -> Iterable[Finding]:
    """Leads that are equal in everything, where that can hardly be chance."""
    kinds = {c: material.profiles["leads", c].kind for c in material.candidate_columns}
    compared = [c for c, kind in kinds.items() if kind not in ("identifier", "empty", "constant")]
    frame = material.columns[compared]
    filled = frame.notna().sum(axis=1).to_numpy() >= max(3, len(compared) / 2)
    if len(compared) < 4 or filled.sum() < 2:
        return
    # as if columns were independent of each other, which they are not: hence the margin
    same = [float((frame[c].value_counts(normalize=True, dropna=False) ** 2).sum()) for c in compared]
    n = len(frame)
    expected = n * (n - 1) / 2 * float(np.prod(np.sqrt(same)))
    again = frame[filled].duplicated()
    if expected < EXPECTED_BY_CHANCE and again.any():
        sentence = f"hold {_rows(int(again.sum()))} that equal an earlier one in all {len(compared)} columns"
        figures = {"rows": int(again.sum()), "expected_by_chance": expected}
        yield Finding("leads", "", "equal_leads", INFO, sentence, figures)


def _without_history(material: AuditDataset) -> Iterable[Finding]:
    names = [n for n in material.params.attributes if n not in set(material.report["historised"])]
    if not names:
        return
    sentence = (
        "hold today's values of what has no history, and some of them may have been filled in later: "
        + ", ".join(names)
    )
    yield Finding("leads", "", "no_history", INFO, sentence, {"columns": names})


def _rows(count: int) -> str:
    return f"{count:,} row" if count == 1 else f"{count:,} rows"
