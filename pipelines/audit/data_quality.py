"""Data quality: placeholders, constants, time order, duplicates, missing records."""

import re
from collections.abc import Iterable

import numpy as np
import pandas as pd

from leadlight.pipelines.audit.dataset import AuditDataset
from leadlight.pipelines.audit.findings import INFO, Finding
from leadlight.pipelines.findings import quality_codes
from leadlight.pipelines.reporting.formatting import format_percent_bounded

__all__ = ["find_quality_issues"]

_PHONE = re.compile(r"(?=(?:\D*\d){7,15}\D*$)(\+|00|0|\()[\d\s()/.\-]+")
#: equal rows are reported only where chance alone would make fewer than this
EXPECTED_BY_CHANCE = 0.05
CONSTANT_SHARE_THRESHOLD = 0.99


def find_quality_issues(dataset: AuditDataset) -> list[Finding]:
    """Report what is not a leak but matters for the mapping of the source."""
    return [
        *_check_columns(dataset),
        *_check_truncation(dataset),
        *_check_deals(dataset),
        *_check_time_order(dataset),
        *_check_resolution(dataset),
        *_check_duplicates(dataset),
        *_check_history(dataset),
    ]


def _check_columns(dataset: AuditDataset) -> Iterable[Finding]:
    for (table, column), profile in dataset.profiles.items():
        if profile.placeholders:
            named = ", ".join(f'"{p.text}" ({format_percent_bounded(p.share)})' for p in profile.placeholders[:3])
            yield Finding(
                table,
                column,
                quality_codes.PLACEHOLDER,
                INFO,
                f"holds {named}, which looks like a missing value and is not named in source.missing",
                {"placeholders": [p._asdict() for p in profile.placeholders]},
            )
        if profile.kind == "empty":
            yield Finding(table, column, quality_codes.EMPTY, INFO, "is empty", {"rows": profile.rows})
        elif profile.kind == "constant":
            share = 1 - profile.missing_share
            sentence = "has one value only" + (
                "" if share == 1 else f", in {format_percent_bounded(share)} of the rows"
            )
            yield Finding(table, column, quality_codes.CONSTANT, INFO, sentence, {"filled_share": share})
        elif profile.kind == "category" and profile.mostly_constant_share >= CONSTANT_SHARE_THRESHOLD:
            share = profile.mostly_constant_share
            sentence = f"has the same value in {format_percent_bounded(share)} of the rows that have one"
            yield Finding(table, column, quality_codes.MOSTLY_CONSTANT, INFO, sentence, {"share": share})


def _check_truncation(dataset: AuditDataset) -> Iterable[Finding]:
    truncation = dataset.truncation
    if truncation:
        yield Finding(
            "deals",
            "",
            quality_codes.LEFT_TRUNCATED,
            INFO,
            f"record no win before {truncation.until:%Y-%m-%d}, though {truncation.expected:.0f} were to be "
            f"expected of the {truncation.snapshots:,} leads whose {dataset.params.label.horizon_days} days "
            "had ended by then: older leads look as if they could not be won (history.since leaves them out)",
            {"until": truncation.until.isoformat(), "leads": truncation.snapshots, "expected": truncation.expected},
        )


def _check_deals(dataset: AuditDataset) -> Iterable[Finding]:
    frame = dataset.deal_columns
    if frame.empty:
        return
    table = dataset.params.source.deals
    assert table is not None
    others = [str(c) for c in frame if c not in (table.lead_id, table.closed_at.column)]
    if not dataset.losses_recorded:
        rest = f": {', '.join(others)}" if others else ""
        yield Finding(
            "deals",
            "",
            quality_codes.WINNERS_ONLY,
            INFO,
            f"hold wins only, so that each of their columns exists for winners only{rest}; none "
            "of them may become an attribute",
            {"columns": others},
        )
        return
    won = frame.index.to_series().isin(dataset.leads.loc[dataset.leads["won"], "lead_id"]).to_numpy()
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
                    quality_codes.FILLED_BY_OUTCOME,
                    INFO,
                    f"is filled for {who} only ({format_percent_bounded(one)} of them, {format_percent_bounded(other)} "
                    "of the others); it may not become an attribute",
                    {"filled_won": of_won, "filled_lost": of_lost},
                )


def _check_time_order(dataset: AuditDataset) -> Iterable[Finding]:
    if not dataset.dated:
        return
    created = dataset.leads.set_index("lead_id")["created_at"]
    frame, table = dataset.tables.get("activities"), dataset.params.source.activities
    if frame is None or table is None or frame.empty:
        return
    created_at = created.to_numpy()[created.index.get_indexer(pd.Index(frame["lead_id"]))]
    before = frame["occurred_at"].to_numpy() < created_at
    if before.any():
        share = float(before.mean())
        rows = f"{_format_rows(int(before.sum()))} ({format_percent_bounded(share)})"
        sentence = f"has {rows} before the creation of their lead; they are kept"
        figures = {"rows": int(before.sum()), "share": share}
        yield Finding("activities", table.occurred_at.column, quality_codes.BEFORE_CREATION, INFO, sentence, figures)


def _check_resolution(dataset: AuditDataset) -> Iterable[Finding]:
    for table, column in dataset.by_day:
        sentence = "is known by the day alone: what happened first on a day cannot be told"
        yield Finding(table, column, quality_codes.KNOWN_BY_DAY, INFO, sentence, {})


def _check_duplicates(dataset: AuditDataset) -> Iterable[Finding]:
    for column in dataset.candidate_columns:
        texts = dataset.columns[column].dropna().str.lower()
        phone = len(texts) and texts.head(200).map(lambda text: bool(_PHONE.fullmatch(text))).mean() >= 0.9
        if dataset.profiles["leads", column].kind != "email" and not phone:
            continue
        again = int(texts.duplicated().sum())
        if again:
            what = "phone number" if phone else "e-mail address"
            rows = _format_rows(again)
            sentence = f"has {rows} with the {what} of an earlier one: the same person may be in twice"
            yield Finding("leads", column, quality_codes.DUPLICATE_CONTACT, INFO, sentence, {"rows": again})
    yield from _check_equal_rows(dataset)


def _check_equal_rows(dataset: AuditDataset) -> Iterable[Finding]:
    """Leads equal in all columns, where chance alone makes that unlikely."""
    kinds = {c: dataset.profiles["leads", c].kind for c in dataset.candidate_columns}
    compared = [c for c, kind in kinds.items() if kind not in ("identifier", "empty", "constant")]
    frame = dataset.columns[compared]
    filled = frame.notna().sum(axis=1).to_numpy() >= max(3, len(compared) / 2)
    if len(compared) < 4 or filled.sum() < 2:
        return
    # match probability per column; the root leaves a margin because columns are not independent
    same = [float((frame[c].value_counts(normalize=True, dropna=False) ** 2).sum()) for c in compared]
    n = len(frame)
    expected = n * (n - 1) / 2 * float(np.prod(np.sqrt(same)))
    again = frame[filled].duplicated()
    if expected < EXPECTED_BY_CHANCE and again.any():
        sentence = f"hold {_format_rows(int(again.sum()))} that equal an earlier one in all {len(compared)} columns"
        figures = {"rows": int(again.sum()), "expected_by_chance": expected}
        yield Finding("leads", "", quality_codes.EQUAL_LEADS, INFO, sentence, figures)


def _check_history(dataset: AuditDataset) -> Iterable[Finding]:
    names = [n for n in dataset.params.attributes if n not in set(dataset.report["historised"])]
    if not names:
        return
    sentence = (
        "hold today's values of what has no history, and some of them may have been filled in later: "
        + ", ".join(names)
    )
    yield Finding("leads", "", quality_codes.NO_HISTORY, INFO, sentence, {"columns": names})


def _format_rows(count: int) -> str:
    return f"{count:,} row" if count == 1 else f"{count:,} rows"
