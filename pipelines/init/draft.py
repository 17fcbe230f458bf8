"""What was detected before anything runs, and the params file of it, which can be written even where it cannot run."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from leadlight.features.errors import LeadlightError, NotEnoughDataError, SourceError
from leadlight.pipelines.init.attribute_detection import DetectedAttribute, ExcludedColumn, find_attributes
from leadlight.pipelines.init.display_detection import exclude_personal, find_display, write_display
from leadlight.pipelines.init.document import ReviewNote, YamlDocument
from leadlight.pipelines.init.echoes import find_durations, find_repeats_of_owner
from leadlight.pipelines.init.flat_export import is_flat_export
from leadlight.pipelines.init.horizon_selection import TimingProposal
from leadlight.pipelines.init.key_detection import DetectedKeys
from leadlight.pipelines.init.leakage_suspects import LeakageSuspects
from leadlight.pipelines.init.policy_proposal import propose_policy
from leadlight.pipelines.init.roles import ColumnRoles
from leadlight.pipelines.init.signal_detection import DetectedSignal, find_signals
from leadlight.pipelines.init.source_tables import SourceTable
from leadlight.pipelines.init.unusable_rows import UnusableShares
from leadlight.pipelines.init.yaml_sections import write_attributes, write_model_sections, write_signals, write_timing
from leadlight.pipelines.init.yaml_source import write_source
from leadlight.pipelines.params.sections import Policy
from leadlight.pipelines.sources.columns.yes_no import replace_words

__all__ = ["Draft", "SelectedColumns", "UnmappedTable", "list_used", "require_information", "select_columns"]


class SelectedColumns(NamedTuple):
    """Attributes and signals to use, excluded columns, and other activity types with the reason."""

    attributes: list[DetectedAttribute]
    excluded: list[ExcludedColumn]
    signals: list[DetectedSignal]
    others: dict[str, str]


class UnmappedTable(NamedTuple):
    """A file that is left out, and the sentence that says why."""

    table: SourceTable
    reason: str


@dataclass(frozen=True)
class Draft:
    """Tables, keys, roles and placeholders as detected, and the files that were left out."""

    tables: dict[str, SourceTable]
    keys: DetectedKeys
    roles: dict[str, ColumnRoles]
    missing: dict[str, list[str]]
    kept: dict[str, list[str]]  # words that may be placeholders and are taken as values -> columns
    left_out: dict[str, UnmappedTable]

    @property
    def problem(self) -> LeadlightError | None:
        """Why params made of this cannot run; None where they may."""
        leads = self.tables["leads"].frame
        if "deals" in self.left_out:
            return SourceError(self.left_out["deals"].reason)
        if "deals" not in self.tables and self.roles["leads"].outcome is None:
            return SourceError(
                "The leads must come with a file of deals (--deals) or have a column of outcomes, which --outcome can "
                f"name. Got no column of two values such as yes and no among {', '.join(map(str, leads.columns))}."
            )
        if "deals" in self.roles and (status := self.roles["deals"].outcome) is not None and not status.won:
            lost = " and ".join(status.lost)
            return NotEnoughDataError(
                f"The column {status.column} of deals must have a value that means won. Got {lost}."
            )
        return None

    def render(
        self,
        columns: SelectedColumns,
        folder: Path,
        *,
        timing: TimingProposal | None = None,
        unusable: UnusableShares | None = None,
        policy: Policy | None = None,
        problem: str = "",
    ) -> tuple[str, tuple[ReviewNote, ...]]:
        """Return the text of a params file for `folder`, and its lines to look at."""
        document = YamlDocument()
        files = ", ".join(dict.fromkeys(table.path.name for table in self.tables.values()))
        document.add_comment(
            f'Proposed by `leadlight init` from {files}. Read every line: lines marked with "look" are a '
            "guess that only you can settle. Every key is explained in docs/params.md."
        )
        if problem:
            document.add_comment(f"this file cannot run yet: {problem}", look=True)
        unusable = unusable or UnusableShares({}, {}, 0.0, "")
        write_source(
            document,
            self.tables,
            self.keys,
            self.roles,
            missing=self.missing,
            kept=self.kept,
            unusable=unusable,
            folder=folder,
        )
        for name, (table, reason) in self.left_out.items():
            document.add_comment(f"{table.path.name} is left out: {reason}", 2, look=True)
            document.add_comment(f"{name}:", 2)
            document.add_comment(f"  path: {table.path.name}", 2)
        document.add_comment("")
        leads = self.tables["leads"].frame
        write_display(document, find_display(leads, list_used(self.tables, self.roles)))
        write_attributes(document, columns.attributes, columns.excluded)
        document.add_comment("")
        if "activities" in self.tables:
            write_signals(document, columns.signals, columns.others)
            document.add_comment("")
        write_timing(document, timing)
        write_model_sections(document, policy or propose_policy(None))
        return document.render()

    def render_with(self, problem: Exception, folder: Path) -> str:
        """Return the text of a file that cannot run, with the problem above everything else."""
        columns = select_columns(self.tables, self.roles, tuple(self.missing), LeakageSuspects({}, {}, {}, {}))
        return self.render(columns, folder, problem=str(problem))[0]


def list_used(tables: dict[str, SourceTable], roles: dict[str, ColumnRoles]) -> set[str]:
    """Return the columns of the leads' file that have a role, as leads or as the deals of the same file."""
    return roles["leads"].used | (roles["deals"].used if is_flat_export(tables) else set())


def select_columns(
    tables: dict[str, SourceTable], roles: dict[str, ColumnRoles], missing: tuple[str, ...], suspects: LeakageSuspects
) -> SelectedColumns:
    """Select attributes and signals.

    Parameters
    ----------
    tables, roles
        What was detected.
    missing : tuple of str
        Placeholders for missing values.
    suspects : LeakageSuspects
        What the audit of a trial run found.
    """
    leads = tables["leads"]
    used = list_used(tables, roles)
    suspects = suspects._replace(leaks=suspects.leaks | find_durations(tables, roles))
    repeats = find_repeats_of_owner(leads.frame, roles["leads"])
    attributes, excluded = find_attributes(leads.frame, used, set(leads.times), missing, suspects, left_out=repeats)
    attributes, excluded = exclude_personal(attributes, excluded, find_display(leads.frame, used))
    excluded += [ExcludedColumn(name, reason) for name, reason in leads.left_out.items()]
    if "activities" not in tables:
        return SelectedColumns(attributes, excluded, [], {})
    taken = {attribute.name: "an attribute has this name" for attribute in attributes} | suspects.types
    signals, others = find_signals(
        *_list_types(tables["activities"].frame, roles["activities"]), taken, len(leads.frame)
    )
    return SelectedColumns(attributes, excluded, signals, others)


def require_information(columns: SelectedColumns, tables: dict[str, SourceTable]) -> None:
    """Raise SourceError if nothing is known of the leads."""
    if not columns.attributes and "activities" not in tables:
        reasons = "; ".join(f"{column.name}: {column.reason}" for column in columns.excluded[:5])
        raise SourceError(
            "The leads must have a column that can be an attribute, or come with a file of activities. "
            f"Got {reasons or 'only columns of keys and times'}."
        )


def _list_types(frame: pd.DataFrame, roles: ColumnRoles) -> tuple[pd.Series, pd.Series]:
    """Return lead and type of each activity."""
    leads = frame[roles.lead_id]
    if roles.type_is:
        return leads, pd.Series(roles.type_is, frame.index)
    if not roles.flags:
        return leads, frame[roles.columns["type"]]
    is_set = {name: pd.to_numeric(replace_words(frame[name]), errors="coerce") > 0 for name in roles.flags}
    types = pd.concat([pd.Series(name, frame.index[rows]) for name, rows in is_set.items()])
    return leads.loc[types.index], types
