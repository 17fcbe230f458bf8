"""The evidence of a trained bundle is what counting its past snapshots anew gives."""

import json

import pandas as pd
import pytest

from leadlight.pipelines.workspace.workdir import Workdir


@pytest.fixture(scope="module")
def evidence(trained):
    bundle = json.loads((trained / "work" / "bundle" / "scorer.json").read_text(encoding="utf-8"))
    return bundle["metadata"]["evidence"]


@pytest.fixture(scope="module")
def past(trained):
    """All that the model learned from, the test window included, read from the files of the stages."""
    work = Workdir(trained / "work")
    snapshots = pd.read_parquet(work.snapshots)
    known = snapshots[snapshots["split"] != "unfinished"]
    return known.merge(pd.read_parquet(work.features), on=["lead_id", "as_of"])


def recounted(rows):
    return [len(rows), rows["lead_id"].nunique(), int(rows["won"].sum())]


def test_every_snapshot_that_the_model_learned_from_is_counted(evidence, past):
    assert evidence["all"] == recounted(past)
    assert set(past["split"]) == {"train", "gap", "calibrate", "test"}
    assert evidence["horizon_days"] == 90


def test_a_signal_is_counted_by_the_shortest_window_in_which_anything_happened(evidence, past):
    week, month, quarter, last = (
        past[f"{family}__pricing_page"] for family in ("count_7d", "count_30d", "count_90d", "days_since_last")
    )
    of_none = (week == 0) & (month == 0)
    expected = {
        "7d:1": past[week == 1],
        "7d:2": past[week == 2],
        "30d:3-4": past[(week == 0) & month.isin([3, 4])],
        "90d:5+": past[of_none & (quarter >= 5)],
        "older": past[(quarter == 0) & last.notna()],
        "never": past[(quarter == 0) & last.isna()],
    }
    told = evidence["topics"]["pricing_page"]["ranges"]
    for key, rows in expected.items():
        shown = rows["lead_id"].nunique() >= 10
        assert told.get(key) == (recounted(rows) if shown else None), key
    assert {"7d:1", "older", "never"} <= set(told)


def test_an_attribute_is_counted_by_the_texts_and_ranges_that_are_shown(evidence, past):
    topics = evidence["topics"]
    folded = past["attribute__source"]
    assert topics["source"]["ranges"]["=Referral"] == recounted(past[folded == "referral"])
    low, high = topics["employees"]["edges"][:2]
    inside = past["attribute__employees"].between(low, high, inclusive="left")
    assert topics["employees"]["ranges"]["1"] == recounted(past[inside])
    unknown = past["attribute__employees"].isna()
    assert topics["employees"]["ranges"]["unknown"] == recounted(past[unknown])


def test_every_range_told_of_has_ten_leads_and_every_topic_is_told_of(evidence):
    for told in evidence["topics"].values():
        assert told["ranges"]
        for snapshots, leads, wins in told["ranges"].values():
            assert 10 <= leads <= snapshots
            assert 0 <= wins <= snapshots
