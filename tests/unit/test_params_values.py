"""Dates and addresses in params.yaml."""

import pytest

from leadlight.pipelines.workspace.as_of import convert_to_utc, parse_as_of

CRM = """\
source: {timezone: Europe/Berlin, leads: {path: a.csv, lead_id: id, outcome: {column: won, won: [1]}}}
attributes: {size: {kind: number}}
history: {since: null, until: null}
"""


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ('"2025-03-01"', "2025-02-28 23:00:00"),
        ("2025-03-01", "2025-02-28 23:00:00"),
        ('"2025-03-01T06:30:00"', "2025-03-01 05:30:00"),
        ("2025-03-01T06:30:00", "2025-03-01 05:30:00"),
        ('"2025-03-01T06:30:00Z"', "2025-03-01 06:30:00"),
        ("2025-03-01T06:30:00+02:00", "2025-03-01 04:30:00"),
    ],
)
def test_dates_of_params_accept_what_as_of_accepts(load, text, moment):
    params = load(CRM.replace("since: null, until: null", f"since: {text}, until: {text}"))
    zone = params.source.timezone
    assert str(convert_to_utc(params.history.until, zone)) == moment
    assert params.history.since == params.history.until
    assert str(parse_as_of(text.strip('"'), zone)) == moment


def test_the_day_of_a_moment_counts_where_a_day_is_asked_for(load):
    text = CRM + 'simulation: {start: "2023-09-01T10:00:00"}\n'
    text += 'policy: {agreed: {by: [Sales], "on": "2025-08-01T23:30:00", marketing_qualified: a, sales_qualified: b}}\n'
    params = load(text)
    assert (str(params.policy.agreed.on), str(params.simulation.start)) == ("2025-08-01", "2023-09-01")


@pytest.mark.parametrize("wrong", ["gestern", "01.03.2025", "0001-01-01", "5", "[2025]"])
def test_other_dates_of_params_are_refused(refusal, wrong):
    said = refusal(CRM.replace("until: null", f"until: {wrong}"))
    assert "history.until" in said
    assert "must be an ISO day or moment" in said


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://reader:hunter2@db/crm",
        "postgresql+psycopg://reader@db/crm?password=hunter2",
        "mysql://:hunter2@db/crm",
    ],
)
def test_a_password_in_the_source_is_refused_and_not_repeated(refusal, url):
    # DVC copies every param that a stage depends on to dvc.lock
    said = refusal(CRM.replace("source: {", f'source: {{database: "{url}", '))
    assert said.startswith("The key source.database of ")
    assert "must be without a password" in said
    assert "hunter2" not in said


@pytest.mark.parametrize("url", ["postgresql+psycopg://reader@db/crm", "sqlite:///crm.db", "no address"])
def test_a_database_without_a_password_is_accepted(load, url):
    assert load(CRM.replace("source: {", f'source: {{database: "{url}", ')).source.database == url
