"""Ranges of a persona, their lift with its interval, and the strength of a topic."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats.contingency import association

from leadlight.features.catalogue import Feature
from leadlight.pipelines.reports.persona.binning import NOT_KNOWN, OTHER, bin_feature
from leadlight.pipelines.reports.persona.lift import calculate_cramers_v, compute_lift
from leadlight.pipelines.reports.persona.report import build_report


def feature(kind="category", family="attribute", name="industry"):
    return Feature(f"{family}__{name}", family, name, "fit", kind, 0, "", {"en": name.capitalize()})


def text(*values):
    return pd.Series(values, dtype="str")


def by_name(rows):
    return {row.name: row for row in rows}


def test_values_are_ranges_in_the_spelling_of_the_source_and_rare_ones_stand_together():
    column = text(*["steel"] * 30, *["food"] * 10, *["odd"] * 9, *["rare"] * 3).mask(np.arange(52) < 12)
    names = bin_feature(feature(), column, {"industry": {"steel": "Steel"}})
    assert names.value_counts().to_dict() == {"Steel": 18, NOT_KNOWN: 12, "food": 10, OTHER: 12}


def test_what_is_not_known_by_fewer_than_ten_is_pooled_as_well():
    column = text(*["steel"] * 30, *["food"] * 10).mask(np.arange(40) < 9)
    assert bin_feature(feature(), column, {}).value_counts().to_dict() == {"steel": 21, "food": 10, OTHER: 9}


def test_codes_read_from_addresses_and_titles_are_told_in_words():
    column = text(*["company"] * 20, *["free"] * 20)
    names = bin_feature(feature(family="email_domain", name="email"), column, {"email": {"free": "Free!"}})
    assert set(names) == {"company address", "private mailbox"}


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (np.arange(1, 1001), ["under 200", "200 to 399", "400 to 599", "600 to 799", "800 or more"]),
        (np.arange(1, 1001) / 1000, ["under 0.2", "0.2 to under 0.4", "0.4 to under 0.6", "0.6 to under 0.8",
                                     "0.8 or more"]),
        ([0, 1, 1, 0] * 50, ["0", "1"]),
        ([0] * 900 + list(range(1, 101)), ["all"]),
        ([7.0] * 50, ["7"]),
    ],
)  # fmt: skip
def test_numbers_are_cut_at_quantiles_that_people_can_say(values, told):
    x = pd.Series(values, dtype=float)
    assert sorted(set(bin_feature(feature("number"), x, {}))) == sorted(told)


@given(st.lists(st.one_of(st.none(), st.integers(-2000, 2000)), min_size=60, max_size=200))
@settings(max_examples=60, deadline=None)
def test_every_lead_is_in_the_range_that_its_number_lies_in(values):
    x = pd.Series([np.nan if v is None else float(v) for v in values])
    for value, name in zip(x, bin_feature(feature("number"), x, {}), strict=True):
        words = name.replace(",", "").split()
        if name == OTHER:
            continue
        if np.isnan(value):
            assert name == NOT_KNOWN
        elif words[0] == "under":
            assert value < float(words[1])
        elif words[-1] == "more":
            assert value >= float(words[0])
        elif "to" in words:
            assert float(words[0]) <= value <= float(words[-1])
        elif name != "all":
            assert value == float(words[0])


def test_counts_shares_and_lift_are_those_of_the_table():
    names = pd.Series(["a"] * 40 + ["b"] * 60)
    won = np.array([True] * 20 + [False] * 20 + [True] * 5 + [False] * 55)
    a, b = compute_lift(names, won, 2)
    assert (a.name, a.won, a.lost, b.name, b.won, b.lost) == ("a", 20, 20, "b", 5, 55)
    assert (a.share_of_won, a.share_of_lost, a.win_rate) == (20 / 25, 20 / 75, 0.5)
    assert a.lift == pytest.approx(0.5 / 0.25)
    assert b.lift == pytest.approx((5 / 60) / 0.25)
    assert (a.significant_direction, b.significant_direction) == (1, -1)


@pytest.mark.parametrize(("share", "inside", "outside"), [(0.1, 0.4, 0.1), (0.5, 0.05, 0.2), (0.8, 0.3, 0.3)])
@pytest.mark.slow
def test_the_interval_of_a_lift_is_that_of_the_bootstrap(share, inside, outside):
    rng = np.random.default_rng(3)
    own = rng.random(3000) < share
    won = rng.random(3000) < np.where(own, inside, outside)
    row = by_name(compute_lift(pd.Series(np.where(own, "in", "out")), won, 1))["in"]
    drawn = []
    for _ in range(2000):
        rows = rng.integers(0, 3000, 3000)
        drawn.append(won[rows][own[rows]].mean() / won[rows].mean())
    low, high = np.quantile(drawn, [0.025, 0.975])
    width = high - low
    assert row.low == pytest.approx(low, abs=0.12 * width)
    assert row.high == pytest.approx(high, abs=0.12 * width)


def test_a_range_without_a_win_has_an_upper_end_and_no_lower_one():
    names = pd.Series(["none"] * 200 + ["some"] * 800)
    won = np.arange(1000) >= 800
    row = by_name(compute_lift(names, won, 5))["none"]
    assert (row.lift, row.low) == (0.0, 0.0)
    assert 0 < row.high < 0.2
    assert np.isfinite(row.log_margin)


def people_of(frame, won, features, others="lost"):
    from leadlight.features.catalogue import Catalogue, Topic
    from leadlight.pipelines.reports.persona.cohort import Cohort

    topics = tuple(Topic(f.topic, "attribute", "fit", f.label) for f in features)
    report = {"spellings": {}, "historised": [], "simulated": False}
    return Cohort(frame, won, others, Catalogue(tuple(features), topics), report, None, None)


@pytest.mark.slow
def test_where_nothing_parts_the_sentence_names_nothing_in_nineteen_of_twenty_worlds():
    features = [feature(name=f"topic{i}") for i in range(4)]
    rng, named = np.random.default_rng(8), 0
    for _ in range(150):
        frame = pd.DataFrame({f.name: rng.integers(0, 8, 800).astype(str) for f in features}).astype("str")
        report = build_report(people_of(frame, rng.random(800) < 0.2, features), 90)
        assert report["looked_at"] == 32
        named += bool(report["more"] or report["less"])
    assert named <= 0.05 * 150 + 6  # what 150 draws of one in twenty stay below in 99 of 100 cases


def test_the_strongest_topic_comes_first_and_the_sentence_tells_what_parts():
    rng = np.random.default_rng(2)
    industry = rng.choice(["steel", "food", "retail"], 4000)
    won = rng.random(4000) < np.where(industry == "steel", 0.4, 0.1)
    frame = pd.DataFrame({"attribute__country": rng.choice(["x", "y"], 4000), "attribute__industry": industry}).astype(
        "str"
    )
    report = build_report(people_of(frame, won, [feature(name="country"), feature()]), 90)
    assert [topic["name"] for topic in report["topics"]] == ["Industry", "Country"]
    assert report["sentence"].startswith("Won deals more often had: Industry “steel” (×2.")
    assert " They less often had: Industry “" in report["sentence"]
    assert "Country" not in report["sentence"]
    assert "because" not in report["sentence"]
    assert {row["name"] for row in report["less"]} == {"food", "retail"}
    nothing = build_report(people_of(frame[["attribute__country"]], won, [feature(name="country")]), 90)
    assert nothing["sentence"].startswith("No range of any topic parts won deals")


@pytest.mark.slow
def test_the_strength_of_a_topic_is_none_by_chance_and_one_where_it_tells_all():
    rng = np.random.default_rng(4)
    won = rng.random(5000) < 0.3
    assert calculate_cramers_v(pd.Series(won.astype(str)), won) == pytest.approx(1.0, abs=1e-3)
    assert calculate_cramers_v(pd.Series(["same"] * 5000), won) == 0.0
    chance = [calculate_cramers_v(pd.Series(rng.integers(0, 40, 500).astype(str)), won[:500]) for _ in range(40)]
    plain = association(pd.crosstab(rng.integers(0, 40, 500), won[:500]).to_numpy(), method="cramer")
    assert np.median(chance) < 0.05 < plain


def test_with_many_leads_the_strength_is_the_plain_one_of_scipy():
    rng = np.random.default_rng(5)
    names = rng.choice(list("abcd"), 200_000)
    won = rng.random(200_000) < np.where(names == "a", 0.3, 0.15)
    plain = association(pd.crosstab(names, won).to_numpy(), method="cramer")
    assert calculate_cramers_v(pd.Series(names), won) == pytest.approx(plain, abs=1e-3)
