"""``leadlight init``: examine the files, propose a first params file, and try it before it is written."""

import tempfile
from pathlib import Path
from typing import NamedTuple

from leadlight.features.errors import NotEnoughDataError, ParamsError, SourceError
from leadlight.pipelines.audit.report import build_report
from leadlight.pipelines.init.attribute_detection import (
    DetectedAttribute,
    ExcludedColumn,
    find_attributes,
    find_missing,
)
from leadlight.pipelines.init.column_roles import ColumnRoles, find_roles
from leadlight.pipelines.init.day_month_order import resolve_order_by_deals
from leadlight.pipelines.init.display_detection import exclude_personal, find_display, write_display
from leadlight.pipelines.init.document import ReviewNote, YamlDocument
from leadlight.pipelines.init.echoes import find_durations, find_repeats_of_owner
from leadlight.pipelines.init.flat_export import add_deals_of_flat_export, is_flat_export
from leadlight.pipelines.init.horizon_selection import TimingProposal, select_horizon
from leadlight.pipelines.init.key_detection import find_keys
from leadlight.pipelines.init.leakage_suspects import LeakageSuspects, find_suspects
from leadlight.pipelines.init.policy_proposal import propose_policy
from leadlight.pipelines.init.signal_detection import DetectedSignal, find_signals
from leadlight.pipelines.init.source_tables import SourceTable, read_tables
from leadlight.pipelines.init.unusable_rows import UnusableShares, measure_unusable
from leadlight.pipelines.init.yaml_sections import write_attributes, write_model_sections, write_signals, write_timing
from leadlight.pipelines.init.yaml_source import write_source
from leadlight.pipelines.params import Params, load_params
from leadlight.pipelines.params.sections import Policy, Split
from leadlight.pipelines.stages.ingest import ingest
from leadlight.pipelines.workspace.workdir import Workdir, read_frame, write_atomically

__all__ = ["Proposal", "propose"]


class SelectedColumns(NamedTuple):
    """Attributes and signals to use, excluded columns, and other activity types with the reason."""

    attributes: list[DetectedAttribute]
    excluded: list[ExcludedColumn]
    signals: list[DetectedSignal]
    others: dict[str, str]


class Proposal(NamedTuple):
    """A proposed params file, its content, and what was detected."""

    text: str
    params: Params
    review_notes: tuple[ReviewNote, ...]
    tables: dict[str, SourceTable]
    roles: dict[str, ColumnRoles]
    columns: SelectedColumns
    timing: TimingProposal | None
    quarantined: int  # rows and cells that a trial run could not use


def propose(paths: dict[str, Path], output: Path, force: bool = False, outcome: str | None = None) -> Proposal:
    """Propose a params file.

    Parameters
    ----------
    paths : dict
        leads and, where there are such files, activities, deals and history -> the file.
    output : Path
        The params file to write.
    force : bool
        Whether an existing file may be replaced.
    outcome : str, optional
        The outcome column of leads that come without deals, where the user names it.

    Returns
    -------
    Proposal
        Read back after writing; its source was ingested into a temporary folder.

    Raises
    ------
    ParamsError
        If `output` exists and `force` is not given.
    SourceError
        If a file cannot be read or lacks a required column. Nothing is written then.
    NotEnoughDataError
        If there is no win.
    """
    if output.exists() and not force:
        raise ParamsError(f"The params file to write must be new, or --force given. Got {output}, which exists.")
    tables = read_tables(paths)
    tables, keys = add_deals_of_flat_export(tables, find_keys(tables), outcome)
    roles = find_roles(tables, keys, outcome)
    resolve_order_by_deals(tables, roles)
    leads = tables["leads"]
    used = _list_used(tables, roles)
    roleless = [c for c in map(str, leads.frame.columns) if c not in used | set(leads.times)]
    missing = find_missing(leads.frame, roleless)

    def render(
        columns: SelectedColumns, timing: TimingProposal | None, folder: Path, unusable: UnusableShares, policy: Policy
    ) -> tuple[str, tuple[ReviewNote, ...]]:
        document = YamlDocument()
        files = ", ".join(dict.fromkeys(table.path.name for table in tables.values()))
        document.add_comment(
            f'Proposed by `leadlight init` from {files}. Read every line: lines marked with "look" are a '
            "guess that only you can settle. Every key is explained in docs/params.md."
        )
        write_source(document, tables, keys, roles, missing=missing, unusable=unusable, folder=folder)
        document.add_comment("")
        write_display(document, find_display(leads.frame, used))
        write_attributes(document, columns.attributes, columns.excluded)
        document.add_comment("")
        if "activities" in tables:
            write_signals(document, columns.signals, columns.others)
            document.add_comment("")
        write_timing(document, timing)
        write_model_sections(document, policy)
        return document.render()

    with tempfile.TemporaryDirectory(prefix="leadlight-init-") as name:
        trial = Path(name)
        work = Workdir(trial / "work")
        columns = _select_columns(tables, roles, tuple(missing), LeakageSuspects({}, {}, {}, {}))
        draft_file = trial / "params.yaml"
        draft_file.write_text(
            render(columns, None, trial, UnusableShares({}, {}, 0.0, ""), propose_policy(None))[0], encoding="utf-8"
        )
        limited = load_params(draft_file)
        draft = _lift_limits(limited)
        historised = ingest(draft, trial, work)["historised"]
        if not _has_wins(work):
            ingest(limited, trial, work)  # says why, where wins cannot be used
            raise NotEnoughDataError("The outcomes must include a win. Got none in the closed leads.")
        audit = build_report(draft, trial, work)
        columns = _select_columns(tables, roles, tuple(missing), find_suspects(audit, historised))
        timing = select_horizon(draft, work)
        rows = {name: len(table.frame) for name, table in tables.items()}
        unusable = measure_unusable(rows, audit["overview"], work)
        text, notes = render(columns, timing, output.parent, unusable, propose_policy(_count_calibration(timing, work)))
        with write_atomically(output) as temporary:
            temporary.write_text(text, encoding="utf-8")
            params = load_params(temporary)
            report = ingest(params, output.parent, work)
    quarantined = sum(entry["rows"] for entry in report["quarantine"])
    return Proposal(text, params, notes, tables, roles, columns, timing, quarantined)


def _list_used(tables: dict[str, SourceTable], roles: dict[str, ColumnRoles]) -> set[str]:
    """Return the columns of the leads' file that have a role, as leads or as the deals of the same file."""
    return roles["leads"].used | (roles["deals"].used if is_flat_export(tables) else set())


def _select_columns(
    tables: dict[str, SourceTable], roles: dict[str, ColumnRoles], missing: tuple[str, ...], suspects: LeakageSuspects
) -> SelectedColumns:
    leads = tables["leads"]
    used = _list_used(tables, roles)
    suspects = suspects._replace(leaks=suspects.leaks | find_durations(tables, roles))
    repeats = find_repeats_of_owner(leads.frame, roles["leads"])
    attributes, excluded = find_attributes(leads.frame, used, set(leads.times), missing, suspects, left_out=repeats)
    attributes, excluded = exclude_personal(attributes, excluded, find_display(leads.frame, used))
    excluded += [ExcludedColumn(name, reason) for name, reason in leads.left_out.items()]
    if not attributes and "activities" not in tables:
        reasons = "; ".join(f"{column.name}: {column.reason}" for column in excluded[:5])
        raise SourceError(
            "The leads must have a column that can be an attribute, or come with a file of activities. "
            f"Got {reasons or 'only columns of keys and times'}."
        )
    if "activities" not in tables:
        return SelectedColumns(attributes, excluded, [], {})
    frame, mapped = tables["activities"].frame, roles["activities"]
    taken = {attribute.name: "an attribute has this name" for attribute in attributes} | suspects.types
    signals, others = find_signals(frame[mapped.lead_id], frame[mapped.columns["type"]], taken, len(leads.frame))
    return SelectedColumns(attributes, excluded, signals, others)


def _count_calibration(timing: TimingProposal | None, work: Workdir) -> int | None:
    """Return the leads of the calibration window: where there are no dates, its share of all leads."""
    if timing is not None:
        return timing.calibration_leads
    return int(Split().calibrate_share * len(read_frame(work.tables / "leads.parquet", ["lead_id"])))


def _has_wins(work: Workdir) -> bool:
    return bool(read_frame(work.tables / "deals.parquet", ["won"])["won"].any())


def _lift_limits(params: Params) -> Params:
    """Return params without limits on what cannot be used: the trial run measures it."""
    limits = dict.fromkeys(("max_bad_share", "max_lost_win_share", "max_emptied_share"), 1.0)
    return params.model_copy(update={"source": params.source.model_copy(update=limits)})
