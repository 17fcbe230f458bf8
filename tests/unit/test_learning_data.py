"""Who may learn from what: no lead on both sides, and no bias from keeping them apart."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadlight.pipelines.datasets.labelled_snapshots import LabelledSnapshots, build_rolling_folds, split_disjoint_leads

DAY = pd.Timedelta(days=1)
START = pd.Timestamp("2025-01-01")


def data_of(rows, gap=10):
    """Rows of (lead, day, won, split)."""
    frame = pd.DataFrame(rows, columns=["lead_id", "day", "won", "split"])
    frame["as_of"] = START + frame.pop("day") * DAY
    return LabelledSnapshots(frame.sort_values(["as_of", "lead_id"], ignore_index=True), gap * DAY)


def long_open(leads=400, days=200, every=10, seed=0):
    """Leads that are looked at every ten days until they win; most never do."""
    rng = np.random.default_rng(seed)
    rows = []
    for lead in range(leads):
        born, lives = rng.integers(0, days), int(rng.geometric(1 / 60))
        wins = rng.random() < 0.3
        for day in range(born - born % every, days, every):
            if day >= born and day < born + lives:
                won = int(wins and born + lives - day <= 10)
                split = "train" if day < 80 else "gap" if day < 100 else "calibrate" if day < 140 else "gap"
                rows.append((f"L{lead}", day, won, "test" if day >= 160 else split))
    return data_of(rows)


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 30)), min_size=2, max_size=40, unique=True))
@settings(deadline=None)
def test_no_lead_is_on_both_sides_and_those_of_one_side_stay_once(pairs):
    data = data_of([(f"L{lead}", day, 0, "x") for lead, day in pairs])
    early = (data.frame["as_of"] < START + 15 * DAY).to_numpy()
    earlier, later = data.filter(early), data.filter(~early)
    if earlier.frame.empty or later.frame.empty:
        return
    kept_earlier, kept_later = split_disjoint_leads(earlier, later)
    assert not set(kept_earlier.leads) & set(kept_later.leads)
    both = set(earlier.leads) & set(later.leads)
    for before, after in ((earlier, kept_earlier), (later, kept_later)):
        for lead in set(before.leads):
            times = (after.leads == lead).sum() / (before.leads == lead).sum()
            assert times in ((0, 2) if lead in both else (1,))
    assert kept_earlier.frame["as_of"].is_monotonic_increasing
    again = split_disjoint_leads(earlier, later)
    assert again[0].frame.equals(kept_earlier.frame)


def test_both_sides_keep_the_win_rate_that_they_had():
    earlier_rates, later_rates = [], []
    for seed in range(40):
        data = long_open(seed=seed)
        early = (data.frame["as_of"] < START + 100 * DAY).to_numpy()
        sides = data.filter(early), data.filter(~early)
        kept = split_disjoint_leads(*sides)
        earlier_rates.append(kept[0].won.mean() / sides[0].won.mean())
        later_rates.append(kept[1].won.mean() / sides[1].won.mean())
    assert np.mean(earlier_rates) == pytest.approx(1.0, abs=0.04)
    assert np.mean(later_rates) == pytest.approx(1.0, abs=0.04)


def test_the_past_ends_a_gap_before_the_test_window():
    past, test = long_open().split_past_and_test()
    assert set(test.frame["split"]) == {"test"}
    assert set(past.frame["split"]) == {"train", "gap", "calibrate"}
    assert past.frame["as_of"].max() < START + 140 * DAY
    assert not set(past.leads) & set(test.leads)


def test_every_origin_learns_from_what_was_known_a_gap_before():
    past, _ = long_open().split_past_and_test()
    origins = build_rolling_folds(past, 3)
    assert len(origins) == 3
    as_of = past.frame["as_of"]
    judged = [as_of[origin.test] for origin in origins]
    for origin, asked in zip(origins, judged, strict=True):
        assert as_of[origin.train].max() < asked.min() - past.gap
        assert not set(past.leads[origin.train]) & set(past.leads[origin.test])
    assert judged[0].max() < judged[1].min()
    assert judged[1].max() < judged[2].min()
    assert len(origins[0].train) < len(origins[2].train)


def test_parts_without_both_outcomes_are_not_judged():
    rows = [(f"A{i}", 0, i % 2, "train") for i in range(10)]
    rows += [(f"B{i}", 30, i % 2, "calibrate") for i in range(10)]
    rows += [(f"C{i}", 31, 0, "calibrate") for i in range(10)]
    assert len(build_rolling_folds(data_of(rows, gap=5), 2)) == 1
