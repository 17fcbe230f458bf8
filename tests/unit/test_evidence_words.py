"""Evidence, direction and what is missing are told truly, in every language, and never as a cause."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadlight.features.catalogue import SignalSpec
from leadlight.features.feature_set import FeatureSet
from leadlight.serving.reasons import Reason, advance_days
from leadlight.serving.scoring_run import parse_context
from leadlight.serving.text import format_sentence
from leadlight.serving.text.evidence import (
    classify_direction,
    find_evidence_counts,
    format_evidence_note,
    format_evidence_phrase,
    format_evidence_sentence,
)
from leadlight.serving.text.formatting import format_rate
from leadlight.serving.text.messages import LANGUAGES, load_messages

SIGNALS = (SignalSpec("b", by_sales=True), SignalSpec("a", has_value=True, has_objects=True, by_sales=True))
KINDS = FeatureSet((), SIGNALS, True, True, True).catalogue.describe_topics().values()
DISPLAYS = {"attribute": {}} | {topic["kind"]: topic["values"] for topic in KINDS}
TOPICS = {
    "pricing": ("signal", "engagement", "Pricing page", "Preisseite"),
    "webinar": ("signal", "engagement", "Webinar", "Webinar"),
    "employees": ("attribute", "fit", "Employees", "Mitarbeiterzahl"),
    "industry": ("attribute", "fit", "Industry", "Branche"),
    "mail": ("attribute", "fit", "E-mail", "E-Mail"),
    "age": ("age", "engagement", "Age", "Alter"),
    "sales": ("sales", "engagement", "Silence after sales", "Funkstille"),
}
EVIDENCE = {
    "horizon_days": 90,
    "all": [20000, 3000, 820],
    "topics": {
        "pricing": {"edges": [], "ranges": {"7d:1": [540, 312, 49], "7d:3-4": [1540, 12, 0], "30d:5+": [20, 20, 20]}},
        "employees": {"edges": [50.0, 1200.0], "ranges": {"0": [40, 10, 4], "1": [50, 11, 5], "2": [60, 12, 6]}},
        "industry": {"edges": [], "ranges": {"=Steel": [30, 10, 1], "rare": [80, 20, 2], "unknown": [9, 10, 0]}},
        "age": {"edges": [7.0, 30.0], "ranges": {"1": [100, 90, 10], "2": [200, 90, 10]}},
        "sales": {"edges": [7.0], "ranges": {"untouched": [70, 60, 7], "0": [71, 60, 7]}},
    },
}
NIGHT = {
    "base_probability": 0.041,
    "topics": {
        topic: {"kind": kind, "group": group, "label": {"en": english, "de": german}, "values": DISPLAYS[kind]}
        for topic, (kind, group, english, german) in TOPICS.items()
    },
}
WORDS = parse_context({**NIGHT, "evidence": EVIDENCE})
GAP = "\N{NO-BREAK SPACE}"


def reason(topic, value, points=1.0):
    return Reason(topic, TOPICS[topic][1], points, value)


def counted(week, month, quarter, last, **more):
    return {"count_7d": week, "count_30d": month, "count_90d": quarter, "days_since_last": last, **more}


@pytest.mark.parametrize(
    ("topic", "value", "english", "german"),
    [
        (
            "pricing",
            counted(1, 4, 5, 0.4),
            "9.1% of 540 such cases (312 leads)",
            "9,1_% von 540 solchen Fällen (312 Leads)",
        ),
        (
            "pricing",
            counted(4, 4, 5, 0.4),
            "0% of 1,540 cases with 3 or 4 (12 leads)",
            "0_% von 1.540 Fällen mit 3 oder 4 (12 Leads)",
        ),
        ("pricing", counted(0, 7, 7, 12), "100% of 20 cases with 5 or more", "100_% von 20 Fällen mit 5 oder mehr"),
        (
            "employees",
            49.5,
            "10% of 40 cases with less than 50 (10 leads)",
            "10_% von 40 Fällen mit weniger als 50 (10 Leads)",
        ),
        (
            "employees",
            50,
            "10% of 50 cases with 50 to under 1,200 (11 leads)",
            "10_% von 50 Fällen mit 50 bis unter 1.200 (11 Leads)",
        ),
        (
            "employees",
            1200,
            "10% of 60 cases with 1,200 or more (12 leads)",
            "10_% von 60 Fällen mit 1.200 oder mehr (12 Leads)",
        ),
        (
            "industry",
            "Never seen",
            "2.5% of 80 cases with a rare value (20 leads)",
            "2,5_% von 80 Fällen mit seltenem Wert (20 Leads)",
        ),
        (
            "age",
            29.9,
            "10% of 100 cases with 7 to under 30 days (90 leads)",
            "10_% von 100 Fällen mit 7 bis unter 30 Tagen (90 Leads)",
        ),
        (
            "sales",
            {"silence": 3, "days_since_sales": 3},
            "9.9% of 71 cases with less than 7 days (60 leads)",
            "9,9_% von 71 Fällen mit weniger als 7 Tagen (60 Leads)",
        ),
    ],
)
def test_evidence_is_told_with_its_counts_in_both_languages(topic, value, english, german):
    told, german = reason(topic, value), german.replace("_", GAP)
    assert format_evidence_sentence(told, WORDS, "en") == f"{english} won within 90 days, 4.1% of all"
    average = f"4,1{GAP}% von allen"
    assert format_evidence_sentence(told, WORDS, "de") == f"{german} binnen 90 Tagen gewonnen, {average}"
    assert format_evidence_phrase(told, WORDS, "en") == f"{english} won, 4.1% of all"
    assert format_evidence_phrase(told, WORDS, "de") == f"{german} gewonnen, {average}"


@pytest.mark.parametrize(
    ("topic", "value"),
    [
        ("pricing", counted(2, 2, 2, 1)),
        ("pricing", counted(0, 0, 0, None)),
        ("employees", None),
        ("sales", {"silence": 9}),
        ("mail", {"email_domain": "free"}),
    ],
)
def test_of_a_range_without_enough_leads_nothing_is_told(topic, value):
    assert find_evidence_counts(reason(topic, value), WORDS) is None
    assert format_evidence_sentence(reason(topic, value), WORDS, "en") is None


def test_the_range_is_that_of_the_value_as_it_has_moved_on_with_time():
    on_the_night = reason("age", 29.0)
    read_later = advance_days(on_the_night, WORDS.get_displays("age"), 2.0)
    assert [find_evidence_counts(one, WORDS).snapshots for one in (on_the_night, read_later)] == [100, 200]


def test_a_night_stored_without_evidence_reads_as_before():
    words = parse_context(NIGHT)
    assert words.evidence is None
    assert format_evidence_phrase(reason("pricing", counted(1, 1, 1, 1)), words, "de") is None
    assert (
        format_sentence(reason("pricing", counted(1, 1, 1, 1)), words, "en")
        == "Pricing page: once in 7 days, yesterday"
    )


def test_without_dates_nothing_is_said_of_days():
    words = parse_context({**NIGHT, "evidence": {**EVIDENCE, "horizon_days": None}})
    assert format_evidence_sentence(reason("age", 8), words, "en") == (
        "10% of 100 cases with 7 to under 30 days (90 leads) won, 4.1% of all"
    )
    assert "90" not in format_evidence_note(words, "en")
    assert "within 90 days" in format_evidence_note(WORDS, "en")


def test_the_direction_is_that_of_the_points():
    assert [classify_direction(points) for points in (0.2, -3, 0.0)] == ["raises", "lowers", "none"]
    assert {load_messages(language)["direction.none"] for language in ("en", "de")} == {"no points", "keine Punkte"}


@pytest.mark.parametrize(
    ("topic", "value", "english", "german"),
    [
        (
            "pricing",
            counted(3, 4, 5, 0.4, objects_90d=4),
            "Pricing page: 3 times in 7 days, the last one yesterday, 4 different ones in 90 days",
            "Preisseite: 3 Mal in 7 Tagen, zuletzt gestern, 4 verschiedene in 90 Tagen",
        ),
        (
            "webinar",
            counted(0, 2, 2, 12, value_sum_90d=1234.5),
            "Webinar: 2 times in 30 days, the last one 12 days ago, 1,234 in total in 90 days",
            "Webinar: 2 Mal in 30 Tagen, zuletzt vor 12 Tagen, insgesamt 1.234 in 90 Tagen",
        ),
        (
            "webinar",
            counted(0, 0, 1, 44.2, value_sum_90d=45.25, objects_90d=1),
            "Webinar: once in 90 days, 45 days ago, 45.2 in total in 90 days",
            "Webinar: 1 Mal in 90 Tagen, vor 45 Tagen, insgesamt 45,2 in 90 Tagen",
        ),
        ("webinar", counted(0, 0, 0, None, value_sum_90d=0, objects_90d=0), "Webinar: never", "Webinar: noch nie"),
    ],
)
def test_different_objects_and_sums_are_told_where_there_are_any(topic, value, english, german):
    assert format_sentence(reason(topic, value), WORDS, "en") == english
    assert format_sentence(reason(topic, value), WORDS, "de") == german


def test_a_family_without_a_message_is_shown_with_its_label():
    display = {"role": "amount", "label": {"en": "share at weekends"}}
    signal = NIGHT["topics"]["pricing"]
    context = parse_context(
        {**NIGHT, "topics": {"pricing": {**signal, "values": signal["values"] | {"weekend": display}}}}
    )
    value = counted(1, 1, 1, 0.5, weekend=0.25)
    expected = "Pricing page: once in 7 days, yesterday, share at weekends: 0.25"
    assert format_sentence(reason("pricing", value), context, "en") == expected


@pytest.mark.parametrize(
    ("topic", "value", "english", "german"),
    [
        ("industry", None, "Industry: not known", "Branche: nicht bekannt"),
        ("employees", None, "Employees: not known", "Mitarbeiterzahl: nicht bekannt"),
        ("mail", {"email_domain": None}, "E-mail: not known", "E-Mail: nicht bekannt"),
        ("age", None, "Age: not known", "Alter: nicht bekannt"),
        ("pricing", None, "Pricing page: not known", "Preisseite: nicht bekannt"),
        ("pricing", counted(None, None, None, None), "Pricing page: never", "Preisseite: noch nie"),
        (
            "sales",
            {"silence": None, "days_since_sales": None},
            "Silence after sales: no touch by sales yet",
            "Funkstille: noch kein Vertriebskontakt",
        ),
    ],
)
def test_what_is_missing_is_said_to_be_missing(topic, value, english, german):
    assert [format_sentence(reason(topic, value), WORDS, language) for language in ("en", "de")] == [english, german]


@given(st.floats(0, 1), st.sampled_from(LANGUAGES))
def test_a_share_says_none_and_all_only_where_it_is_so(rate, language):
    told = format_rate(rate, language).replace(GAP, "")
    assert (told == "0%") is (rate == 0)
    assert (told == "100%") is (rate == 1)


def test_evidence_is_plain_json():
    assert json.loads(WORDS.model_dump_json())["evidence"] == EVIDENCE
