"""``leadlight init``: examine the files, propose a first params file, and try it before it is written."""

import tempfile
from pathlib import Path
from typing import NamedTuple

from leadlight.features.errors import NotEnoughDataError, ParamsError, SourceError
from leadlight.pipelines.audit.report import build_report
from leadlight.pipelines.init.attribute_detection import find_missing
from leadlight.pipelines.init.column_roles import find_roles
from leadlight.pipelines.init.day_month_order import resolve_order_by_deals
from leadlight.pipelines.init.document import ReviewNote
from leadlight.pipelines.init.draft import (
    Draft,
    SelectedColumns,
    UnmappedTable,
    list_used,
    require_information,
    select_columns,
)
from leadlight.pipelines.init.flat_export import add_deals_of_flat_export, add_deals_of_stages
from leadlight.pipelines.init.horizon_selection import TimingProposal, select_horizon
from leadlight.pipelines.init.key_detection import find_keys
from leadlight.pipelines.init.leakage_suspects import LeakageSuspects, find_suspects
from leadlight.pipelines.init.policy_proposal import propose_policy
from leadlight.pipelines.init.roles import ColumnRoles
from leadlight.pipelines.init.source_tables import SourceTable, read_tables, strip_text
from leadlight.pipelines.init.unmappable import find_unmappable
from leadlight.pipelines.init.unusable_rows import measure_unusable
from leadlight.pipelines.params import Params, load_params
from leadlight.pipelines.params.sections import Split
from leadlight.pipelines.stages.ingest import ingest
from leadlight.pipelines.workspace.workdir import Workdir, read_frame, write_atomically

__all__ = ["Proposal", "propose"]


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
        leads and, where there are such files, activities, deals, history and stages -> the file.
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
        If a file cannot be read, or `outcome` is no column that can be one: nothing is written then. If the files do
        not say who won, or nothing is known of the leads: a draft is written, which says so and cannot run.
    NotEnoughDataError
        If there is no win: a draft is written too.
    """
    if output.exists() and not force:
        raise ParamsError(f"The params file to write must be new, or --force given. Got {output}, which exists.")
    draft = _examine(paths, outcome)
    try:
        if draft.problem is not None:
            raise draft.problem
        return _try_out(draft, output)
    except (NotEnoughDataError, SourceError) as error:
        with write_atomically(output) as temporary:
            temporary.write_text(draft.render_with(error, output.parent), encoding="utf-8")
        asked = f"{output} was written all the same, with what to look at; it cannot run before that is settled."
        raise type(error)(f"{error} {asked}") from None


def _try_out(draft: Draft, output: Path) -> Proposal:
    """Run a draft, measure what it cannot use, and write the file."""
    tables, roles, missing = draft.tables, draft.roles, tuple(draft.missing)
    with tempfile.TemporaryDirectory(prefix="leadlight-init-") as name:
        trial = Path(name)
        work = Workdir(trial / "work")
        columns = select_columns(tables, roles, missing, LeakageSuspects({}, {}, {}, {}))
        require_information(columns, tables)  # params must name something
        draft_file = trial / "params.yaml"
        draft_file.write_text(draft.render(columns, trial)[0], encoding="utf-8")
        limited = load_params(draft_file)
        unlimited = _lift_limits(limited)
        historised = ingest(unlimited, trial, work)["historised"]
        if not _has_wins(work):
            ingest(limited, trial, work)  # says why, where wins cannot be used
            raise NotEnoughDataError("The outcomes must include a win. Got none in the closed leads.")
        audit = build_report(unlimited, trial, work)
        columns = select_columns(tables, roles, missing, find_suspects(audit, historised))
        require_information(columns, tables)
        timing = select_horizon(unlimited, work)
        rows = {name: len(table.frame) for name, table in tables.items()}
        unusable = measure_unusable(rows, audit["overview"], work)
        policy = propose_policy(_count_calibration(timing, work))
        text, notes = draft.render(columns, output.parent, timing=timing, unusable=unusable, policy=policy)
        with write_atomically(output) as temporary:
            temporary.write_text(text, encoding="utf-8")
            params = load_params(temporary)
            report = ingest(params, output.parent, work)
    quarantined = sum(entry["rows"] for entry in report["quarantine"])
    return Proposal(text, params, notes, tables, roles, columns, timing, quarantined)


def _examine(paths: dict[str, Path], outcome: str | None) -> Draft:
    """Read the files and find keys and roles; files that cannot be mapped are left out."""
    tables, left_out = read_tables(paths), dict[str, UnmappedTable]()
    keys = find_keys(tables)
    while found := find_unmappable(tables, keys):
        left_out |= {name: UnmappedTable(tables[name], reason) for name, reason in found.items()}
        tables = {name: table for name, table in tables.items() if name not in found}
        keys = keys._replace(columns={name: column for name, column in keys.columns.items() if name in tables})
    tables, keys = add_deals_of_flat_export(tables, keys, outcome)
    tables, keys = add_deals_of_stages(tables, keys, outcome)
    roles = find_roles(tables, keys, outcome)
    resolve_order_by_deals(tables, roles)
    leads = tables["leads"]
    used = list_used(tables, roles)
    roleless = [c for c in map(str, leads.frame.columns) if c not in used | set(leads.times)]
    missing, kept = find_missing(leads.frame, roleless, _list_values(tables, roles))
    return Draft(tables, keys, roles, missing, kept, left_out)


def _list_values(tables: dict[str, SourceTable], roles: dict[str, ColumnRoles]) -> set[str]:
    """Return the values of types, objects, stages and outcomes, which a placeholder would empty."""
    values: set[str] = set()
    for name, mapped in roles.items():
        columns = [mapped.columns.get(role) for role in ("type", "object", "stage")]
        for column in [*columns, mapped.outcome.column if mapped.outcome else None]:
            values |= set(strip_text(tables[name].frame[column]).dropna()) if column else set()
    return values


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
