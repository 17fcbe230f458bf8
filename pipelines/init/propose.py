"""``leadlight init``: look at the files, write a first params file, and try it before anybody else does."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from leadlight.features.errors import NotEnoughDataError, ParamsError, SourceError
from leadlight.pipelines.init.attribute_detection import (
    DetectedAttribute,
    ExcludedColumn,
    KnownColumns,
    find_attributes,
    find_missing,
)
from leadlight.pipelines.init.column_roles import ColumnRoles, find_roles
from leadlight.pipelines.init.document import ReviewNote, YamlDocument
from leadlight.pipelines.init.horizon_selection import TimingProposal, select_horizon
from leadlight.pipelines.init.key_detection import DetectedKeys, find_keys
from leadlight.pipelines.init.leakage_suspects import LeakageSuspects, find_suspects
from leadlight.pipelines.init.signal_detection import DetectedSignal, find_signals
from leadlight.pipelines.init.source_tables import SourceTable, read_tables, strip_text
from leadlight.pipelines.init.yaml_sections import (
    write_attributes,
    write_model_sections,
    write_signals,
    write_timing,
)
from leadlight.pipelines.init.yaml_source import write_source
from leadlight.pipelines.params import Params, load_params
from leadlight.pipelines.stages.ingest import ingest
from leadlight.pipelines.workspace.workdir import Workdir, read_frame, write_atomically

__all__ = ["Proposal", "propose"]


@dataclass(frozen=True)
class SelectedColumns:
    """What is proposed to be used, and what is not.

    Parameters
    ----------
    attributes, left : list
        Columns of the leads.
    signals, others : list, dict
        Activity types, and those without a name of their own with the reason.
    """

    attributes: list[DetectedAttribute]
    left: list[ExcludedColumn]
    signals: list[DetectedSignal]
    others: dict[str, str]


@dataclass(frozen=True)
class Proposal:
    """A params file, and what it was made from.

    Parameters
    ----------
    text : str
        The file.
    params : Params
        What it says.
    review_notes : tuple of Look
        Lines that a person should look at.
    sheets, keys, roles, chosen, timing
        What was found.
    quarantined : int
        Rows and cells that a trial reading could not use.
    """

    text: str
    params: Params
    review_notes: tuple[ReviewNote, ...]
    sheets: dict[str, SourceTable]
    keys: DetectedKeys
    roles: dict[str, ColumnRoles]
    chosen: SelectedColumns
    timing: TimingProposal | None
    quarantined: int


def propose(paths: dict[str, Path], output: Path, force: bool = False) -> Proposal:
    """Propose a params file.

    Parameters
    ----------
    paths : dict
        leads, and where there are such files activities, deals and history -> the file.
    output : Path
        The params file to write.
    force : bool
        Whether a file that is there may be written over.

    Returns
    -------
    Proposal
        It was read back, and its source was ingested into a folder that is gone again.

    Raises
    ------
    ParamsError
        If `output` is there and `force` is not given.
    SourceError
        If a file cannot be read, or lacks what no mapping can do without. Nothing is written then.
    NotEnoughDataError
        If there is no win.
    """
    if output.exists() and not force:
        raise ParamsError(
            f"The params file to write must be new, or --force given. Got {output}, which exists."
        )
    sheets = read_tables(paths)
    keys = find_keys(sheets)
    roles = find_roles(sheets, keys)
    mine = roles["leads"]
    free = [column for column in map(str, sheets["leads"].frame.columns) if column not in mine.used]
    missing = find_missing(sheets["leads"].frame, [c for c in free if c not in sheets["leads"].times])

    def page(chosen: SelectedColumns, timing: TimingProposal | None, folder: Path) -> YamlDocument:
        written = YamlDocument()
        _head(written, sheets)
        bad = _unusable(keys, roles, sheets)
        write_source(written, sheets, keys, roles, missing=missing, bad=bad, folder=folder)
        written.add_blank()
        write_attributes(written, chosen.attributes, chosen.left)
        written.add_blank()
        if "activities" in sheets:
            write_signals(written, chosen.signals, chosen.others)
            written.add_blank()
        write_timing(written, timing)
        write_model_sections(written)
        return written

    with tempfile.TemporaryDirectory(prefix="leadlight-init-") as name:
        trial = Path(name)
        work = Workdir(trial / "work")
        first = _choose(sheets, roles, tuple(missing), LeakageSuspects())
        _demand_something_known(first, sheets)
        draft = _loaded(page(first, None, trial), trial)
        ingest(draft, trial, work)
        _demand_wins(work)
        chosen = _choose(sheets, roles, tuple(missing), find_suspects(draft, trial, work))
        _demand_something_known(chosen, sheets)
        timing = select_horizon(draft, work)
        final = page(chosen, timing, output.parent)
        with write_atomically(output) as temporary:
            temporary.write_text(final.text, encoding="utf-8")
            params = load_params(temporary)
            report = ingest(params, output.parent, work)
    quarantined = sum(entry["rows"] for entry in report["quarantine"])
    return Proposal(final.text, params, tuple(final.looks), sheets, keys, roles, chosen, timing, quarantined)


def _choose(
    sheets: dict[str, SourceTable],
    roles: dict[str, ColumnRoles],
    missing: tuple[str, ...],
    suspects: LeakageSuspects,
) -> SelectedColumns:
    leads = sheets["leads"]
    known = KnownColumns(
        roles["leads"].used, frozenset(leads.times), missing, suspects.leaks, suspects.doubts
    )
    attributes, left = find_attributes(leads.frame, known)
    left += [ExcludedColumn(name, "a list or record, not a single value") for name in leads.nested]
    if "activities" not in sheets:
        return SelectedColumns(attributes, left, [], {})
    frame, mapped = sheets["activities"].frame, roles["activities"]
    types = frame[mapped.columns["type"]]
    names = {attribute.name for attribute in attributes}
    taken = dict.fromkeys(names, "an attribute has this name") | suspects.types
    return SelectedColumns(
        attributes, left, *find_signals(frame[mapped.lead_id], types, taken, len(leads.frame))
    )


def _demand_something_known(chosen: SelectedColumns, sheets: dict[str, SourceTable]) -> None:
    if chosen.attributes or "activities" in sheets:
        return
    reasons = "; ".join(f"{entry.name}: {entry.reason}" for entry in chosen.left[:5])
    raise SourceError(
        "The leads must have a column that is fit to be an attribute, or come with a file of activities. "
        f"Got {reasons or 'no column but those of keys and times'}."
    )


def _demand_wins(work: Workdir) -> None:
    deals = read_frame(work.tables / "deals.parquet", ["won"])
    if not deals["won"].any():
        raise NotEnoughDataError(
            f"The outcomes must hold wins. Got none in {len(deals):,} closed leads of the leads file."
        )


def _loaded(page: YamlDocument, folder: Path) -> Params:
    (folder / "params.yaml").write_text(page.text, encoding="utf-8")
    return load_params(folder / "params.yaml")


def _unusable(
    keys: DetectedKeys, roles: dict[str, ColumnRoles], sheets: dict[str, SourceTable]
) -> dict[str, float]:
    """Share of each table's rows that will be found in quarantine, from below."""
    bad = {}
    for name, sheet in sheets.items():
        time, outcome = roles[name].time, roles[name].outcome
        untimed = float(time.times.isna().mean()) if time else 0.0
        unknown = 1 - keys.known.get(name, 1.0)
        unclear = sum(outcome.neither.values()) / len(sheet.frame) if outcome and name == "deals" else 0.0
        repeated = keys.repeated / len(sheet.frame) if name == "leads" else 0.0
        keyless = float(strip_text(sheet.frame[keys.columns[name]]).isna().mean()) if name == "leads" else 0.0
        bad[name] = max(untimed, unknown, unclear) + repeated + keyless
    return bad


def _head(page: YamlDocument, sheets: dict[str, SourceTable]) -> None:
    files = ", ".join(sheet.path.name for sheet in sheets.values())
    page.add_comment(
        f'Proposed by `leadlight init` from {files}. Read it line by line: lines marked with "look" hold a '
        "guess that only you can settle. Every key is explained in docs/params.md."
    )
