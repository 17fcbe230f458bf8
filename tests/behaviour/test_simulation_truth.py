"""The simulated CRM tells the truth about itself, and only when asked a question that has one."""

import shutil

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from leadlight.pipelines.simulation import SimulationSettings, simulate_true_probability


@pytest.fixture(scope="module")
def snapshots(large):
    """Two looks a quarter, at midnight and at odd seconds of working days."""
    first = pd.Timestamp(large.settings.start)
    midnights = [first + pd.DateOffset(months=months) for months in (3, 6, 9, 12, 15, 18, 21)]
    odd = [at + pd.Timedelta(days=10, hours=11, minutes=17, seconds=31) for at in midnights[:-1]]
    frame = pd.concat([large.open_leads(at) for at in midnights + odd], ignore_index=True)
    frame["odd"] = frame["as_of"] != frame["as_of"].dt.normalize()
    frame["truth"] = simulate_true_probability(large.settings, large.folder, frame, 90, draws=32)
    return frame


def within(rows):
    """Mean truth and realised share agree within four standard errors, clustered by lead."""
    gap = (rows["won"] - rows["truth"]).groupby(rows["lead_id"]).sum()
    error = np.sqrt((gap**2).sum())
    assert abs(gap.sum()) < 4 * error
    return error


@pytest.mark.parametrize("odd", [False, True])
def test_mean_is_the_realised_win_share(snapshots, odd):
    rows = snapshots[snapshots["odd"] == odd]
    error = within(rows)
    # Sharp enough to notice a truth that is half as high again.
    assert 4 * error < 0.5 * rows["won"].sum()


@pytest.mark.parametrize("third", [0, 1, 2])
def test_each_third_wins_as_often_as_said(snapshots, third):
    thirds = pd.qcut(snapshots["truth"], 3, labels=False)
    within(snapshots[thirds == third])


def test_truth_ranks_better_than_any_column(snapshots, large):
    truth = roc_auc_score(snapshots["won"], snapshots["truth"])
    assert 0.79 < truth < 0.89
    pairs = snapshots.reset_index(names="row").merge(large.activities, on="lead_id")
    pairs = pairs[pairs["occurred_at"] < pairs["as_of"]]
    age = (pairs["as_of"] - pairs["occurred_at"]).dt.total_seconds() / 86_400
    for half_life in (7, 28):
        heat = (0.5 ** (age / half_life)).groupby(pairs["row"]).sum().reindex(snapshots.index)
        assert 0.6 < roc_auc_score(snapshots["won"], heat) < truth - 0.04
    for attribute in ("industry", "job_title", "country", "source", "revenue_band"):
        values = snapshots["lead_id"].map(large.leads.set_index("lead_id")[attribute])
        rate = snapshots["won"].groupby(values).transform("mean")
        assert roc_auc_score(snapshots["won"], rate) < truth - 0.04, attribute


def test_truth_explains_a_fair_share_of_the_uncertainty(snapshots):
    won, said = snapshots["won"].to_numpy(), snapshots["truth"].to_numpy()
    loss = -np.where(won, np.log(said), np.log1p(-said)).mean()
    base = won.mean()
    assert 0.14 < 1 + loss / (base * np.log(base) + (1 - base) * np.log1p(-base)) < 0.27


@pytest.mark.parametrize("ago", [600, 90_000])
def test_the_same_lead_is_likelier_to_be_won_when_hot(world, tmp_path, ago):
    as_of = pd.Timestamp("2024-11-05 13:30:00")
    rows = world.open_leads(as_of)
    cold = simulate_true_probability(world.settings, world.folder, rows, 90, draws=16)
    shutil.copytree(world.folder / "truth", tmp_path / "truth")
    log = pd.read_parquet(tmp_path / "truth/activities.parquet")
    second = int((as_of - pd.Timestamp(world.settings.start)).total_seconds())
    number = rows["lead_id"].str[2:].astype(int).to_numpy() - 1
    fresh = [pd.DataFrame({"lead": number, "second": second - ago, "type": kind}) for kind in (1, 1, 6)]
    log = pd.concat([log, *fresh])  # two pricing pages and a demo request
    log.sort_values(["lead", "second"]).to_parquet(tmp_path / "truth/activities.parquet")
    hot = simulate_true_probability(world.settings, tmp_path, rows, 90, draws=16)
    assert (hot > cold).mean() > 0.98
    assert hot.mean() > 2 * cold.mean()


@pytest.mark.parametrize(("at", "midnight"), [("05 23:59:59", "06"), ("06 00:00:01", "06")])
def test_a_second_before_or_after_midnight_changes_next_to_nothing(world, at, midnight):
    """The first and the last day count by the share of them that is inside the window."""
    odd, whole = (world.open_leads(pd.Timestamp(f"2024-11-{text}")) for text in (at, midnight))
    rows = whole[whole["lead_id"].isin(odd["lead_id"])]
    exact = simulate_true_probability(world.settings, world.folder, rows, 1, draws=1)
    moved = rows.assign(as_of=odd["as_of"].iloc[0])
    said = simulate_true_probability(world.settings, world.folder, moved, 1, draws=1)
    np.testing.assert_allclose(said, exact, rtol=2e-3)


def test_nothing_from_the_moment_on_is_looked_at(world, tmp_path):
    as_of = pd.Timestamp("2024-11-05 13:30:00")
    rows = world.open_leads(as_of)
    said = simulate_true_probability(world.settings, world.folder, rows, 90, draws=4)
    shutil.copytree(world.folder / "truth", tmp_path / "truth")
    second = int((as_of - pd.Timestamp(world.settings.start)).total_seconds())
    log = pd.read_parquet(tmp_path / "truth/activities.parquet")
    log[log["second"] < second].to_parquet(tmp_path / "truth/activities.parquet")
    leads = pd.read_parquet(tmp_path / "truth/leads.parquet")
    leads.assign(closed=-1, won=False).to_parquet(tmp_path / "truth/leads.parquet")
    again = simulate_true_probability(world.settings, tmp_path, rows, 90, draws=4)
    pd.testing.assert_series_equal(said, again)


def test_a_longer_horizon_is_never_less_likely(world):
    rows = world.open_leads(pd.Timestamp("2024-06-03 09:00:05")).head(300)
    one, month, quarter = (
        simulate_true_probability(world.settings, world.folder, rows, days, draws=32) for days in (1, 30, 90)
    )
    assert (one < month).all()
    assert (month < quarter).all()
    assert quarter.between(0, 1).all()


def test_answers_follow_the_order_and_index_of_the_question(world):
    rows = world.open_leads(pd.Timestamp("2024-06-03")).head(120)
    said = simulate_true_probability(world.settings, world.folder, rows, 90, draws=200)
    turned = rows.iloc[::-1].set_axis([f"row {i}" for i in range(len(rows))])
    again = simulate_true_probability(world.settings, world.folder, turned, 90, draws=200)
    assert list(again.index) == list(turned.index)
    assert np.corrcoef(said.to_numpy()[::-1], again.to_numpy())[0, 1] > 0.99
    assert np.corrcoef(said.to_numpy(), again.to_numpy())[0, 1] < 0.5


def test_same_seed_same_answer_and_progress(world):
    rows = world.open_leads(pd.Timestamp("2024-06-03"))
    shares: list[float] = []
    said = simulate_true_probability(
        world.settings, world.folder, rows, 30, draws=64, seed=3, on_progress=shares.append
    )
    again = simulate_true_probability(world.settings, world.folder, rows, 30, draws=64, seed=3)
    other = simulate_true_probability(world.settings, world.folder, rows, 30, draws=64, seed=4)
    pd.testing.assert_series_equal(said, again)
    assert (said != other).mean() > 0.9
    assert shares[-1] == 1.0


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"horizon_days": 0}, "horizon_days of simulate_true_probability must be at least 1. Got 0"),
        ({"draws": 0}, "draws of simulate_true_probability must be at least 1. Got 0"),
        ({"horizon_days": 5_000}, "inside the calendar"),
        ({"settings": SimulationSettings(leads=1_500, seed=99)}, "must be those it was simulated with"),
    ],
)
def test_senseless_questions(world, change, sentence):
    rows = world.open_leads(pd.Timestamp("2024-06-03")).head(3)
    asked = {"settings": world.settings, "horizon_days": 90, "draws": 1} | change
    with pytest.raises(ValueError, match=sentence):
        simulate_true_probability(folder=world.folder, snapshots=rows, **asked)


def test_snapshots_that_are_none(world):
    lead = world.leads.merge(world.deals, on="lead_id").iloc[0]
    second = pd.Timedelta(seconds=1)

    def ask(lead_id, as_of):
        rows = pd.DataFrame({"lead_id": [lead_id], "as_of": [as_of]})
        return simulate_true_probability(world.settings, world.folder, rows, 90, draws=1)

    assert len(ask(lead["lead_id"], lead["created_at"])) == 1
    assert len(ask(lead["lead_id"], lead["closed_at"])) == 1
    with pytest.raises(ValueError, match="exists and is open"):
        ask(lead["lead_id"], lead["created_at"] - second)
    with pytest.raises(ValueError, match="exists and is open"):
        ask(lead["lead_id"], lead["closed_at"] + second)
    with pytest.raises(ValueError, match=r"must be a simulated lead\. Got L-999999"):
        ask("L-999999", lead["created_at"])
