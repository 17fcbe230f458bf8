"""Reads, replaces and searches what is shown of leads; the one table of the store that forgets."""

import re
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, and_, delete, false, func, insert, or_, select, true
from sqlalchemy.sql.elements import ColumnElement

from leadlight.features.text_normalization import normalize_text
from leadlight.serving.lead_display import LeadDisplay, build_search_text, clean_display_text, extract_digits
from leadlight.serving.store.tables import display, nights, scores
from leadlight.serving.store.view import select_current_view
from leadlight.serving.store.writing import CHUNK_ROWS

__all__ = ["build_conditions", "read_display", "replace_display"]

MIN_PHONE_DIGITS = 4
"""Fewer digits are no part of a phone number, but of an id."""

_PHONE = re.compile(r"[\d\s()+/.\-]+")


def replace_display(connection: Connection, number: int, shown: Iterable[LeadDisplay]) -> None:
    """Replace what is shown of all leads by that of a run; does nothing if a newer run is stored.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        In a transaction of the caller.
    number : int
        Number of the run.
    shown : iterable of LeadDisplay
        Of leads in the view after the run; others are left out.
    """
    newest = select(func.max(nights.c.night)).scalar_subquery()
    # write first: a second job then waits
    connection.execute(delete(display).where(newest == number))
    if connection.scalar(select(newest)) != number:
        return
    view = select_current_view(number).with_only_columns(scores.c.lead_id)
    leads = set(connection.scalars(view))
    rows = [lead._asdict() | {"search": build_search_text(lead)} for lead in shown if lead.lead_id in leads]
    for start in range(0, len(rows), CHUNK_ROWS):
        connection.execute(insert(display), rows[start : start + CHUNK_ROWS])


def read_display(connection: Connection, leads: Sequence[str]) -> dict[str, LeadDisplay]:
    """Read what is shown of leads, by lead id; leads of which nothing is shown are missing."""
    columns = [display.c[name] for name in LeadDisplay._fields]
    rows = connection.execute(select(*columns).where(display.c.lead_id.in_(leads)))
    return {row.lead_id: LeadDisplay(*row) for row in rows}


def build_conditions(stage: str | None, search: str | None, owner: str | None) -> list[ColumnElement[bool]]:
    """Build the conditions of a query of the current view.

    Parameters
    ----------
    stage : str or None
        Only leads in this stage.
    search : str or None
        Only leads with all these words, or parts of words, in id, name, company, e-mail address or phone number.
        Case does not count, nor whether an umlaut is written out, nor blanks and signs of a phone number. Leads of
        which nothing is shown are found by id.
    owner : str or None
        Only leads of this owner.
    """
    conditions = [scores.c.stage == stage] if stage is not None else []
    if owner is not None and "\0" in owner:
        conditions.append(false())  # PostgreSQL cannot even compare it
    elif owner is not None:
        conditions.append(scores.c.lead_id.in_(select(display.c.lead_id).where(display.c.owner == owner)))
    text = clean_display_text(search or "")
    if text is not None:
        conditions.append(_match(text))
    return conditions


def _match(text: str) -> ColumnElement[bool]:
    words = normalize_text(text).split()
    shown = and_(true(), *(display.c.search.contains(word, autoescape=True) for word in words))
    digits = extract_digits(text).lstrip("0")
    if _PHONE.fullmatch(text) and len(digits) >= MIN_PHONE_DIGITS:
        shown = or_(shown, display.c.search.contains(digits, autoescape=True))
    return or_(
        scores.c.lead_id.in_(select(display.c.lead_id).where(shown)),
        func.lower(scores.c.lead_id).contains(text.lower(), autoescape=True),
        scores.c.lead_id.contains(text, autoescape=True),  # lower() of SQLite knows ASCII alone
    )
