"""What is said of a lead is true, whole and in the reader's language."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadlight.features.catalogue import SignalSpec
from leadlight.features.feature_set import FeatureSet
from leadlight.serving.scoring_run import parse_context
from leadlight.serving.text import Reason, format_phrase, format_sentence, select_top_reasons
from leadlight.serving.text.formatting import (
    format_datetime,
    format_lift,
    format_number,
    format_probability,
    format_signed,
)
from leadlight.serving.text.labels import describe_agreement, describe_policy, label_held_back, label_stage_long
from leadlight.serving.text.messages import LANGUAGES, translate, translate_plural

KINDS = FeatureSet((), (SignalSpec("a"),), True, True, True).catalogue.describe_topics().values()
DISPLAYS = {"attribute": {}} | {topic["kind"]: topic["values"] for topic in KINDS}
TOPICS = {
    "pricing": ("signal", "engagement", "Pricing page", "Preisseite"),
    "all": ("activity", "engagement", "All activity", "Alle Aktivitäten"),
    "industry": ("attribute", "fit", "Industry", "Branche"),
    "age": ("age", "engagement", "Age", "Alter"),
}
NIGHT = {
    "policy": {
        "marketing_qualified": "top 200 per week",
        "sales_qualified": None,
        "agreed": {"by": ["Marketing", "Vertrieb"], "on": "2025-08-01"},
    },
    "base_probability": 0.041,
    "calibration": {"all": "holds"},
    "topics": {
        topic: {"kind": kind, "group": group, "label": {"en": english, "de": german}, "values": DISPLAYS[kind]}
        for topic, (kind, group, english, german) in TOPICS.items()
    },
}
WORDS = parse_context(NIGHT)


def counted(week, month, quarter, last, **more):
    return {"count_7d": week, "count_30d": month, "count_90d": quarter, "days_since_last": last, **more}


@pytest.mark.parametrize(
    ("topic", "value", "english", "german"),
    [
        (
            "pricing",
            counted(3, 4, 5, 0.4),
            "Pricing page: 3 times in 7 days, the last one yesterday",
            "Preisseite: 3 Mal in 7 Tagen, zuletzt gestern",
        ),
        (
            "pricing",
            counted(1, 4, 5, 1.4),
            "Pricing page: once in 7 days, 2 days ago",
            "Preisseite: 1 Mal in 7 Tagen, vor 2 Tagen",
        ),
        (
            "pricing",
            counted(0, 2, 5, 12.0),
            "Pricing page: 2 times in 30 days, the last one 12 days ago",
            "Preisseite: 2 Mal in 30 Tagen, zuletzt vor 12 Tagen",
        ),
        (
            "pricing",
            counted(0, 0, 1, 44.5),
            "Pricing page: once in 90 days, 45 days ago",
            "Preisseite: 1 Mal in 90 Tagen, vor 45 Tagen",
        ),
        (
            "pricing",
            counted(0, 0, 0, 1200),
            "Pricing page: none in 90 days, the last one 1,200 days ago",
            "Preisseite: keinmal in 90 Tagen, zuletzt vor 1.200 Tagen",
        ),
        ("pricing", counted(0, 0, 0, None), "Pricing page: never", "Preisseite: noch nie"),
        (
            "all",
            counted(6, 9, 9, 1, active_days_30d=1, trend=1.2),
            "All activity: 6 times in 7 days, the last one yesterday, on 1 day of the last 30, more than before",
            "Alle Aktivitäten: 6 Mal in 7 Tagen, zuletzt gestern, an 1 Tag der letzten 30, mehr als zuvor",
        ),
        (
            "all",
            counted(0, 2, 9, 9, active_days_30d=2, trend=-1.2),
            "All activity: 2 times in 30 days, the last one 9 days ago, on 2 days of the last 30, less than before",
            "Alle Aktivitäten: 2 Mal in 30 Tagen, zuletzt vor 9 Tagen, an 2 Tagen der letzten 30, weniger als zuvor",
        ),
        ("industry", "Automotive", "Industry: Automotive", "Branche: Automotive"),
        ("industry", None, "Industry: not known", "Branche: nicht bekannt"),
        ("industry", 12345, "Industry: 12,345", "Branche: 12.345"),
        ("industry", 2.5, "Industry: 2.5", "Branche: 2,5"),
        ("industry", True, "Industry: yes", "Branche: ja"),
        ("age", 34, "Known for 34 days", "Bekannt seit 34 Tagen"),
        ("age", 1.9, "Known for 1 day", "Bekannt seit 1 Tag"),
        ("age", 0, "Known since today", "Bekannt seit heute"),
    ],
)
def test_a_reason_is_told_in_both_languages(topic, value, english, german):
    reason = Reason(topic, TOPICS[topic][1], 1.0, value)
    assert format_sentence(reason, WORDS, "en") == english
    assert format_sentence(reason, WORDS, "de") == german


@pytest.mark.parametrize(
    ("value", "english", "german"),
    [
        (counted(3, 4, 5, 0.4), "Pricing page: 3× in 7 days", "Preisseite: 3× in 7 Tagen"),
        (counted(0, 0, 0, 99.0), "Pricing page: none in 90 days", "Preisseite: keinmal in 90 Tagen"),
        (counted(0, 0, 0, None), "Pricing page: never", "Preisseite: noch nie"),
    ],
)
def test_a_phrase_says_the_same_in_short(value, english, german):
    reason = Reason("pricing", "engagement", 1.0, value)
    assert [format_phrase(reason, WORDS, language) for language in ("en", "de")] == [english, german]


def test_a_topic_without_a_label_is_called_by_its_name():
    words = parse_context({**NIGHT, "topics": {"x": {"kind": "attribute", "group": "fit", "label": {"de": "Iks"}}}})
    assert format_sentence(Reason("x", "fit", 1.0, "y"), words, "en") == "Iks: y"
    assert format_sentence(Reason("z", "fit", 1.0, "y"), words, "en") == "z: y"


def test_braces_in_data_are_shown_as_they_are():
    assert format_sentence(Reason("industry", "fit", 1.0, "{label} {0}"), WORDS, "en") == "Industry: {label} {0}"


def test_a_message_that_is_missing_is_an_error():
    with pytest.raises(KeyError):
        translate("en", "no.such.key")
    with pytest.raises(TypeError):
        translate("en", "when.days")
    with pytest.raises(TypeError):
        translate_plural("en", "when.today", 1)


def test_the_strongest_reasons_are_picked_either_way():
    points = {"a": 3.0, "b": -9.0, "c": 0.0, "d": 5.0, "e": -5.0}
    reasons = [Reason(topic, "fit", value, None) for topic, value in points.items()]
    assert [reason.topic for reason in select_top_reasons(reasons, 3)] == ["b", "d", "e"]
    assert [reason.topic for reason in select_top_reasons(reasons, 9)] == ["b", "d", "e", "a"]


@pytest.mark.parametrize(
    ("probability", "english", "german"),
    [
        (0.0004, "under 0.1%", "unter 0,1\N{NO-BREAK SPACE}%"),
        (0.0412, "4.1%", "4,1\N{NO-BREAK SPACE}%"),
        (0.356, "36%", "36\N{NO-BREAK SPACE}%"),
        (0.9999, "over 99%", "über 99\N{NO-BREAK SPACE}%"),
    ],
)
def test_a_chance_has_no_more_digits_than_help(probability, english, german):
    assert [format_probability(probability, language) for language in ("en", "de")] == [english, german]


@given(st.floats(0, 1), st.sampled_from(LANGUAGES))
def test_every_chance_can_be_said(probability, language):
    assert "%" in format_probability(probability, language)
    assert "0.0" not in format_probability(probability, language)


def test_a_chance_is_compared_with_the_average():
    assert format_lift(0.1, 0.04, "de") == "das 2,5-Fache des Durchschnitts"
    assert format_lift(0.04, 0.04, "en") == "as the average"
    assert format_lift(0.001, 0.04, "en") == "less than a tenth of the average"
    assert format_lift(0.1, 0.0, "en") is None


def test_points_carry_their_sign():
    assert [format_signed(points) for points in (14, -3, 0)] == ["+14", "\N{MINUS SIGN}3", "±0"]


def test_numbers_are_written_in_the_manner_of_the_language():
    assert [format_number(0.00123, "de"), format_number(1234.5, "en"), format_number(-2.0, "en")] == [
        "0,00123",
        "1,234",
        "-2",
    ]


def test_a_date_is_that_of_the_local_day():
    midnight = dt.datetime(2025, 8, 31, 22)
    assert format_datetime(midnight, "Europe/Berlin", "de") == "1. September 2025"
    assert format_datetime(midnight, "UTC", "en") == "August 31, 2025"
    assert format_datetime(midnight, "No/Where", "en") == "August 31, 2025"


def test_the_policy_is_told_with_who_agreed_on_it_and_when():
    assert describe_policy(WORDS, "en") == [
        "MQL from a score of 50: top 200 per week.",
        "SQL from a score of 80: top 5 percent, the default.",
    ]
    assert describe_agreement(WORDS, "de") == (True, "Vereinbart von Marketing und Vertrieb am 1. August 2025.")


WORDS_OF_A_CHANGE = {
    "marketing_qualified": "top 200 per week",
    "agreed": {"by": ["Marketing", "Sales"], "on": "2025-08-01", "changed": ["marketing_qualified"]},
}


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        (None, "the defaults apply, top 20 percent and top 5 percent"),
        ({"marketing_qualified": "top 200 per week", "agreed": None}, "Nobody has agreed on these thresholds"),
        (
            WORDS_OF_A_CHANGE,
            "These thresholds were changed since the agreement of August 1, 2025 between Marketing and Sales.",
        ),
    ],
)
def test_thresholds_that_nobody_agreed_on_are_called_so(policy, said):
    agreed, told = describe_agreement(parse_context({**NIGHT, "policy": policy}), "en")
    assert not agreed
    assert said in told


def test_a_hold_is_told_even_where_its_code_is_new():
    assert label_held_back("no_consent", "de") == "keine Einwilligung"
    assert label_held_back("on_holiday", "en") == "on_holiday"
    assert label_stage_long("sales_qualified", "de") == "SQL (Sales Qualified Lead)"
