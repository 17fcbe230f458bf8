"""What is shown of leads: replaced whole with a run, found by any part of it, erased with the lead."""

import datetime as dt

import pandas as pd
import pytest
from sqlalchemy import event

from leadlight.features.errors import StoreError
from leadlight.serving.lead_display import LeadDisplay

FIRST, SECOND = dt.datetime(2025, 8, 31), dt.datetime(2025, 9, 1)
SHOWN = [
    LeadDisplay("L-1", "Jürgen Groß", "Çelik & Söhne", "+49 (0)89 123-45", "J.Gross@celik.example", "Kim"),
    LeadDisplay("L-2", "Anna Gross", "100% Stahl_Bau", "0171 5551234", "anna@stahl.example", "Ravi"),
    LeadDisplay("L-3", company="O'Neill <script>", link="https://crm.example.com/L-3"),
    LeadDisplay("gone", "Nobody Here"),
]


@pytest.fixture
def shown(store, night, lead):
    """A store of one run whose last lead has nothing to show."""
    rows = pd.DataFrame([lead(f"L-{number}", 30.0 + number) for number in (1, 2, 3, 4)])
    store.write_run(night(), rows, display=SHOWN)
    return store


def find(store, search, owner=None):
    found = [score.lead_id for score in store.list_current(10, search=search, owner=owner)]
    assert store.count(search=search, owner=owner) == len(found)
    return sorted(found)


def test_values_are_read_with_the_scores_of_their_leads(shown):
    assert [score.display for score in shown.list_current(10)] == [None, *SHOWN[2::-1]]
    assert shown.get_lead("L-2").display == SHOWN[1]
    assert [score.title for score in shown.list_current(10)] == ["L-4", "O'Neill <script>", "Anna Gross", "Jürgen Groß"]
    assert [row.display for row in shown.read_history("L-1")] == [None]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("gross", ["L-1", "L-2"]),
        ("GROß jÜRGEN", ["L-1"]),
        ("juergen", ["L-1"]),
        ("ju\u0308rg", ["L-1"]),  # as some keyboards write it
        ("ÇELIK", ["L-1"]),
        ("stahl.EXAMPLE", ["L-2"]),
        ("+49 89 12345", ["L-1"]),
        ("089/12345", ["L-1"]),
        ("01715551234", ["L-2"]),
        ("l-3", ["L-3"]),
        ("L-", ["L-1", "L-2", "L-3", "L-4"]),
        ("L-4", ["L-4"]),  # nothing is shown of it
        ("100%", ["L-2"]),
        ("%", ["L-2"]),
        ("_", ["L-2"]),
        ("o'neill <script>", ["L-3"]),
        ("' OR 1=1 --", []),
        ("/", []),
        ("nobody", []),  # not scored
        ("Kim", []),
        ("\x00 ", ["L-1", "L-2", "L-3", "L-4"]),
        ("gross\x00", ["L-1", "L-2"]),
    ],
)
def test_a_search_finds_every_part_and_no_wildcard(shown, search, found):
    assert find(shown, search) == found


def test_owner_and_stage_narrow_a_search(shown, night, lead):
    assert find(shown, "gross", "Ravi") == ["L-2"]
    assert find(shown, None, "Kim") == ["L-1"]
    assert find(shown, None, "kim' --") == []
    assert shown.count("sales_qualified", "gross") == 0
    assert [score.rank for score in shown.list_current(10, search="jürgen")] == [4]


def test_the_next_run_replaces_all_that_was_shown(shown, url, night, lead, dump):
    rows = pd.DataFrame([lead(f"L-{number}", as_of=SECOND, days=1) for number in (2, 3)])
    shown.write_run(night(SECOND), rows, display=[SHOWN[1]._replace(name="Anna Neu"), SHOWN[0]])
    assert [row for row in dump(url)["display"] if "Jürgen" in row or "O'Neill" in row] == []
    assert shown.get_lead("L-2").display.name == "Anna Neu"
    assert shown.get_lead("L-1") is None
    assert find(shown, "gross") == find(shown, "O'Neill") == []


def test_a_rerun_replaces_what_is_shown_only_if_it_is_the_newest(shown, url, night, lead, dump):
    first = pd.DataFrame([lead(f"L-{number}", 30.0 + number) for number in (1, 2, 3, 4)])
    before = dump(url)
    assert shown.write_run(night(), first, display=SHOWN).rerun
    assert dump(url) == before
    assert shown.write_run(night(), first, display=SHOWN[:1]).rerun
    assert find(shown, "anna") == []
    second = pd.DataFrame([lead("L-2", as_of=SECOND, days=1)])
    shown.write_run(night(SECOND), second, display=SHOWN)
    before = dump(url)
    assert shown.write_run(night(), first).rerun
    assert dump(url) == before


def test_a_run_that_fails_leaves_what_was_shown(shown, url, night, lead, dump):
    def fail(connection, cursor, statement, *_):
        if "INSERT INTO display" in statement:
            raise RuntimeError("the disk is full")

    before = dump(url)
    rows = pd.DataFrame([lead("L-2", 70.0, as_of=SECOND)])
    event.listen(shown._engine, "before_cursor_execute", fail)
    try:
        with pytest.raises(RuntimeError):
            shown.write_run(night(SECOND), rows, display=SHOWN)
    finally:
        event.remove(shown._engine, "before_cursor_execute", fail)
    assert dump(url) == before
    with pytest.raises(StoreError, match="append-only"):
        shown.write_run(night(FIRST - dt.timedelta(days=1)), rows.assign(as_of=FIRST - dt.timedelta(days=1)))
    assert dump(url) == before


def test_erased_text_leaves_no_bytes_in_the_file(tmp_path, night, lead):
    from leadlight.serving.store import open_store

    store = open_store(f"sqlite:///{tmp_path / 'store.db'}")
    rows = pd.DataFrame([lead(f"L-{number}") for number in range(400)])
    store.write_run(night(), rows, display=[LeadDisplay(f"L-{n}", f"Zorbelius {n}") for n in range(400)])
    assert b"Zorbelius" in (tmp_path / "store.db").read_bytes()
    later = pd.DataFrame([lead(f"L-{number}", as_of=SECOND, days=1) for number in range(400)])
    store.write_run(night(SECOND), later)
    store.close()
    assert b"orbelius" not in (tmp_path / "store.db").read_bytes()
