"""Wrong params, dates and commands: one sentence, exit code 3, and nothing is touched."""

from pathlib import Path

import pytest

PARAMS = 3


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("signals:", "signal:", ["key signal of", "Did you mean signals?"]),
        ("    lead_id: lead\n    created", "    leadid: lead\n    created", ["Did you mean lead_id?"]),
        ("column: created", "colum: created", ["source.leads.created_at.colum", "one of by_day,"]),
        ("industry: {kind", "kind: {knd", ["attributes.kind.knd", "one of effect, group, kind, label."]),
        ("horizon_days: 20", "horizon_days: soon", ["label.horizon_days", "a whole number. Got 'soon'."]),
        ("horizon_days: 20", "horizon_days: 0", ["label.horizon_days", "at least 1. Got 0."]),
        ("won: [won]", "won: won", ["source.deals.status.won", "a list, such as [a, b]. Got 'won'."]),
        ("label: {horizon_days: 20}", "label: 20", ["key label", "a mapping with the keys horizon_days."]),
        ("kind: number", "kind: numeric", ["attributes.employees.kind", "'email' or 'job_title'"]),
        ("path: leads.csv", "path: 12", ["source.leads.path", "text (in quotes", "Got 12."]),
        ("source:", "source:\n  max_bad_share: .nan", ["source.max_bad_share", "a finite number"]),
        ("source:", "source:\n  max_bad_share: 2", ["source.max_bad_share", "at most 1. Got 2."]),
        ("Europe/Berlin", "Europe/berlin", ["source.timezone", "Did you mean Europe/Berlin?"]),
        ("Europe/Berlin", "Europe", ["source.timezone", "an IANA zone such as Europe/Berlin. Got 'Europe'."]),
        ("Europe/Berlin", "MEZ", ["source.timezone", "an IANA zone", "Got 'MEZ'."]),
        ("path: leads.csv", "path: leads.csv\n    delimiter: \\t", ["source.leads.delimiter", "one character"]),
        ("path: leads.csv", "path: leads.csv\n    encoding: utf9", ["source.leads.encoding", "Got 'utf9'."]),
        ("signals:", "language: fr\nsignals:", ["key language", "'en' or 'de'", "Got 'fr'."]),
        ("signals:", "history: {since: gestern}\nsignals:", ["history.since", "an ISO day or moment", "gestern"]),
        ("signals:", "history: {since: 2025-13-45}\nsignals:", ["valid YAML", "month must be in 1..12"]),
        ("signals:", "label: {}\nsignals:", ["valid YAML", "duplicate key", "at line"]),
    ],
)
def test_what_params_may_not_say_is_told_with_its_place_and_what_it_must_be(crm, refused, old, new, words):
    crm.has_run("ingest")
    crm.change(old, new)
    said = refused(crm, "ingest", code=PARAMS)
    for part in [*words, str(crm.params)]:
        assert part in said


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"source: [\nattributes:", "must be valid YAML. Got "),
        (b"\tsource: 1", "cannot start any token at line 1"),
        (b"a: \x01", "must be valid YAML. Got unacceptable character"),
        ("a: ä".encode("latin-1"), "must be UTF-8 text"),
        (b"", "must be a mapping of sections. Got nothing."),
        (b"- source\n- attributes\n", "must be a mapping of sections. Got a list."),
        (b"hello", "must be a mapping of sections. Got a single value."),
    ],
)
def test_a_params_file_that_is_no_yaml_mapping_is_refused(crm, refused, content: bytes, words: str):
    crm.params.write_bytes(content)
    assert words in refused(crm, "run", code=PARAMS)


@pytest.mark.parametrize("verb", ["ingest", "run", "evaluate", "register"])
def test_a_missing_params_file_is_named(crm, refused, verb: str):
    crm.params.unlink()
    assert f"must exist and be readable. Got {crm.params}." in refused(crm, verb, code=PARAMS)


def test_a_folder_in_place_of_the_params_file_is_refused(crm, refused):
    crm.params.unlink()
    crm.params.mkdir()
    assert "must exist and be readable" in refused(crm, "run", code=PARAMS)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("source.deals", None, "must name the outcome once"),
        ("source.leads.created_at", None, "must name leads.created_at where there are deals, activities"),
        ("source.leads.order", "employees", "must name created_at or order, not both"),
        ("policy.agreed", {"by": [], "on": "2025-08-01"}, "policy.agreed.by"),
        ("points", [{"attribute": "industry", "points": 3}], "must have the keys attribute, is, points"),
        ("points", [{"signal": "Demo", "points": 3}], "Got points, signal."),
        ("points", [{"signal": "Demos", "within_days": 7, "points": 3}], "declared signals. Got Demos."),
        ("attributes.Demo", {"kind": "number"}, "section signals"),
        ("attributes.lead_id", {"kind": "number"}, "names that are not taken. Got lead_id."),
    ],
)
def test_sections_that_contradict_each_other_are_refused(crm, refused, path: str, value: object, words: str):
    crm.set(path, value)
    assert words in refused(crm, "ingest", code=PARAMS)


def test_a_source_with_nothing_to_learn_from_is_refused(crm, refused):
    crm.set("attributes", {})
    crm.set("signals", None)
    crm.set("source.activities", None)
    assert "attributes" in refused(crm, "ingest", code=PARAMS)


@pytest.mark.parametrize("text", ["yesterday", "01.10.2024", "2024-13-01", "2024-02-30", "0001-01-01", ""])
@pytest.mark.parametrize("verb", ["score", "featurize"])
def test_an_as_of_that_is_no_date_is_refused(trained_crm, refused, verb: str, text: str):
    said = refused(trained_crm, verb, "--as-of", text, code=PARAMS)
    assert "as_of" in said
    assert f"Got {text!r}" in said


def test_a_night_beyond_the_end_of_calendars_is_not_stored(trained_crm, refused):
    # the history is append-only: after such a night no other could follow
    assert "as_of" in refused(trained_crm, "score", "--as-of", "9999-12-31", code=PARAMS, scratch="night/score.lock")


SPOILT = [
    (lambda crm: crm.change("signals:", "signal:"), 3),
    (lambda crm: (crm.folder / "deals.csv").unlink(), 4),
    (lambda crm: crm.params.unlink(), 3),
    (lambda crm: crm.change("Europe/Berlin", "Europe/Bremen"), 3),
    (lambda crm: crm.write("leads", []), 4),
]


@pytest.mark.parametrize(("spoil", "code"), SPOILT)
def test_what_is_wrong_before_reading_is_refused(crm, refused, spoil, code: int):
    crm.has_run("ingest")
    spoil(crm)
    refused(crm, "ingest", code=code)


@pytest.mark.parametrize(("spoil", "code"), SPOILT[:2])
def test_a_process_of_its_own_says_the_same(crm, refused, process, spoil, code: int):
    crm.has_run("ingest")
    spoil(crm)
    refused(crm, "ingest", code=code, run=process)


def test_a_command_that_is_not_understood_is_exit_code_2_and_touches_nothing(trained_crm, leadlight):
    before = trained_crm.listing()
    outcome = leadlight(trained_crm, "score", "--as_off", "2024-10-21")
    assert outcome.code == 2
    assert "--as_off" in outcome.err
    assert trained_crm.listing() == before


def test_a_working_folder_that_is_a_file_is_refused(crm, refused):
    crm.work.write_text("not a folder", encoding="utf-8")
    said = refused(crm, "ingest", code=4)
    assert str(crm.work) in said
    assert Path(crm.work).read_text(encoding="utf-8") == "not a folder"
