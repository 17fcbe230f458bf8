"""The simulated CRM is repeatable, keeps the data contract, and tells the truth about itself."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from sklearn.metrics import roc_auc_score

from pipelines.simulation import SimulationSettings, simulate, true_probability

TABLES = ("leads.csv.gz", "activities.parquet", "deals.csv.gz", "history.csv.gz", "stages.csv.gz")
TRUTH = ("truth/leads.parquet", "truth/activities.parquet", "truth/settings.json")
TYPED_IN = {
    "industry": "Mechanical engineering;Automotive;Electronics;Metal processing;Food and beverage;"
    "IT services;Logistics;Chemicals;Consulting;Education;Aerospace;Medical devices;Furniture;Textiles",
    "country": "Germany;Austria;Switzerland;Netherlands;Poland;France;Italy;United States;Turkey;India",
}


@dataclass
class World:
    settings: SimulationSettings
    folder: Path
    counts: dict[str, int]
    leads: pd.DataFrame
    activities: pd.DataFrame
    deals: pd.DataFrame
    history: pd.DataFrame
    stages: pd.DataFrame


def make(settings: SimulationSettings, folder: Path) -> World:
    counts = simulate(settings, folder)

    def read(name: str, moment: str) -> pd.DataFrame:
        frame = pd.read_csv(folder / f"{name}.csv.gz", dtype=str, keep_default_na=False)
        frame[moment] = pd.to_datetime(frame[moment], format="%Y-%m-%d %H:%M:%S")
        return frame

    return World(
        settings=settings,
        folder=folder,
        counts=counts,
        leads=read("leads", "created_at"),
        activities=pd.read_parquet(folder / "activities.parquet"),
        deals=read("deals", "closed_at"),
        history=read("history", "changed_at"),
        stages=read("stages", "entered_at"),
    )


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return make(SimulationSettings(leads=1_500), tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    return make(SimulationSettings(leads=10_000, seed=11), tmp_path_factory.mktemp("large"))


def end_of(settings):
    return pd.Timestamp(settings.start) + pd.DateOffset(months=settings.months)


def open_leads(world, as_of):
    """Leads that are created and open, and whether each is won within 90 days."""
    known = world.leads[["lead_id", "created_at"]].merge(world.deals, on="lead_id", how="left")
    is_open = (known["created_at"] <= as_of) & ~(known["closed_at"] < as_of)
    rows = known[is_open].assign(as_of=as_of)
    won = (rows["status"] == "won") & (rows["closed_at"] < rows["as_of"] + pd.Timedelta(days=90))
    return rows.assign(won=won)[["lead_id", "as_of", "won"]]


@pytest.fixture(scope="module")
def snapshots(large):
    """Two looks a quarter, at midnight and at odd seconds of working days."""
    first = pd.Timestamp(large.settings.start)
    midnights = [first + pd.DateOffset(months=months) for months in (3, 6, 9, 12, 15, 18, 21)]
    odd = [at + pd.Timedelta(days=10, hours=11, minutes=17, seconds=31) for at in midnights[:-1]]
    frame = pd.concat([open_leads(large, at) for at in midnights + odd], ignore_index=True)
    frame["odd"] = frame["as_of"] != frame["as_of"].dt.normalize()
    frame["truth"] = true_probability(large.settings, large.folder, frame, 90, draws=32)
    return frame


class TestFiles:
    def test_same_settings_give_the_same_bytes(self, world, tmp_path):
        assert simulate(world.settings, tmp_path) == world.counts
        for name in TABLES + TRUTH:
            assert (tmp_path / name).read_bytes() == (world.folder / name).read_bytes(), name
        assert not list(tmp_path.rglob("*.part"))

    def test_another_seed_gives_other_bytes(self, world, tmp_path):
        simulate(world.settings.model_copy(update={"seed": 8}), tmp_path)
        for name in TABLES + TRUTH:
            assert (tmp_path / name).read_bytes() != (world.folder / name).read_bytes(), name

    def test_gaps_and_typos_leave_the_course_of_events_alone(self, world, tmp_path):
        simulate(world.settings.model_copy(update={"gaps": 0.4, "typos": 0.2}), tmp_path)
        for name in ("activities.parquet", "deals.csv.gz", "stages.csv.gz", "truth/leads.parquet"):
            assert (tmp_path / name).read_bytes() == (world.folder / name).read_bytes(), name
        for name in ("leads.csv.gz", "history.csv.gz"):
            assert (tmp_path / name).read_bytes() != (world.folder / name).read_bytes(), name

    def test_tables_have_the_agreed_columns(self, world):
        attributes = ["industry", "employees", "revenue_band", "country", "job_title", "department"]
        assert list(world.leads) == ["lead_id", "created_at", *attributes, "source", "consent", "owner"]
        assert list(world.activities) == ["lead_id", "occurred_at", "type", "value", "object"]
        assert list(world.deals) == ["lead_id", "closed_at", "status", "amount"]
        assert list(world.history) == ["lead_id", "attribute", "value", "changed_at"]
        assert list(world.stages) == ["lead_id", "stage", "entered_at"]
        assert world.activities["occurred_at"].dtype == "datetime64[us]"
        assert set(world.history["attribute"]) == set(attributes)

    def test_counts_are_those_of_the_files(self, world):
        counts = world.counts
        rows = (world.leads, world.activities, world.deals, world.history, world.stages)
        assert [counts[k] for k in ("leads", "activities", "deals", "changes", "stages")] == [*map(len, rows)]
        assert counts["won"] == (world.deals["status"] == "won").sum()
        assert counts["lost"] == (world.deals["status"] == "lost").sum()
        assert counts["won"] + counts["lost"] + counts["open"] == counts["leads"] == 1_500

    def test_progress_ends_at_one(self, tmp_path):
        shares: list[float] = []
        simulate(SimulationSettings(leads=200, months=6), tmp_path, shares.append)
        assert shares == sorted(shares)
        assert shares[0] < 0.1
        assert shares[-1] == 1.0


class TestRecords:
    def test_form_is_sent_seconds_before_the_lead_is_created(self, world):
        forms = world.activities[world.activities["type"] == "form_submit"]
        pairs = forms.merge(world.leads, on="lead_id")
        before = (pairs["created_at"] - pairs["occurred_at"]).dt.total_seconds()
        first = before[before > 0].groupby(pairs["lead_id"]).agg(["size", "min"])
        assert len(first) == len(world.leads)
        assert (first["size"] == 1).all()
        assert first["min"].between(2, 60).all()

    def test_some_visits_come_days_before_the_lead(self, world):
        pairs = world.activities.merge(world.leads, on="lead_id")
        early = pairs[pairs["occurred_at"] < pairs["created_at"] - pd.Timedelta(days=1)]
        assert 0.3 < early["lead_id"].nunique() / len(world.leads) < 0.9
        assert set(early["type"]) == {"page_view", "pricing_page"}

    def test_a_lead_has_one_deal_at_most_and_closes_after_its_creation(self, world):
        assert world.deals["lead_id"].is_unique
        pairs = world.deals.merge(world.leads, on="lead_id", how="left")
        assert (pairs["closed_at"] > pairs["created_at"]).all()
        assert (pairs["closed_at"] < end_of(world.settings)).all()
        assert set(pairs["status"]) == {"won", "lost"}
        assert (world.deals.loc[world.deals["status"] == "won", "amount"] != "").all()
        assert (world.deals.loc[world.deals["status"] == "lost", "amount"] == "").mean() > 0.6

    def test_leads_show_the_latest_value_of_their_history(self, world):
        last = world.history.sort_values("changed_at", kind="stable").groupby(["lead_id", "attribute"]).last()
        wide = last["value"].unstack("attribute").reindex(world.leads["lead_id"]).fillna("")
        for attribute in wide:
            assert (wide[attribute].to_numpy() == world.leads[attribute].to_numpy()).all(), attribute
        changed = world.history.duplicated(["lead_id", "attribute"])
        assert changed.sum() > 20

    def test_first_values_are_known_before_the_lead_is_created(self, world):
        pairs = world.history.merge(world.leads[["lead_id", "created_at"]], on="lead_id")
        first = pairs[pairs["changed_at"] < pairs["created_at"]]
        known = first.groupby("attribute")["lead_id"].nunique() / len(world.leads)
        assert known["employees"] == pytest.approx(0.88, abs=0.04)
        assert known["country"] > 0.97
        assert not first.duplicated(["lead_id", "attribute"]).any()

    def test_won_leads_are_completed_only_after_the_win(self, large):
        """An attribute that is known for customers alone: the trap that the history is there for."""
        now = large.leads.merge(large.deals, on="lead_id", how="left")
        won = now["status"] == "won"
        missing = now["employees"] == ""
        assert missing[won].mean() < 0.05
        assert missing[~won].mean() > 0.08
        sizes = large.history[large.history["attribute"] == "employees"].merge(large.deals, on="lead_id")
        at_close = sizes[sizes["changed_at"] < sizes["closed_at"]]
        known = large.deals["lead_id"].isin(at_close["lead_id"]).groupby(large.deals["status"]).mean()
        assert abs(known["won"] - known["lost"]) < 0.05

    def test_words_carry_slips_of_the_hand(self, large):
        for attribute, words in TYPED_IN.items():
            rows = large.history[large.history["attribute"] == attribute]
            first = rows.drop_duplicates("lead_id")
            odd = ~first["value"].isin(words.split(";"))
            assert odd.mean() == pytest.approx(large.settings.typos, abs=0.01), attribute
        assert large.leads["job_title"].nunique() > 60

    def test_consent_is_yes_no_or_empty(self, world):
        share = world.leads["consent"].value_counts(normalize=True)
        assert set(share.index) == {"yes", "no", ""}
        assert share["yes"] == pytest.approx(0.85, abs=0.04)

    def test_without_consent_there_is_no_campaign_mail(self, world):
        mailed = world.activities[world.activities["type"].isin(["email_open", "email_click", "unsubscribe"])]
        consent = world.leads.set_index("lead_id")["consent"]
        assert set(consent[mailed["lead_id"]]) == {"yes"}

    def test_nobody_reads_campaign_mail_after_unsubscribing(self, world):
        mailed = world.activities[world.activities["type"].isin(["email_open", "email_click"])]
        gone = world.activities[world.activities["type"] == "unsubscribe"]
        pairs = mailed.merge(gone.groupby("lead_id")["occurred_at"].min().rename("gone"), on="lead_id")
        assert len(gone) > 30
        # What was in the inbox that day may still be read; nothing comes on later days.
        assert (pairs["occurred_at"].dt.normalize() <= pairs["gone"].dt.normalize()).all()

    def test_after_the_close_only_a_few_page_views_remain(self, world):
        pairs = world.activities.merge(world.deals, on="lead_id")
        after = pairs[pairs["occurred_at"] >= pairs["closed_at"]]
        assert set(after["type"]) == {"page_view"}
        customers = after[after["status"] == "won"]
        assert set(customers["object"]) == {"Onboarding guide", "Customer portal"}
        assert not pairs.drop(after.index)["object"].isin(["Onboarding guide", "Customer portal"]).any()
        assert 0 < len(after) < 0.05 * len(world.activities)
        assert (world.activities["occurred_at"] < end_of(world.settings)).all()

    def test_activity_before_the_close_is_what_drove_the_lead(self, world):
        """Nothing that is added for the sake of the picture tells how the lead will end."""
        pairs = world.activities.merge(world.deals, on="lead_id", how="left")
        before = pairs[~(pairs["occurred_at"] >= pairs["closed_at"])]
        log = pd.read_parquet(world.folder / "truth/activities.parquet")
        listed = pd.DataFrame(
            {
                "lead": before["lead_id"].str[2:].astype(int) - 1,
                "second": (before["occurred_at"] - pd.Timestamp(world.settings.start)).dt.total_seconds(),
            }
        )
        listed = listed.sort_values(["lead", "second"]).to_numpy()
        assert (listed == log[["lead", "second"]].to_numpy()).all()

    def test_stages_go_forward_and_agree_with_creation_and_deal(self, world):
        order = {name: i for i, name in enumerate(["new", "contacted", "meeting", "proposal", "won", "lost"])}
        rows = world.stages.assign(rank=world.stages["stage"].map(order)).sort_values(
            ["lead_id", "entered_at"]
        )
        assert not rows.duplicated(["lead_id", "stage"]).any()
        assert (rows.groupby("lead_id")["rank"].diff().dropna() > 0).all()
        new = rows[rows["stage"] == "new"].merge(world.leads, on="lead_id")
        assert len(new) == len(world.leads)
        assert (new["entered_at"] == new["created_at"]).all()
        ends = rows[rows["rank"] >= 4].merge(world.deals, on="lead_id", how="outer")
        assert (ends["stage"] == ends["status"]).all()
        assert (ends["entered_at"] == ends["closed_at"]).all()


class TestWorld:
    def test_leads_end_as_such_leads_do(self, large):
        counts = large.counts
        assert 0.075 < counts["won"] / counts["leads"] < 0.115
        assert 0.45 < counts["lost"] / counts["leads"] < 0.60
        assert 15 < counts["activities"] / counts["leads"] < 25
        won = large.deals[large.deals["status"] == "won"].merge(large.leads, on="lead_id")
        delay = (won["closed_at"] - won["created_at"]).dt.total_seconds() / 86_400
        assert 35 < delay.median() < 48
        assert delay.quantile(0.95) > 150

    def test_activity_follows_the_day_the_week_and_the_year(self, large):
        at = large.activities["occurred_at"].dt
        assert at.hour.between(6, 17).mean() > 0.85
        assert (at.day_of_week >= 5).mean() < 0.10
        daily = large.activities.groupby(at.normalize()).size()
        quiet = daily["2024-12-21":"2025-01-06"].mean()
        assert quiet < 0.6 * daily["2024-11-25":"2024-12-18"].mean()
        assert daily["2024-08-01":"2024-08-31"].mean() < 0.85 * daily["2024-06-01":"2024-06-30"].mean()
        fair = large.leads[large.leads["source"] == "Trade fair"]["created_at"]
        assert fair.dt.normalize().between("2024-04-17", "2024-04-25").mean() > 0.1

    def test_mail_is_read_in_waves(self, large):
        opens = large.activities[large.activities["type"] == "email_open"]
        per_day = opens.groupby(opens["occurred_at"].dt.normalize()).size().sort_values(ascending=False)
        assert per_day.head(len(per_day) // 5).sum() > 0.6 * per_day.sum()


class TestTruth:
    @pytest.mark.parametrize("odd", [False, True])
    def test_mean_is_the_realised_win_share(self, snapshots, odd):
        rows = snapshots[snapshots["odd"] == odd]
        error = within(rows)
        # Sharp enough to notice a truth that is half as high again.
        assert 4 * error < 0.5 * rows["won"].sum()

    @pytest.mark.parametrize("third", [0, 1, 2])
    def test_each_third_wins_as_often_as_said(self, snapshots, third):
        thirds = pd.qcut(snapshots["truth"], 3, labels=False)
        within(snapshots[thirds == third])

    def test_truth_ranks_better_than_any_column(self, snapshots, large):
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

    def test_truth_explains_a_fair_share_of_the_uncertainty(self, snapshots):
        won, said = snapshots["won"].to_numpy(), snapshots["truth"].to_numpy()
        loss = -np.where(won, np.log(said), np.log1p(-said)).mean()
        base = won.mean()
        assert 0.14 < 1 + loss / (base * np.log(base) + (1 - base) * np.log1p(-base)) < 0.27

    @pytest.mark.parametrize("ago", [600, 90_000])
    def test_the_same_lead_is_likelier_to_be_won_when_hot(self, world, tmp_path, ago):
        as_of = pd.Timestamp("2024-11-05 13:30:00")
        rows = open_leads(world, as_of)
        cold = true_probability(world.settings, world.folder, rows, 90, draws=16)
        shutil.copytree(world.folder / "truth", tmp_path / "truth")
        log = pd.read_parquet(tmp_path / "truth/activities.parquet")
        second = int((as_of - pd.Timestamp(world.settings.start)).total_seconds())
        number = rows["lead_id"].str[2:].astype(int).to_numpy() - 1
        fresh = [pd.DataFrame({"lead": number, "second": second - ago, "type": kind}) for kind in (1, 1, 6)]
        log = pd.concat([log, *fresh])  # two pricing pages and a demo request
        log.sort_values(["lead", "second"]).to_parquet(tmp_path / "truth/activities.parquet")
        hot = true_probability(world.settings, tmp_path, rows, 90, draws=16)
        assert (hot > cold).mean() > 0.98
        assert hot.mean() > 2 * cold.mean()

    @pytest.mark.parametrize(("at", "midnight"), [("05 23:59:59", "06"), ("06 00:00:01", "06")])
    def test_a_second_before_or_after_midnight_changes_next_to_nothing(self, world, at, midnight):
        """The first and the last day count by the share of them that is inside the window."""
        odd, whole = (open_leads(world, pd.Timestamp(f"2024-11-{text}")) for text in (at, midnight))
        rows = whole[whole["lead_id"].isin(odd["lead_id"])]
        exact = true_probability(world.settings, world.folder, rows, 1, draws=1)
        moved = rows.assign(as_of=odd["as_of"].iloc[0])
        said = true_probability(world.settings, world.folder, moved, 1, draws=1)
        np.testing.assert_allclose(said, exact, rtol=2e-3)

    def test_nothing_from_the_moment_on_is_looked_at(self, world, tmp_path):
        as_of = pd.Timestamp("2024-11-05 13:30:00")
        rows = open_leads(world, as_of)
        said = true_probability(world.settings, world.folder, rows, 90, draws=4)
        shutil.copytree(world.folder / "truth", tmp_path / "truth")
        second = int((as_of - pd.Timestamp(world.settings.start)).total_seconds())
        log = pd.read_parquet(tmp_path / "truth/activities.parquet")
        log[log["second"] < second].to_parquet(tmp_path / "truth/activities.parquet")
        leads = pd.read_parquet(tmp_path / "truth/leads.parquet")
        leads.assign(closed=-1, won=False).to_parquet(tmp_path / "truth/leads.parquet")
        again = true_probability(world.settings, tmp_path, rows, 90, draws=4)
        pd.testing.assert_series_equal(said, again)

    def test_a_longer_horizon_is_never_less_likely(self, world):
        rows = open_leads(world, pd.Timestamp("2024-06-03 09:00:05")).head(300)
        one, month, quarter = (
            true_probability(world.settings, world.folder, rows, days, draws=32) for days in (1, 30, 90)
        )
        assert (one < month).all()
        assert (month < quarter).all()
        assert quarter.between(0, 1).all()

    def test_answers_follow_the_order_and_index_of_the_question(self, world):
        rows = open_leads(world, pd.Timestamp("2024-06-03")).head(120)
        said = true_probability(world.settings, world.folder, rows, 90, draws=200)
        turned = rows.iloc[::-1].set_axis([f"row {i}" for i in range(len(rows))])
        again = true_probability(world.settings, world.folder, turned, 90, draws=200)
        assert list(again.index) == list(turned.index)
        assert np.corrcoef(said.to_numpy()[::-1], again.to_numpy())[0, 1] > 0.99
        assert np.corrcoef(said.to_numpy(), again.to_numpy())[0, 1] < 0.5

    def test_same_seed_same_answer_and_progress(self, world):
        rows = open_leads(world, pd.Timestamp("2024-06-03"))
        shares: list[float] = []
        said = true_probability(
            world.settings, world.folder, rows, 30, draws=64, seed=3, on_progress=shares.append
        )
        again = true_probability(world.settings, world.folder, rows, 30, draws=64, seed=3)
        other = true_probability(world.settings, world.folder, rows, 30, draws=64, seed=4)
        pd.testing.assert_series_equal(said, again)
        assert (said != other).mean() > 0.9
        assert shares[-1] == 1.0


class TestRefusals:
    @pytest.mark.parametrize(
        ("change", "sentence"),
        [
            ({"horizon_days": 0}, "horizon_days of true_probability must be at least 1. Got 0"),
            ({"draws": 0}, "draws of true_probability must be at least 1. Got 0"),
            ({"horizon_days": 5_000}, "inside the calendar"),
            ({"settings": SimulationSettings(leads=1_500, seed=99)}, "must be those it was simulated with"),
        ],
    )
    def test_senseless_questions(self, world, change, sentence):
        rows = open_leads(world, pd.Timestamp("2024-06-03")).head(3)
        asked = {"settings": world.settings, "horizon_days": 90, "draws": 1} | change
        with pytest.raises(ValueError, match=sentence):
            true_probability(folder=world.folder, snapshots=rows, **asked)

    def test_snapshots_that_are_none(self, world):
        lead = world.leads.merge(world.deals, on="lead_id").iloc[0]
        second = pd.Timedelta(seconds=1)

        def ask(lead_id, as_of):
            rows = pd.DataFrame({"lead_id": [lead_id], "as_of": [as_of]})
            return true_probability(world.settings, world.folder, rows, 90, draws=1)

        assert len(ask(lead["lead_id"], lead["created_at"])) == 1
        assert len(ask(lead["lead_id"], lead["closed_at"])) == 1
        with pytest.raises(ValueError, match="created and open"):
            ask(lead["lead_id"], lead["created_at"] - second)
        with pytest.raises(ValueError, match="created and open"):
            ask(lead["lead_id"], lead["closed_at"] + second)
        with pytest.raises(ValueError, match=r"must be a simulated lead\. Got L-999999"):
            ask("L-999999", lead["created_at"])

    @pytest.mark.parametrize("wrong", [{"leads": 199}, {"months": 5}, {"leads": "300"}, {"colour": "red"}])
    def test_settings_refuse_what_they_do_not_know(self, wrong):
        with pytest.raises(ValidationError):
            SimulationSettings(**wrong)

    def test_settings_are_frozen_and_described(self):
        with pytest.raises(ValidationError):
            SimulationSettings().seed = 8
        assert all(field.description for field in SimulationSettings.model_fields.values())


def within(rows):
    """Mean truth and realised share agree within four standard errors, clustered by lead."""
    gap = (rows["won"] - rows["truth"]).groupby(rows["lead_id"]).sum()
    error = np.sqrt((gap**2).sum())
    assert abs(gap.sum()) < 4 * error
    return error
