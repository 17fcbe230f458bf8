"""The store: what the nightly job writes to, and what the counter reads from."""

import datetime as dt
from collections.abc import Sequence

import pandas as pd
from sqlalchemy import Engine, func, or_, select
from sqlalchemy.sql.elements import ColumnElement

from leadlight.serving.score_changes import Change, Opening
from leadlight.serving.scoring_run import Night, NightResult, read_words
from leadlight.serving.store.change_rows import changes_of, openings_of, points_at, write_moves
from leadlight.serving.store.connection import refusing
from leadlight.serving.store.records import Closing, StoredNight, StoredScore
from leadlight.serving.store.run_history import PastNight, past_nights, scores_at
from leadlight.serving.store.tables import CLOSED, nights, scores
from leadlight.serving.store.validation import check_scored
from leadlight.serving.store.view import closing_or_score, night_at, stored_score, view
from leadlight.serving.store.writing import compare_rerun, night_number, write_night

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

    def write_night(
        self,
        night: Night,
        scored: pd.DataFrame,
        moved: Sequence[Change] = (),
        opened: Sequence[Opening] = (),
    ) -> NightResult:
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
        words = read_words(night.words)
        leads = check_scored(night, words, scored)
        with refusing(self._engine.url):
            with self._engine.connect() as connection:
                stored = select(nights.c.night).where(nights.c.run_id == night.run_id)
                number = connection.scalar(stored)
                if number is not None:
                    return compare_rerun(connection, number, night, words, leads)
            with self._engine.begin() as connection:
                result = write_night(connection, night, words, leads)
                write_moves(connection, night_number(connection, night), moved, opened)
                return result

    def newest_night(self, as_of: dt.datetime | None = None) -> StoredNight | None:
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
        with refusing(self._engine.url), self._engine.connect() as connection:
            return night_at(connection, as_of)

    def past_nights(self, until: dt.datetime) -> list[PastNight]:
        """List the nights of moments up to `until` (naive, UTC), newest first, one a moment."""
        with refusing(self._engine.url), self._engine.connect() as connection:
            return past_nights(connection, until)

    def scores_at(self, night: int) -> pd.DataFrame:
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
        with refusing(self._engine.url), self._engine.connect() as connection:
            return scores_at(connection, night)

    def changes(self, night: int, leads: Sequence[str] | None = None) -> dict[str, Change]:
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
        with refusing(self._engine.url), self._engine.connect() as connection:
            return changes_of(connection, night, leads)

    def openings(self, night: int, lead_id: str) -> list[Opening]:
        """Tell what would have carried a lead over its next threshold on a night, the best first."""
        with refusing(self._engine.url), self._engine.connect() as connection:
            return openings_of(connection, night, lead_id)

    def points_at(self, night: int, leads: Sequence[str]) -> pd.DataFrame:
        """Give the points that leads were shown with after a night: one row a lead, one column a topic."""
        with refusing(self._engine.url), self._engine.connect() as connection:
            return points_at(connection, night, leads)

    def current(self, limit: int, offset: int = 0, stage: str | None = None) -> list[StoredScore]:
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
        with refusing(self._engine.url), self._engine.connect() as connection:
            night = night_at(connection)
            if night is None:
                return []
            query = view(night.night).order_by(scores.c.score.desc(), self._lead_id)
            if stage is not None:
                query = query.where(scores.c.stage == stage)
            rows = connection.execute(query.limit(limit).offset(offset))
            return [stored_score(row, night.as_of, night.words) for row in rows]

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

    def lead(self, lead_id: str, as_of: dt.datetime | None = None) -> StoredScore | None:
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
        with refusing(self._engine.url), self._engine.connect() as connection:
            night = night_at(connection, as_of)
            if night is None:
                return None
            query = select(scores).where(scores.c.lead_id == lead_id, scores.c.night <= night.night)
            row = connection.execute(query.order_by(scores.c.night.desc()).limit(1)).one_or_none()
            if row is None or row.stage == CLOSED:
                return None
            return stored_score(row, night.as_of, night.words)

    def history(self, lead_id: str) -> list[StoredScore | Closing]:
        """List every row of one lead.

        Parameters
        ----------
        lead_id : str

        Returns
        -------
        list of StoredScore or Closing
            Oldest first, each as it was written.
        """
        with refusing(self._engine.url), self._engine.connect() as connection:
            night = night_at(connection)
            if night is None:
                return []
            query = select(scores).where(scores.c.lead_id == lead_id).order_by(scores.c.night)
            return [closing_or_score(row, night.words) for row in connection.execute(query)]

    def _count(self, *conditions: ColumnElement[bool]) -> int:
        with refusing(self._engine.url), self._engine.connect() as connection:
            night = night_at(connection)
            if night is None:
                return 0
            rows = view(night.night).where(*conditions).subquery()
            return int(connection.scalar(select(func.count()).select_from(rows)) or 0)
