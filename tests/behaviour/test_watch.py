"""The watch on a simulated CRM: fine where nothing happened, the right alarm first where something did."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest

from leadlight.pipelines.engines.open_leads import sample_open_leads
from leadlight.pipelines.jobs.score import score
from leadlight.pipelines.params import load_params
from leadlight.pipelines.reports.monitoring.dataset import load_dataset
from leadlight.pipelines.reports.monitoring.realized_outcomes import estimate_observed_expected
from leadlight.pipelines.reports.monitoring.realized_performance import select_runs
from leadlight.pipelines.reports.monitoring.watch import run_monitoring
from leadlight.pipelines.stages.table import STAGES
from leadlight.pipelines.workspace.workdir import Workdir
from leadlight.serving.store import open_store
from leadlight.serving.store.run_history import RunSummary

pytestmark = pytest.mark.slow

CUT_OFF, LATER, NIGHT = "2025-09-01", "2025-11-25", "2026-03-01"
TRAINING = ["ingest", "audit", "snapshot", "featurize", "train", "calibrate", "evaluate", "register"]


class Base:
    """A folder with params, source and work, whose source a test may spoil."""

    def __init__(self, folder):
        self.folder = folder
        self.data = folder / "data" / "simulated"
        self.work = Workdir(folder / "work")

    @property
    def params(self):
        return load_params(self.folder / "params.yaml")

    def read(self, name):
        return pd.read_csv(self.data / f"{name}.csv.gz", dtype=str, keep_default_na=False)

    def write(self, name, table):
        table.to_csv(self.data / f"{name}.csv.gz", index=False)

    def score(self, *days):
        for day in days:
            score(self.params, self.folder, self.work, pd.Timestamp(day))

    def watch(self, day=NIGHT):
        return run_monitoring(self.params, self.work, pd.Timestamp(day))


@pytest.fixture(scope="module")
def grown(tmp_path_factory, small_params, without_shap_plots):
    """A CRM of thirty months, trained on the first two years, with nights after them in the store."""
    folder = tmp_path_factory.mktemp("watched")
    text = small_params.replace("{leads: 4000, months: 24,", "{leads: 6000, months: 30,")
    text = text.replace("every_days: 30", "every_days: 60")
    text = text.replace("until: null", f"until: {CUT_OFF}")
    text = text.replace("training: {", "training: {candidates: [logistic], ")
    (folder / "params.yaml").write_text(text, encoding="utf-8")
    base = Base(folder)
    STAGES["simulate"].run(base.params, folder, base.work)
    # from here on it is a source like any other: nobody needs to know the truth
    (folder / "params.yaml").write_text(text.split("simulation:")[0], encoding="utf-8")
    for stage in TRAINING:
        STAGES[stage].run(base.params, folder, base.work)
    base.score("2025-10-15", LATER, NIGHT)
    return base


@pytest.fixture
def copy(grown, tmp_path):
    shutil.copytree(grown.folder, tmp_path / "copy")
    return Base(tmp_path / "copy")


@pytest.fixture
def anew(copy):
    """A copy without any night, for sources that are spoilt."""
    (copy.folder / "work" / "leadlight.db").unlink()
    return copy


@pytest.fixture(scope="module")
def quiet(grown):
    return grown.watch()


def check(report, name):
    return next(c for c in report["checks"] if c["name"].startswith(name))


def test_without_drift_nobody_is_called(quiet):
    assert [one["name"] for one in quiet["checks"] if one["level"] == "act"] == []
    assert quiet["verdict"] != "act"
    assert quiet["sentence"].endswith(".")
    assert "\n" not in quiet["sentence"]


def test_what_is_written_is_what_was_found(quiet, grown):
    written = json.loads((grown.work.watch / "watch.json").read_text(encoding="utf-8"))
    assert written["verdict"] == quiet["verdict"]
    assert written["sentence"] == quiet["sentence"]
    assert quiet["sentence"] in (grown.work.watch / "index.html").read_text(encoding="utf-8")


def test_shares_are_those_of_the_night_that_was_shown(quiet, grown):
    shown = pd.read_parquet(grown.folder / "work" / "scores" / "scores-2026-03-01T000000Z.parquet")
    for row, bar in zip(quiet["shares"], (50, 80), strict=True):
        assert row["above"] == (shown["score"] >= bar).sum()
        assert row["share"] == pytest.approx((shown["score"] >= bar).mean())
        assert row["low"] < row["share"] < row["high"]
    assert sum(quiet["scores"]["now"]) == quiet["leads"] == len(shown)


def test_outcomes_are_wins_within_the_whole_horizon_of_the_scores_that_were_shown(quiet, grown):
    outcomes = {night["as_of"][:10]: night for night in quiet["outcomes"]["nights"]}
    assert set(outcomes) == {"2025-10-15", LATER}
    deals = grown.read("deals")
    won = deals[deals["status"] == "won"].assign(at=pd.to_datetime(deals["closed_at"]))
    for day, night in outcomes.items():
        shown = pd.read_parquet(grown.folder / "work" / "scores" / f"scores-{day}T000000Z.parquet")
        start = pd.Timestamp(day)
        inside = won[(won["at"] >= start) & (won["at"] < start + pd.Timedelta(days=90))]
        assert night["leads"] == len(shown)
        assert night["actual"] == shown["lead_id"].isin(inside["lead_id"]).sum()
        assert night["expected"] == pytest.approx(shown["probability"].sum())
        assert sum(b["actual"] for b in night["bins"]) == night["actual"]


def test_a_night_whose_window_is_open_is_named_and_not_judged(grown):
    early = grown.watch("2026-02-15")
    assert early["as_of"][:10] == LATER
    assert [night["as_of"][:10] for night in early["outcomes"]["nights"]] == ["2025-10-15"]
    assert {w["as_of"][:10]: w["matures_on"][:10] for w in early["outcomes"]["waiting"]} == {LATER: "2026-02-23"}
    first = grown.watch("2025-12-01")
    assert check(first, "Outcomes")["level"] == "unknown"
    assert "2026-01-13" in check(first, "Outcomes")["message"]
    assert first["outcomes"]["nights"] == []


def test_leads_open_at_several_midnights_are_those_of_each_midnight_alone(grown):
    dataset = load_dataset(grown.params, grown.work, pd.Timestamp(NIGHT))
    dataset.store.close()
    before_all, *moments = (pd.Timestamp(day) for day in ("2020-01-01", "2025-05-01", "2025-08-18"))
    together = dataset.score_open_leads([before_all, *moments])
    assert len(together) == len(moments)
    for moment, population in zip(moments, together, strict=True):
        alone = sample_open_leads(dataset.engine, dataset.features, moment)
        pd.testing.assert_frame_equal(population.frame, alone, check_exact=True, check_dtype=False)
        pd.testing.assert_frame_equal(population.scored, dataset.scorer.predict(alone), check_exact=True)


def test_a_channel_that_floods_the_base_is_named_first(anew):
    leads = anew.read("leads")
    new = leads["lead_id"][leads["created_at"] >= "2025-12-01"]
    for name, column in (("leads", "source"), ("history", "value")):
        table = anew.read(name)
        rows = table["lead_id"].isin(new)
        if name == "history":
            rows &= table["attribute"] == "source"
        places = table.index[rows]
        table.loc[places[np.arange(len(places)) % 3 < 2], column] = "Webinar"
        anew.write(name, table)
    anew.score(NIGHT)
    report = anew.watch()
    assert report["verdict"] == "act"
    assert report["sentence"].startswith("Act: Channel: Webinar ")
    assert check(report, "Features")["findings"][0]["figures"]["topic"] == "source"


def test_a_signal_that_stops_arriving_is_named_first(anew):
    path = anew.data / "activities.parquet"
    activities = pd.read_parquet(path)
    stopped = (activities["type"] == "page_view") & (activities["occurred_at"] >= "2025-12-01")
    activities[~stopped].to_parquet(path, index=False)
    anew.score(NIGHT)
    report = anew.watch()
    assert report["verdict"] == "act"
    assert check(report, "Features")["findings"][0]["figures"]["topic"] == "page_view"
    assert report["sentence"].startswith("Act: Page view")


def test_wins_that_stay_away_are_seen_in_outcomes_while_features_are_fine(anew):
    deals = anew.read("deals")
    late = deals.index[(deals["status"] == "won") & (deals["closed_at"] >= CUT_OFF)]
    anew.write("deals", deals.drop(late[::2]))
    anew.score(LATER, NIGHT)
    report = anew.watch()
    assert report["verdict"] == "act"
    assert check(report, "Outcomes")["level"] == "act"
    assert check(report, "Features")["level"] != "act"
    assert report["sentence"].startswith("Act: Wins against expected")


def test_tables_that_end_before_the_night_are_said_to_be_stale(anew):
    anew.score("2026-03-20")
    report = anew.watch("2026-03-20")
    assert check(report, "Freshness")["level"] == "look"
    assert "19 days before the night" in check(report, "Freshness")["findings"][0]["sentence"]


def test_leads_that_left_the_source_are_left_out_and_never_counted_as_lost(copy):
    for name in ("leads", "deals", "history", "stages"):
        table = copy.read(name)
        copy.write(name, table[table["lead_id"].str[-1] != "7"])
    path = copy.data / "activities.parquet"
    activities = pd.read_parquet(path)
    activities[activities["lead_id"].str[-1] != "7"].to_parquet(path, index=False)
    copy.score("2026-03-02")
    outcome = copy.watch("2026-03-02")["outcomes"]["nights"][0]
    shown = pd.read_parquet(copy.folder / "work" / "scores" / f"scores-{LATER}T000000Z.parquet")
    kept = shown[shown["lead_id"].str[-1] != "7"]
    assert outcome["leads"] == len(kept)
    assert outcome["left_out"] == len(shown) - len(kept) > 0
    assert outcome["expected"] == pytest.approx(kept["probability"].sum())


def test_the_store_gives_every_lead_of_an_earlier_night(grown):
    store = open_store(grown.work.store_url)
    nights = store.list_runs(pd.Timestamp(NIGHT).to_pydatetime())
    assert [night.as_of.date().isoformat() for night in nights] == [NIGHT, LATER, "2025-10-15"]
    for night in nights:
        then = store.read_scores(night.night)
        file = f"scores-{night.as_of:%Y-%m-%dT%H%M%S}Z.parquet"
        shown = pd.read_parquet(grown.folder / "work" / "scores" / file).sort_values("lead_id")
        assert then["lead_id"].tolist() == shown["lead_id"].tolist()
        assert night.leads == len(then)
        assert np.abs(then["score"].to_numpy() - shown["score"].to_numpy()).max() < 1e-6
    store.close()


def past(*days):
    moments = [pd.Timestamp(day).to_pydatetime() for day in days]
    return [RunSummary(len(days) - i, moment, "v1", 10) for i, moment in enumerate(moments)]


def test_the_newest_matured_night_is_always_followed_and_no_open_one():
    nights = past(*[str(day.date()) for day in pd.date_range("2025-01-01", "2025-12-31")[::-1]])
    now = pd.Timestamp("2025-12-31")
    matured, waiting = select_runs(nights, now, 90, (30, 60, 90))
    days = [night.as_of.date().isoformat() for night in matured]
    assert days[0] == "2025-10-02"
    assert days[1:] == ["2025-09-02", "2025-08-03", "2025-07-04"]
    assert [n.as_of.date().isoformat() for n in waiting] == ["2025-12-01", "2025-11-01", "2025-10-03"]
    short, none = select_runs(nights, now, 20, (30, 60, 90))
    assert {"2025-12-11", "2025-12-01", "2025-11-01", "2025-10-02"} <= {n.as_of.date().isoformat() for n in short}
    assert all(pd.Timestamp(n.as_of) > now - pd.Timedelta(days=20) for n in none)


def test_the_interval_of_wins_is_that_of_garwood():
    low, high = estimate_observed_expected(10, 10.0, 0.95)
    assert (low, high) == (pytest.approx(0.4795, abs=1e-4), pytest.approx(1.8390, abs=1e-4))
    assert estimate_observed_expected(0, 10.0, 0.95) == (0, pytest.approx(0.3689, abs=1e-4))
