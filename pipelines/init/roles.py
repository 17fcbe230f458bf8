"""What the columns of a table are for."""

from dataclasses import dataclass, field

from leadlight.pipelines.init.outcome_detection import DetectedOutcome
from leadlight.pipelines.init.time_format import DetectedTimeFormat

__all__ = ["ColumnRoles"]


@dataclass
class ColumnRoles:
    """Roles of the columns of one table."""

    lead_id: str | None  # none: the number of the row
    time: DetectedTimeFormat | None = None  # created_at, occurred_at, closed_at or changed_at
    opened: DetectedTimeFormat | None = None  # opened_at of deals
    columns: dict[str, str] = field(default_factory=dict)  # role -> column, in the other roles
    outcome: DetectedOutcome | None = None  # status of deals, outcome of leads
    #: a column of deals named like a status, and its values, none of which means won
    unrecognized_status: tuple[str, tuple[str, ...]] | None = None
    type_is: str = ""  # of activities without a column of types
    flags: tuple[str, ...] = ()  # columns of activities, each of which is a type
    doubt: str = ""  # what to look at, of the type of activities
    reopens: tuple[str, ...] = ()  # stages that reopen a lead
    #: where no outcome was found: columns that may be one -> the rarest value of each
    likely_outcomes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    granted: tuple[str, ...] = ()  # values that mean consent
    other_times: tuple[str, ...] = ()

    @property
    def used(self) -> set[str]:
        """Columns with a role."""
        times = {time.column for time in (self.time, self.opened) if time}
        outcome = {self.outcome.column} if self.outcome else set()
        return {name for name in (self.lead_id, *times, *outcome, *self.columns.values(), *self.flags) if name}
