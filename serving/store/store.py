"""The score store: written by the scoring job, read by the API and pages."""

import datetime as dt
from collections.abc import Iterator, Sequence

import pandas as pd
from sqlalchemy import Connection, Engine, func, select

from leadlight.serving.lead_display import LeadDisplay
from leadlight.serving.score_changes import Change, Recourse
from leadlight.serving.scoring_run import ScoringRun, WriteResult, parse_context
from leadlight.serving.store.change_rows import read_changes, read_points, read_recourse, write_changes
from leadlight.serving.store.connection import translate_db_errors
from leadlight.serving.store.display_rows import build_conditions, read_display, replace_display
from leadlight.serving.store.records import ClosedLead, StoredRun, StoredScore
from leadlight.serving.store.run_history import RunSummary, list_runs, read_scores
from leadlight.serving.store.tables import CLOSED, nights, scores
from leadlight.serving.store.validation import validate_scores
from leadlight.serving.store.view import (
    convert_row_to_record,
    convert_row_to_score,
    find_run,
    rank_scores,
    select_current_view,
)
from leadlight.serving.store.view_changes import ViewChange, stream_changes
from leadlight.serving.store.withdrawal import was_withdrawn, withdraw_run
from leadlight.serving.store.writing import compare_rerun, get_run_number, write_run

__all__ = ["Store"]


class Store:
    """Scores of all runs, and the current view derived from them.

    Parameters
    ----------
    engine : sqlalchemy.Engine
        Of a database whose tables are up to date; see `open_store`.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        # sort by code point, as the exported file does; PostgreSQL may use a language collation
        collation = "C" if engine.dialect.name == "postgresql" else "BINARY"
        self._lead_id = scores.c.lead_id.collate(collation)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def write_run(
        self,
        night: ScoringRun,
        scored: pd.DataFrame,
        changes: Sequence[Change] = (),
        recourse: Sequence[Recourse] = (),
        display: Sequence[LeadDisplay] = (),
    ) -> WriteResult:
        """Write the scores of a run in one transaction.

        Parameters
        ----------
        night : ScoringRun
        scored : pandas.DataFrame
            One row per open lead: ``lead_id, as_of, probability, score, base_score, stage,
            fit_grade, engagement_grade, held_back, reasons, model_version``.
        changes : sequence of Change
            Score changes since the run before.
        recourse : sequence of Recourse
            Changes of activity that would lift leads over their next threshold.
        display : sequence of LeadDisplay
            What is shown of the leads. It replaces all that was shown before, without a history; leads that are not
            in it are erased.

        Returns
        -------
        WriteResult
            If the run id is already stored, the scores are only compared, and what is shown is replaced if no newer
            run is stored: :meth:`compare_rerun` and :meth:`replace_display`.

        Raises
        ------
        StoreError
            If the scores are invalid or a newer run is stored.
        """
        rerun = self.compare_rerun(night, scored)
        if rerun is not None:
            self.replace_display(night, display)
            return rerun
        words = parse_context(night.words)
        leads = validate_scores(night, words, scored)
        with translate_db_errors(self._engine.url), self._engine.begin() as connection:
            result = write_run(connection, night, words, leads)
            number = get_run_number(connection, night)
            write_changes(connection, number, changes, recourse)
            replace_display(connection, number, display)
            return result

    def replace_display(self, night: ScoringRun, display: Sequence[LeadDisplay]) -> None:
        """Replace what is shown of the leads by that of a stored run; does nothing if a newer run is stored."""
        with translate_db_errors(self._engine.url), self._engine.begin() as connection:
            replace_display(connection, get_run_number(connection, night), display)

    def compare_rerun(self, night: ScoringRun, scored: pd.DataFrame) -> WriteResult | None:
        """Compare the scores of a run with those stored of it; None if it is not stored. Writes nothing.

        Arguments and errors as in :meth:`write_run`.
        """
        with translate_db_errors(self._engine.url), self._engine.connect() as connection:
            number = connection.scalar(select(nights.c.night).where(nights.c.run_id == night.run_id))
            if number is None:
                return None
            words = parse_context(night.words)
            return compare_rerun(connection, number, night, words, validate_scores(night, words, scored))

    def withdraw_run(self, as_of: dt.datetime, reason: str) -> RunSummary:
        """Take the newest run back; see :func:`leadlight.serving.store.withdrawal.withdraw_run`."""
        with translate_db_errors(self._engine.url), self._engine.begin() as connection:
            return withdraw_run(connection, as_of, reason)

    def get_latest_run(self, as_of: dt.datetime | None = None) -> StoredRun | None:
        """Get the run of the current view.

        Parameters
        ----------
        as_of : datetime, optional
            The latest run up to this time; naive, UTC.

        Returns
        -------
        StoredRun or None
            None if no run is stored.
        """
        with translate_db_errors(self._engine.url), self._engine.connect() as connection:
            return find_run(connection, as_of)

    def list_runs(self, until: dt.datetime) -> list[RunSummary]:
        """List runs up to `until` (naive, UTC), newest first, the last one per as-of time."""
        with translate_db_errors(self._engine.url), self._engine.connect() as connection:
            return list_runs(connection, until)

    def read_scores(self, night: int) -> pd.DataFrame:
        """Read the scores of all leads after a run.

        Parameters
        ----------
        night : int
            Number of the run.

        Returns
        -------
        pandas.DataFrame
            ``lead_id, probability, score, base_score, stage``, one row per lead, sorted by lead id.
        """
        with translate_db_errors(self._engine.url), self._engine.connect() as connection:
            return read_scores(connection, night)

    def read_changes(self, night: int, leads: Sequence[str] | None = None) -> dict[str, Change]:
        """Read the score changes of a run since the run before.

        Parameters
        ----------
        night : int
            Number of the run.
        leads : sequence of str, optional
            Only these leads; default all.

        Returns
        -------
        dict of str to Change
            By lead id; only leads that were shown after the run before.
        """
        with translate_db_errors(self._engine.url), self._engine.connect() as connection:
            return read_changes(connection, night, leads)

    def read_recourse(self, night: int, lead_id: str) -> list[Recourse]:
        """Read the recourse of a lead in a run, highest score first."""
        with translate_db_errors(self._engine.url), self._engine.connect() as connection:
            return read_recourse(connection, night, lead_id)

    def read_points(self, night: int, leads: Sequence[str]) -> pd.DataFrame:
        """Read the points of leads after a run: one row per lead, one column per topic."""
        with translate_db_errors(self._engine.url), self._engine.connect() as connection:
            return read_points(connection, night, leads)

    def list_current(
        self, limit: int, offset: int = 0, stage: str | None = None, search: str | None = None, owner: str | None = None
    ) -> list[StoredScore]:
        """List the leads of the current view, highest score first.

        Parameters
        ----------
        limit, offset : int
            Leads to list, and to skip.
        stage, search, owner : str, optional
            Only leads in this stage, with these words in what is shown of them, and of this owner.

        Returns
        -------
        list of StoredScore
            Ordered by score, then by lead id.
        """
        with translate_db_errors(self._engine.url), self._engine.connect() as connection:
            night = find_run(connection)
            if night is None:
                return []
            query = select_current_view(night.night).where(*build_conditions(stage, search, owner))
            query = query.order_by(scores.c.score.desc(), self._lead_id)
            rows = connection.execute(query.limit(limit).offset(offset))
            return _complete(connection, night, [convert_row_to_score(row, night.as_of, night.words) for row in rows])

    def count(self, stage: str | None = None, search: str | None = None, owner: str | None = None) -> int:
        """Count the leads of the current view; arguments as in :meth:`list_current`."""
        with translate_db_errors(self._engine.url), self._engine.connect() as connection:
            night = find_run(connection)
            if night is None:
                return 0
            rows = select_current_view(night.night).where(*build_conditions(stage, search, owner)).subquery()
            return int(connection.scalar(select(func.count()).select_from(rows)) or 0)

    def stream_changes(self, run: StoredRun, before: StoredRun | None, whole: bool) -> Iterator[ViewChange]:
        """Stream leads of a run; see :func:`leadlight.serving.store.view_changes.stream_changes`."""
        with translate_db_errors(self._engine.url), self._engine.connect() as connection:
            yield from stream_changes(connection, run, before, whole, self._lead_id)

    def was_withdrawn(self, since: dt.datetime) -> bool:
        """Whether a run later than `since` (naive, UTC) was taken back."""
        with translate_db_errors(self._engine.url), self._engine.connect() as connection:
            return was_withdrawn(connection, since)

    def get_lead(self, lead_id: str, as_of: dt.datetime | None = None) -> StoredScore | None:
        """Get the score of one lead.

        Parameters
        ----------
        lead_id : str
        as_of : datetime, optional
            As it was shown at this time; naive, UTC.

        Returns
        -------
        StoredScore or None
            None if the lead is unknown or closed at that time.
        """
        if "\0" in lead_id:  # in no id; PostgreSQL cannot even compare it
            return None
        with translate_db_errors(self._engine.url), self._engine.connect() as connection:
            night = find_run(connection, as_of)
            if night is None:
                return None
            query = select(scores).where(scores.c.lead_id == lead_id, scores.c.night <= night.night)
            row = connection.execute(query.order_by(scores.c.night.desc()).limit(1)).one_or_none()
            if row is None or row.stage == CLOSED:
                return None
            return _complete(connection, night, [convert_row_to_score(row, night.as_of, night.words)])[0]

    def read_history(self, lead_id: str) -> list[StoredScore | ClosedLead]:
        """List all stored rows of one lead.

        Parameters
        ----------
        lead_id : str

        Returns
        -------
        list of StoredScore or ClosedLead
            Oldest first, each as it was written.
        """
        with translate_db_errors(self._engine.url), self._engine.connect() as connection:
            night = find_run(connection)
            if night is None:
                return []
            query = select(scores).where(scores.c.lead_id == lead_id).order_by(scores.c.night)
            return [convert_row_to_record(row, night.words) for row in connection.execute(query)]


def _complete(connection: Connection, night: StoredRun, found: Sequence[StoredScore]) -> list[StoredScore]:
    """Add ranks, and what is shown of the leads."""
    shown = read_display(connection, [score.lead_id for score in found])
    return [score._replace(display=shown.get(score.lead_id)) for score in rank_scores(connection, night, found)]
