"""Words of five languages, and text that YAML must give back as it was."""

from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from leadlight.pipelines.init.document import MAX_WIDTH, YamlDocument, format_entry
from leadlight.pipelines.init.outcome_detection import find_granted_values, find_outcome, find_status
from leadlight.pipelines.init.signal_detection import find_signals
from leadlight.pipelines.init.vocabulary import classify_outcome, format_label


@pytest.mark.parametrize(
    ("won", "lost"),
    [
        ("won", "lost"),
        ("Closed Won", "Closed Lost"),
        ("gewonnen", "verloren"),
        ("Abgeschlossen - gewonnen", "Abgeschlossen - nicht gewonnen"),
        ("Ganho", "Perdido"),
        ("Fechado/Ganha", "Fechado/Perdida"),
        ("Ganado", "Perdido"),
        ("Gagné", "Perdu"),
        ("Gagnée", "Perdue"),
        ("WON", "Declined"),
        ("Converted", "Disqualified"),
    ],
)
def test_won_and_lost_are_told_in_five_languages(won, lost):
    assert (classify_outcome(won), classify_outcome(lost), classify_outcome("blue")) == (True, False, None)
    found = find_status(pd.DataFrame({"stadium": [won, lost, lost]}), set())
    assert found is not None
    assert (found.won, found.lost, found.neither) == ((won,), (lost,), {})


@pytest.mark.parametrize(
    ("yes", "no"),
    [("1", "0"), ("1.0", "0.0"), ("yes", "no"), ("Ja", "Nein"), ("Sim", "Não"), ("Sí", "No"), ("Oui", "Non"),
     ("True", "False"), ("Y", "N")],
)  # fmt: skip
def test_yes_and_no_say_who_was_won_only_below_a_name_that_asks_for_it(yes, no):
    rows = [yes, no, no, no]
    found = find_outcome(pd.DataFrame({"newsletter": rows[::-1], "Converted": rows}), set())
    assert found is not None
    assert (found.column, found.won, found.lost, found.by_words) == ("Converted", (yes,), (no,), False)
    assert find_outcome(pd.DataFrame({"newsletter": rows, "phone": rows}), set()) is None


def test_the_outcome_of_an_earlier_campaign_is_not_taken_for_the_outcome():
    frame = pd.DataFrame(
        {"poutcome": ["success", "failure", "success", *["unknown"] * 7], "y": ["no", "yes", *["no"] * 8]}
    )
    found = find_outcome(frame, set())
    assert found is not None
    assert found.column == "y"


def test_a_stage_that_is_neither_is_counted_and_an_open_one_is_clear():
    found = find_outcome(pd.DataFrame({"stage": ["won", "lost", "open", "paused", "open"]}), set())
    assert found is not None
    assert found.neither == {"open": 2, "paused": 1}
    assert found.unclear == {"paused": 1}


def test_a_won_only_table_has_no_status():
    frame = pd.DataFrame({"segment": ["pet", "car"], "has_company": ["True", "False"]})
    assert find_status(frame, set()) is None


def test_consent_is_read_from_yes_in_a_column_of_yes_and_no_alone():
    assert find_granted_values("Einwilligung", pd.Series(["ja", "nein", None])) == ("ja",)
    assert find_granted_values("Einwilligung", pd.Series(["ja", "nein", "vielleicht"])) == ()


@pytest.mark.parametrize(
    ("column", "values", "granted"),
    [
        ("Email Opt Out", ["true", "false"], ("false",)),
        ("HasOptedOutOfEmail", ["0", "1"], ("0",)),
        ("Email Opt In", ["true", "false"], ("true",)),
        ("Do not allow Bulk Emails", ["Allow", "Do Not Allow"], ("Allow",)),
        ("Do not allow Emails", ["Yes", "No"], ("No",)),
        ("Werbewiderspruch", ["ja", "nein"], ("nein",)),
    ],
)
def test_who_has_not_objected_has_consented(column, values, granted):
    assert find_granted_values(column, pd.Series(values)) == granted


@pytest.mark.parametrize(
    ("name", "words"),
    [("TotalVisits", "Total visits"), ("first_contact_date", "First contact date"), ("MQL_id", "MQL id"),
     ("O_SENT_BACK", "O sent back"), ("Page Views Per Visit", "Page Views Per Visit"),
     ("größe", "Größe"), ("lead.source", "Lead source")],
)  # fmt: skip
def test_names_become_words(name, words):
    assert format_label(name) == words


@pytest.mark.parametrize(
    ("name", "effect"),
    [("unsubscribe", "lowers"), ("Newsletter-Abmeldung", "lowers"), ("Complaint", "lowers"),
     ("demo_request", "raises"), ("Demo-Anfrage", "raises"), ("demo_request_cancelled", None),
     ("page_view", None), ("call", None)],
)  # fmt: skip
def test_an_effect_is_named_only_where_words_make_it_plain(name, effect):
    leads = pd.Series([str(n) for n in range(20)])
    found, others = find_signals(leads, pd.Series([name] * 20), {}, n_leads=20)
    assert [signal.effect for signal in found] == [effect]
    assert others == {}


def test_the_most_frequent_signals_are_named_rare_ones_and_taken_names_are_not():
    types = [f"type {n:02d}" for n in range(20) for _ in range(100 - n)] + ["rare"] * 2 + ["plan"] * 300
    leads = pd.Series([str(n) for n in range(len(types))])
    found, others = find_signals(leads, pd.Series(types), {"plan": "an attribute has this name"}, 1000)
    assert [signal.name for signal in found] == [f"type {n:02d}" for n in range(15)]
    assert others["plan"] == "an attribute has this name"
    assert others["rare"] == "on 2 leads only"
    assert others["type 15"] == "less frequent"


NASTY = (
    *("on", "yes", "No", "null", "~", "", " x", "x ", "a: b", "a #b", "#", "-", "- a", "[a]", "{a", "1", "1.0"),
    *("0x1f", "2024-01-31", "12:30", "'a'", '"a"', "a\\b", "a\nb", "&a", "*a", "!a", "%a", "@a", "`a", "a,b"),
    *("Straße Nr. 5", "=", "<<", "true", ".5", "1e3", "日本", "\u2028", "a\tb", "?"),
)


def load(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


@pytest.mark.parametrize("text", NASTY)
def test_a_text_comes_back_from_yaml_as_key_value_and_entry(text):
    value = {"key": text, "list": [text, text]}
    assert load(format_entry(text, value)) == {text: value}


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200), st.booleans())
def test_any_text_comes_back_from_yaml(text, doubtful):
    document = YamlDocument()
    document.add("top", value={}, remark=text)
    document.add("top", text, value={text: [text]}, remark=text, look="?" if doubtful else "")
    document.add_comment(text, 2)
    document.add("next", value=None, look=text)
    content, notes = document.render()
    assert load(content) == {"top": {text: {text: [text]}}, "next": None}
    assert len(notes) == doubtful + bool(text)


def test_names_that_nobody_can_misread_stay_plain():
    for text in ("industry", "Lead Origin", "größe", "../data/leads.csv.gz", "/data/x.csv"):
        assert format_entry(text, text) == f"{text}: {text}"


def test_a_line_to_look_at_is_counted_where_it_stands():
    document = YamlDocument()
    document.add_comment("word " * 60)
    document.add("key", value="value", remark="a remark " * 20, look="is it so?")
    document.add_comment("and this? " * 20, 2, look=True)
    document.add("date", value="2024-01-31")
    text, (beside, above) = document.render()
    lines = text.splitlines()
    assert lines[beside.line - 1] == "key: value                       # look: is it so?"
    assert lines[above.line - 1].startswith("  # look: and this? ")
    assert lines[-1] == 'date: "2024-01-31"'
    assert max(map(len, lines)) <= MAX_WIDTH
