"""Who may learn from what: what was known when a window began, and each snapshot once."""

import numpy as np
import pandas as pd
import pytest

from leadlight.pipelines.datasets.labelled_snapshots import LabelledSnapshots, build_rolling_folds

DAY = pd.Timedelta(days=1)
START = pd.Timestamp("2025-01-01")


def data_of(rows, gap=10, cut_off=200):
    """Rows of (lead, day, won, split)."""
    frame = pd.DataFrame(rows, columns=["lead_id", "day", "won", "split"])
    frame["as_of"] = START + frame.pop("day") * DAY
    frame = frame.assign(days_to_win=np.where(frame["won"] == 1, 4.0, np.nan), on_grid=True)
    return LabelledSnapshots(
        frame.sort_values(["as_of", "lead_id"], ignore_index=True), gap * DAY, START + cut_off * DAY
    )


@pytest.fixture(scope="module")
def long_open():
    """Leads that are looked at every ten days for a while; windows 10 days apart."""
    rng, rows = np.random.default_rng(0), []
    for lead in range(300):
        born, lives = int(rng.integers(0, 200)), int(rng.geometric(1 / 60))
        for day in range(born - born % 10, 200, 10):
            if born <= day < born + lives:
                split = "train" if day < 80 else "gap" if day < 90 else "calibrate" if day < 140 else "gap"
                split = "test" if 150 <= day < 190 else "unfinished" if day >= 190 else split
                won = np.nan if split == "unfinished" else int(rng.random() < 0.3)
                rows.append((f"L{lead}", day, won, split))
    return data_of(rows)


def key(snapshots):
    return list(zip(snapshots.frame["lead_id"], snapshots.frame["as_of"], strict=True))


def test_the_past_is_all_that_was_known_when_the_test_window_began(long_open):
    past, test = long_open.select_past(), long_open.select_split("test")
    assert set(past.frame["split"]) == {"train", "gap", "calibrate"}
    assert past.frame["as_of"].max() + past.gap < test.frame["as_of"].min()
    missing = long_open.frame[long_open.frame["as_of"] < test.frame["as_of"].min() - long_open.gap]
    assert len(missing) == len(past.frame)


def test_a_lead_may_be_on_both_sides_and_no_snapshot_is_repeated(long_open):
    past, test = long_open.select_past(), long_open.select_split("test")
    assert set(past.leads) & set(test.leads)
    every = [*key(past), *key(test)]
    assert len(set(every)) == len(every)


def test_what_serves_learns_from_every_snapshot_with_a_label(long_open):
    matured, unfinished = long_open.select_matured(), long_open.select_unfinished()
    assert sorted([*key(matured), *key(unfinished)]) == sorted(key(long_open))
    assert set(np.unique(matured.won)) == {0, 1}
    assert unfinished.frame["won"].isna().all()


def test_what_was_unfinished_at_the_test_window_tells_no_win_that_came_after(long_open):
    start = long_open.frame.loc[long_open.frame["split"] == "test", "as_of"].min()
    then = long_open.select_unfinished_at_test()
    assert then.cut_off == start
    assert ((then.frame["as_of"] >= start - then.gap) & (then.frame["as_of"] < start)).all()
    assert not set(key(then)) & set(key(long_open.select_past()))
    rows = [("A", 91, 1, "gap"), ("B", 97, 1, "gap"), ("C", 20, 1, "train"), ("D", 60, 0, "calibrate"),
            ("E", 100, 0, "test")]  # fmt: skip
    seen = data_of(rows).select_unfinished_at_test().frame.set_index("lead_id")["days_to_win"]
    assert seen.to_dict() == pytest.approx({"A": 4.0, "B": np.nan}, nan_ok=True)


@pytest.fixture(scope="module")
def by_leads():
    """Windows that are parts of the leads, of the same days."""
    parts = {0: "test", 1: "calibrate", 2: "train", 3: "train"}
    rows = [(f"L{i}", day, (i // 4 + day) % 2, parts[i % 4]) for i in range(80) for day in (0, 5)]
    return data_of(rows)


def test_without_windows_of_time_the_past_is_the_other_leads_and_nothing_is_unfinished(by_leads):
    assert not by_leads.by_time
    past = by_leads.select_past()
    assert set(past.frame["split"]) == {"train", "calibrate"}
    assert not set(past.leads) & set(by_leads.select_split("test").leads)
    assert by_leads.select_unfinished_at_test().frame.empty


def test_every_fold_learns_from_what_was_known_a_gap_before(long_open):
    past = long_open.select_past()
    folds = build_rolling_folds(past, 3)
    assert len(folds) == 3
    as_of = past.frame["as_of"]
    judged = [as_of[fold.test] for fold in folds]
    for fold, asked in zip(folds, judged, strict=True):
        assert as_of[fold.train].max() < asked.min() - past.gap
        assert len(fold.train) == (as_of < asked.min() - past.gap).sum()
    assert judged[0].max() < judged[1].min()
    assert judged[1].max() < judged[2].min()
    tested = np.concatenate([fold.test for fold in folds])
    assert sorted(tested) == list(np.flatnonzero(past.frame["split"] == "calibrate"))


def test_folds_of_leads_learn_from_all_others(by_leads):
    past = by_leads.select_past()
    folds = build_rolling_folds(past, 3)
    assert len(folds) > 1
    for fold in folds:
        assert not set(past.leads[fold.train]) & set(past.leads[fold.test])
        assert len(fold.train) + len(fold.test) == len(past.won)
    tested = np.concatenate([fold.test for fold in folds])
    assert sorted(tested) == list(np.flatnonzero(past.frame["split"] == "calibrate"))


def test_parts_without_both_outcomes_are_not_judged():
    rows = [(f"A{i}", 0, i % 2, "train") for i in range(10)]
    rows += [(f"B{i}", 30, i % 2, "calibrate") for i in range(10)]
    rows += [(f"C{i}", 31, 0, "calibrate") for i in range(10)]
    assert len(build_rolling_folds(data_of(rows, gap=5), 2)) == 1
