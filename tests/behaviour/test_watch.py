"""The watch on a simulated CRM: fine where nothing happened, the right alarm first where something did."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest

from leadlight.features.errors import SourceError
from leadlight.pipelines.jobs.score import score
from leadlight.pipelines.params import load_params
from leadlight.pipelines.reports.monitoring.watch import run_monitoring
from leadlight.pipelines.stages.table import STAGES
from leadlight.pipelines.workspace.workdir import Workdir
from leadlight.serving.store import open_store

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

    def score(self, *days, force=None):
        for day in days:
            score(self.params, self.folder, self.work, pd.Timestamp(day), force=force)

    def watch(self, day=NIGHT):
        return run_monitoring(self.params, self.work, pd.Timestamp(day))


@pytest.fixture(scope="module")
def grown(tmp_path_factory, small_params, without_shap_plots):
    """A CRM of thirty months, trained on the first two years, with nights after them in the store."""
    folder = tmp_path_factory.mktemp("watched")
    text = small_params.replace("{leads: 4000, months: 24,", "{leads: 3000, months: 30,")
    text = text.replace("every_days: 30", "every_days: 60")
    text = text.replace("until: null", f"until: {CUT_OFF}")
    text = text.replace("candidates: [points, logistic, boosted]", "candidates: [logistic]")
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
    shutil.rmtree(copy.folder / "work" / "night")
    return copy


@pytest.fixture(scope="module")
def quiet(grown):
    return grown.watch()


def check(report, name):
    return next(c for c in report["checks"] if c["name"].startswith(name))


def acts(report):
    """Codes that call for action, each with what it is about."""
    found = [f for c in report["checks"] for f in c["findings"] if f["level"] == "act"]
    return {code: {f["name"] for f in found if f["code"] == code} for code in {f["code"] for f in found}}


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
    assert report["sentence"].startswith("Act: LL301 feature distribution changed: Channel: Webinar ")
    assert check(report, "Features")["findings"][0]["figures"]["topic"] == "source"


def test_a_signal_that_stops_arriving_is_named_first(anew):
    path = anew.data / "activities.parquet"
    activities = pd.read_parquet(path)
    stopped = (activities["type"] == "page_view") & (activities["occurred_at"] >= "2025-12-01")
    activities[~stopped].to_parquet(path, index=False)
    anew.score(NIGHT)
    report = anew.watch()
    assert report["verdict"] == "act"
    assert report["sentence"].startswith("Act: LL309 known type gone: page_view in activities: 0 rows in the 28 days")
    drifted = [f for f in check(report, "Features")["findings"] if f["figures"]["topic"] == "page_view"]
    assert drifted[0]["code"] == "LL301"


def test_wins_that_stay_away_are_seen_in_outcomes_while_features_are_fine(anew):
    deals = anew.read("deals")
    late = deals.index[(deals["status"] == "won") & (deals["closed_at"] >= CUT_OFF)]
    anew.write("deals", deals.drop(late[np.arange(len(late)) % 4 > 0]))
    anew.score(LATER, NIGHT)
    report = anew.watch()
    assert report["verdict"] == "act"
    assert check(report, "Outcomes")["level"] == "act"
    assert check(report, "Features")["level"] != "act"
    assert report["sentence"].startswith("Act: LL306 wins differ from expected: Wins against expected")


def test_tables_that_end_long_before_the_night_call_for_action(anew):
    anew.score("2026-03-20")
    report = anew.watch("2026-03-20")
    assert acts(report)["LL315"] >= {"Activities", "Deals", "Leads"}
    assert check(report, "Times of the tables")["level"] == "act"
    stale = next(f for f in check(report, "Times")["findings"] if f["name"] == "Activities")
    assert stale["figures"]["days"] == pytest.approx(19, abs=1)


def test_leads_that_left_the_source_are_left_out_counted_and_never_lost(copy):
    gone = ("07", "37", "77")
    for name in ("leads", "deals", "history", "stages"):
        table = copy.read(name)
        copy.write(name, table[~table["lead_id"].str[-2:].isin(gone)])
    path = copy.data / "activities.parquet"
    activities = pd.read_parquet(path)
    activities[~activities["lead_id"].str[-2:].isin(gone)].to_parquet(path, index=False)
    copy.score("2026-03-02")
    report = copy.watch("2026-03-02")
    outcome = report["outcomes"]["nights"][0]
    shown = pd.read_parquet(copy.folder / "work" / "scores" / f"scores-{LATER}T000000Z.parquet")
    kept = shown[~shown["lead_id"].str[-2:].isin(gone)]
    assert outcome["leads"] == len(kept)
    assert outcome["left_out"] == len(shown) - len(kept) > 0
    assert outcome["expected"] == pytest.approx(kept["probability"].sum())
    before = pd.read_parquet(copy.folder / "work" / "scores" / f"scores-{NIGHT}T000000Z.parquet")
    counted = next(f for f in check(report, "Rows")["findings"] if f["code"] == "LL320")
    assert counted["level"] == "look"
    assert counted["figures"] == {"leads": int(before["lead_id"].str[-2:].isin(gone).sum()), "known": len(before)}


@pytest.mark.parametrize("earlier", [True, False], ids=["a run before", "the first run"])
def test_half_an_export_is_refused_before_anything_is_written(grown, tmp_path, earlier):
    base = Base(shutil.copytree(grown.folder, tmp_path / "copy"))
    if not earlier:
        (base.folder / "work" / "leadlight.db").unlink()
    leads = base.read("leads")
    base.write("leads", leads.iloc[: len(leads) // 2])
    # rows of leads that are gone fail as well, and would refuse the night for another reason
    (base.folder / "params.yaml").write_text(
        (base.folder / "params.yaml")
        .read_text(encoding="utf-8")
        .replace("source:\n", "source:\n  max_bad_share: 1\n  max_lost_win_share: 1\n"),
        encoding="utf-8",
    )
    files = {path for path in base.folder.rglob("*") if "night" not in path.parts}
    with pytest.raises(SourceError, match=r"source\.max_vanished_share.*gone of"):
        base.score("2026-03-02")
    assert {path for path in base.folder.rglob("*") if "night" not in path.parts} == files
    assert not (base.work.root / "night" / "profiles" / "2026-03-02T000000Z.json").exists()


def test_a_fault_of_the_whole_export_is_found_although_it_is_in_every_earlier_day(anew):
    path = anew.data / "activities.parquet"
    activities = pd.read_parquet(path)
    activities["type"] = activities["type"].str.replace("_", " ").str.title()
    activities.to_parquet(path, index=False)
    leads = anew.read("leads").assign(source="")
    leads["consent"] = leads["consent"].replace("yes", "given")
    anew.write("leads", leads)
    anew.score(NIGHT, force="no lead has a source")
    report = anew.watch()
    found = acts(report)
    assert report["verdict"] == "act"
    assert "page_view in activities" in found["LL309"]
    gone = [f for f in check(report, "Types")["findings"] if f["name"] == "page_view in activities"]
    assert [f["figures"]["like"] for f in gone] == ["Page View"]
    assert "LL310" in found
    assert found["LL311"] == {"Channel"}
    assert "Open leads" in found["LL304"]
    assert "Activities" in found["LL321"]
    assert "Leads" not in found["LL321"]


def test_records_that_the_last_run_read_and_are_no_longer_the_same_call_for_action(copy):
    path = copy.data / "activities.parquet"
    activities = pd.read_parquet(path)
    recent = activities["occurred_at"] >= "2025-12-01"
    activities.loc[recent, "occurred_at"] += pd.Timedelta(hours=2)
    activities.to_parquet(path, index=False)
    copy.score("2026-03-02")
    found = acts(copy.watch("2026-03-02"))
    assert found["LL322"] == {"Activities"}
    assert found["LL317"] == {"Activities"}
    assert "LL321" not in found


def test_every_run_stores_what_it_saw(grown):
    stored = sorted((grown.work.root / "night" / "profiles").glob("*.json"))
    assert [path.stem[:10] for path in stored] == ["2025-10-15", LATER, NIGHT]
    profile = json.loads(stored[-1].read_text(encoding="utf-8"))
    shown = pd.read_parquet(grown.folder / "work" / "scores" / "scores-2026-03-01T000000Z.parquet")
    assert profile["population"]["all"]["leads"] == len(shown)
    assert profile["vanished"]["leads"] == 0
    assert profile["source"]["tables"]["deals"]["kinds"].keys() == {"won", "lost"}
    assert stored[-1].stat().st_size < 60_000


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
