"""What a run remembers of its source, on tables of some hundred rows in DuckDB."""

import itertools

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from leadlight.features.feature_set import Tables
from leadlight.pipelines.engines.engine import Engine
from leadlight.pipelines.profile.event_counts import count_events
from leadlight.pipelines.profile.row_samples import choose_lead_limit, sample_rows, summarize_kept
from leadlight.pipelines.profile.source_profile import build_source_profile, count_leads_before, measure_new_values

START, MOMENT = pd.Timestamp("2025-01-01"), pd.Timestamp("2025-07-01")
LEADS = 400


def draw_tables(seed=3):
    draw = np.random.default_rng(seed)
    ids = [f"L{place}" for place in range(LEADS)]

    def times(n):
        return START + pd.to_timedelta(draw.integers(0, 181 * 24, n), unit="h") + pd.Timedelta(minutes=30)

    leads = pd.DataFrame({"lead_id": ids, "created_at": np.sort(times(LEADS)), "consent": True})
    size = 3_000
    activities = pd.DataFrame({"lead_id": draw.choice(ids, size), "occurred_at": times(size)})
    activities = activities.assign(type=draw.choice(["visit", "call"], size, p=[0.8, 0.2]), value=2.0)
    deals = pd.DataFrame({"lead_id": ids[::4], "closed_at": times(LEADS // 4), "won": draw.random(LEADS // 4) < 0.4})
    deals = deals.assign(amount=1_000.0)
    attributes = pd.DataFrame({"lead_id": ids, "branch": draw.choice(["steel", "food"], LEADS), "staff": 50.0})
    return {"leads": leads, "activities": activities, "deals": deals, "attributes": attributes}


def open_tables(frames):
    connection = ibis.duckdb.connect()
    made = {
        name: connection.create_table(name, pa.Table.from_pandas(frame, preserve_index=False))
        for name, frame in frames.items()
    }
    tables = Tables(made["leads"], made["attributes"], made["activities"], None)
    report = {"quarantine": [], "rows": {name: len(frame) for name, frame in frames.items()}}
    return Engine("duckdb", connection, tables, made["deals"], report)


@pytest.fixture(scope="module")
def frames():
    return draw_tables()


@pytest.fixture(scope="module")
def engine(frames):
    return open_tables(frames)


def profile(frames, moment=MOMENT):
    engine = open_tables(frames)
    return build_source_profile(engine, count_events(engine, "UTC"), moment, choose_lead_limit(engine, moment))


def test_rows_are_counted_in_periods_back_from_the_moment(frames, engine):
    described = count_events(engine, "UTC").describe(MOMENT)
    calls = frames["activities"][frames["activities"]["type"] == "call"]["occurred_at"]
    entry = described["activities"]["kinds"]["call"]
    ends = [MOMENT - n * pd.Timedelta(days=28) for n in range(len(entry["periods"]) + 1)]
    expected = [((calls < end) & (calls >= start)).sum() for end, start in itertools.pairwise(ends)]
    assert entry["periods"] == expected
    assert entry["rows"] == len(calls)
    assert described["deals"]["kinds"].keys() == {"won", "lost"}
    assert (
        sum(described["activities"]["hours"][0])
        == (frames["activities"]["occurred_at"] >= MOMENT - pd.Timedelta(days=91)).sum()
    )


def test_nothing_from_the_moment_on_is_counted(frames, engine):
    early = START + pd.Timedelta(days=60)
    described = count_events(engine, "UTC").describe(early)
    assert described["leads"]["rows"] == (frames["leads"]["created_at"] < early).sum()
    assert described["leads"]["end"] < early.isoformat()
    assert count_leads_before(count_events(engine, "UTC"), [early]) == {early.isoformat(): described["leads"]["rows"]}


def test_hours_are_those_of_the_time_zone(frames, engine):
    utc, later = (count_events(engine, zone).describe(MOMENT)["deals"]["hours"][0] for zone in ("UTC", "Etc/GMT-2"))
    assert np.roll(utc, 2).tolist() == later


def test_a_table_ends_with_its_last_row_that_reading_has_kept(frames):
    ahead = frames["activities"].copy()
    ahead.loc[[7, 8], "occurred_at"] = MOMENT + pd.Timedelta(days=75)
    assert profile(frames | {"activities": ahead})["ends"]["activities"] == {"end": "2025-09-14T00:00:00"}
    assert profile(frames)["ends"]["activities"] == {"end": "2025-06-30T00:00:00"}


def test_a_source_that_only_grows_keeps_all_rows_that_were_sampled(frames):
    more = pd.DataFrame({"lead_id": ["L1"], "occurred_at": [MOMENT], "type": ["visit"], "value": [1.0]})
    grown = frames | {"activities": pd.concat([frames["activities"], more], ignore_index=True)}
    before, after = (sample_rows(open_tables(tables), MOMENT, 2**64 - 1) for tables in (frames, grown))
    assert set(before) == {"leads", "activities", "deals", "attribute branch", "attribute staff"}
    assert set(summarize_kept(before, after).values()) == {1.0}


@pytest.mark.parametrize("share", [0.0, 0.3, 0.7])
def test_the_share_of_rows_that_are_the_same_is_estimated(frames, share):
    moved = frames["activities"].copy()
    rows = np.random.default_rng(1).random(len(moved)) >= share
    moved.loc[rows, "occurred_at"] += pd.Timedelta(hours=2)
    before, after = (
        sample_rows(open_tables(frames | {"activities": t}), MOMENT, 2**64 - 1) for t in (frames["activities"], moved)
    )
    kept = summarize_kept(before, after)
    # of the rows in either, what is in both: a row moved stands in each once
    assert kept["activities"] == pytest.approx(share / (2 - share), abs=0.1)
    assert kept["leads"] == 1.0


def test_of_many_leads_a_sample_is_hashed_and_the_same_one_later(frames):
    limit = int(np.sort(pd.util.hash_array(frames["leads"]["lead_id"].to_numpy(dtype=object)))[99])
    sample = sample_rows(open_tables(frames), MOMENT, limit)
    shuffled = {name: frame.sample(frac=1, random_state=5) for name, frame in frames.items()}
    assert sample_rows(open_tables(shuffled), MOMENT, limit) == sample
    assert len(sample["leads"]) == 100


def test_copies_medians_and_quarantine_are_measured(frames):
    doubled = frames["activities"].sample(frac=0.5, random_state=2)
    spoilt = frames | {"activities": pd.concat([frames["activities"], doubled], ignore_index=True)}
    spoilt["attributes"] = frames["attributes"].assign(staff=50_000.0)
    found = profile(spoilt)
    assert found["duplicates"]["activities"] == pytest.approx(1 / 3, abs=0.03)
    assert found["duplicates"]["deals"] == 0
    assert found["medians"]["attribute staff"]["median"] == 50_000
    assert found["medians"]["amount of deals, won"]["median"] == 1_000
    assert profile(frames)["rejected"] == {}


def test_new_values_are_common_in_free_text_only(frames, engine):
    texts = frames["attributes"].assign(title=[f"title {place // 2}" for place in range(LEADS)])
    shares = measure_new_values(open_tables(frames | {"attributes": texts}), MOMENT)
    assert shares["title"] > 0.9
    assert shares["branch"] == 0
    assert "staff" not in shares
