"""The store: what the nightly job writes to, and what the counter reads from."""

import datetime as dt
from collections.abc import Sequence

import pandas as pd
from sqlalchemy import Engine, func, or_, select
from sqlalchemy.sql.elements import ColumnElement

from leadlight.serving.score_changes import Change, Recourse
from leadlight.serving.scoring_run import ScoringRun, WriteResult, parse_context
from leadlight.serving.store.change_rows import read_changes, read_points, read_recourse, write_changes
from leadlight.serving.store.connection import translate_db_errors
from leadlight.serving.store.records import ClosedLead, StoredRun, StoredScore
from leadlight.serving.store.run_history import RunSummary, list_runs, read_scores
from leadlight.serving.store.tables import CLOSED, nights, scores
from leadlight.serving.store.validation import validate_scores
from leadlight.serving.store.view import (
    convert_row_to_record,
    convert_row_to_score,
    find_run,
    select_current_view,
)
from leadlight.serving.store.writing import compare_rerun, get_run_number, write_run

__all__ = ["Store"]


class Store:
    """Scores of all nights, and the current view derived from them.

    Parameters
    ----------
    engine : sqlalchemy.Engine
        Of a database whose tables are up to date; `open_store` makes one.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        # by code point, as the nightly file is sorted; a PostgreSQL database may sort by a language
        collation = "C" if engine.dialect.name == "postgresql" else "BINARY"
        self._lead_id = scores.c.lead_id.collate(collation)

    def close(self) -> None:
        """Give back all connections."""
        self._engine.dispose()

    def write_run(
        self,
        night: ScoringRun,
        scored: pd.DataFrame,
        moved: Sequence[Change] = (),
        opened: Sequence[Recourse] = (),
    ) -> WriteResult:
        """Write the scores of a night, all of them or none.

        Parameters
        ----------
        night : Night
        scored : pandas.DataFrame
            One row for every lead that is open: ``lead_id, as_of, probability, score, base_score, stage,
            fit_grade, engagement_grade, held_back, reasons, model_version``.
        moved : sequence of Change
            What moved the scores since the night before.
        opened : sequence of Opening
            What would carry leads over their next threshold.

        Returns
        -------
        NightResult
            A run id that is stored already is compared, and nothing is written.

        Raises
        ------
        StoreError
            Where the scores are not as they must be, or a newer night is stored.
        """
        words = parse_context(night.words)
        leads = validate_scores(night, words, scored)
        with translate_db_errors(self._engine.url):
            with self._engine.connect() as connection:
                stored = select(nights.c.night).where(nights.c.run_id == night.run_id)
                number = connection.scalar(stored)
                if number is not None:
                    return compare_rerun(connection, number, night, words, leads)
            with self._engine.begin() as connection:
                result = write_run(connection, night, words, leads)
                write_changes(connection, get_run_number(connection, night), moved, opened)
                return result

    def get_latest_run(self, as_of: dt.datetime | None = None) -> StoredRun | None:
        """Find the night that the current view shows.

        Parameters
        ----------
        as_of : datetime, optional
            The night that was shown at this moment; naive, UTC.

        Returns
        -------
        StoredNight or None
            None where no night is stored.
        """
        with translate_db_errors(self._engine.url), self._engine.connect() as connection:
            return find_run(connection, as_of)

    def list_runs(self, until: dt.datetime) -> list[RunSummary]:
        """List the nights of moments up to `until` (naive, UTC), newest first, one a moment."""
        with translate_db_errors(self._engine.url), self._engine.connect() as connection:
            return list_runs(connection, until)

    def read_scores(self, night: int) -> pd.DataFrame:
        """Give the scores that were shown after a night.

        Parameters
        ----------
        night : int
            Its number.

        Returns
        -------
        pandas.DataFrame
            ``lead_id, probability, score, base_score, stage``, one row a lead, by lead id.
        """
        with translate_db_errors(self._engine.url), self._engine.connect() as connection:
            return read_scores(connection, night)

    def read_changes(self, night: int, leads: Sequence[str] | None = None) -> dict[str, Change]:
        """Tell what moved scores on a night, since the one before.

        Parameters
        ----------
        night : int
            Its number.
        leads : sequence of str, optional
            Only of these; of all if left out.

        Returns
        -------
        dict of str to Change
            By lead id; a lead that was not shown on the night before has none.
        """
        with translate_db_errors(self._engine.url), self._engine.connect() as connection:
            return read_changes(connection, night, leads)

    def read_recourse(self, night: int, lead_id: str) -> list[Recourse]:
        """Tell what would have carried a lead over its next threshold on a night, the best first."""
        with translate_db_errors(self._engine.url), self._engine.connect() as connection:
            return read_recourse(connection, night, lead_id)

    def read_points(self, night: int, leads: Sequence[str]) -> pd.DataFrame:
        """Give the points that leads were shown with after a night: one row a lead, one column a topic."""
        with translate_db_errors(self._engine.url), self._engine.connect() as connection:
            return read_points(connection, night, leads)

    def list_current(self, limit: int, offset: int = 0, stage: str | None = None) -> list[StoredScore]:
        """List the leads of the current view, highest score first.

        Parameters
        ----------
        limit, offset : int
            Leads to list, and to skip.
        stage : str, optional
            Only leads in this stage.

        Returns
        -------
        list of StoredScore
            Ordered by score, then by lead id.
        """
        with translate_db_errors(self._engine.url), self._engine.connect() as connection:
            night = find_run(connection)
            if night is None:
                return []
            query = select_current_view(night.night).order_by(scores.c.score.desc(), self._lead_id)
            if stage is not None:
                query = query.where(scores.c.stage == stage)
            rows = connection.execute(query.limit(limit).offset(offset))
            return [convert_row_to_score(row, night.as_of, night.words) for row in rows]

    def count(self, stage: str | None = None) -> int:
        """Count the leads of the current view.

        Parameters
        ----------
        stage : str, optional
            Only leads in this stage.

        Returns
        -------
        int
        """
        return self._count(scores.c.stage == stage) if stage is not None else self._count()

    def rank(self, score: StoredScore) -> int:
        """Tell at which place of the current view a lead stands.

        Parameters
        ----------
        score : StoredScore
            Of a lead in the current view.

        Returns
        -------
        int
            1 is the highest score; equal scores stand in the order of `current`.
        """
        tie = (scores.c.score == score.score) & (self._lead_id < score.lead_id)
        return self._count(or_(scores.c.score > score.score, tie)) + 1

    def get_lead(self, lead_id: str, as_of: dt.datetime | None = None) -> StoredScore | None:
        """Find the score of one lead.

        Parameters
        ----------
        lead_id : str
        as_of : datetime, optional
            As it was shown at this moment; naive, UTC.

        Returns
        -------
        StoredScore or None
            None where the lead is unknown or closed at that moment.
        """
        with translate_db_errors(self._engine.url), self._engine.connect() as connection:
            night = find_run(connection, as_of)
            if night is None:
                return None
            query = select(scores).where(scores.c.lead_id == lead_id, scores.c.night <= night.night)
            row = connection.execute(query.order_by(scores.c.night.desc()).limit(1)).one_or_none()
            if row is None or row.stage == CLOSED:
                return None
            return convert_row_to_score(row, night.as_of, night.words)

    def read_history(self, lead_id: str) -> list[StoredScore | ClosedLead]:
        """List every row of one lead.

        Parameters
        ----------
        lead_id : str

        Returns
        -------
        list of StoredScore or Closing
            Oldest first, each as it was written.
        """
        with translate_db_errors(self._engine.url), self._engine.connect() as connection:
            night = find_run(connection)
            if night is None:
                return []
            query = select(scores).where(scores.c.lead_id == lead_id).order_by(scores.c.night)
            return [convert_row_to_record(row, night.words) for row in connection.execute(query)]

    def _count(self, *conditions: ColumnElement[bool]) -> int:
        with translate_db_errors(self._engine.url), self._engine.connect() as connection:
            night = find_run(connection)
            if night is None:
                return 0
            rows = select_current_view(night.night).where(*conditions).subquery()
            return int(connection.scalar(select(func.count()).select_from(rows)) or 0)
