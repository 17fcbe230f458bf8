"""A night on which too much moved stops before anything is written; a person may pass over it, on record."""

import json
import sqlite3
from contextlib import nullcontext
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from leadlight.features.errors import SourceError
from leadlight.models.scoring.anchors import STAGES
from leadlight.pipelines.jobs.night_stops import Overrides, refuse_empty_attributes, refuse_sudden_changes
from leadlight.pipelines.params.night import Night
from leadlight.pipelines.score_changes.since_last_run import ChangesSinceLastRun

PARAMS, SOURCE = 3, 4
NEXT = ("--as-of", "2024-10-21")
LOCK = "night/score.lock"


def draw_night(high, score=40.0, leads=1000):
    """Scores of a night, `high` of which are MQL."""
    stage = np.where(np.arange(leads) < high, STAGES[1], STAGES[0])
    return pd.DataFrame({"lead_id": [f"L{n}" for n in range(leads)], "score": score, "stage": stage})


def compare(before, now, days=1, limits=None, **since):
    then = pd.Timestamp("2025-03-01")
    changes = ChangesSinceLastRun(then, before=before, **since)
    refuse_sudden_changes(now, then + pd.Timedelta(days=days), changes, limits or Night())


@pytest.mark.parametrize(("before", "now"), [(100, 201), (201, 100), (0, 30), (30, 0)])
def test_volumes_beyond_the_agreed_ratio_stop(before, now):
    with pytest.raises(SourceError, match=r"at or above marketing_qualified must be at most 2 times.*Got "):
        compare(draw_night(before), draw_night(now))


@pytest.mark.parametrize(
    ("before", "now", "more"),
    [
        (100, 200, {}),
        (2, 9, {}),  # within chance
        (100, 300, {"days": 4}),  # time moves stages too
        (100, 300, {"same_model": False}),
        (100, 300, {"limits": Night(max_volume_ratio=None)}),
        (100, 300, {"limits": Night(max_volume_ratio=3)}),
    ],
)
def test_volumes_within_it_do_not(before, now, more):
    compare(draw_night(before), draw_night(now), **more)


def test_scores_that_all_move_stop():
    with pytest.raises(SourceError, match=r"must move by at most 10 points.*Got 11\.0 points, of 1,000 leads"):
        compare(draw_night(10), draw_night(10, score=51.0))
    compare(draw_night(10), draw_night(10, score=49.0))
    compare(draw_night(10, leads=40), draw_night(10, score=90.0, leads=40))


def test_without_a_night_before_nothing_stops():
    refuse_sudden_changes(draw_night(500), pd.Timestamp("2025-03-02"), ChangesSinceLastRun(), Night())


def test_a_reason_passes_over_a_stop_and_records_it():
    overrides = Overrides("moved to a new CRM")
    with overrides.watch():
        raise SourceError("The table must be whole. Got half.")
    described = overrides.describe()
    assert described is not None
    assert described["reason"] == "moved to a new CRM"
    assert described["stops"] == ["The table must be whole. Got half."]
    assert described["by"]
    assert Overrides("for nothing").describe() is None


def remember(known):
    """A scorer that remembers how many of 200 leads had a value at the training cut-off."""
    kinds = {"employees": "number", "trade": "category"}
    features = [SimpleNamespace(name=f"attribute__{n}", topic=n, group="fit", kind=k) for n, k in kinds.items()]
    counts = {"attribute__employees": {"counts": [known, 200 - known]}}
    reference = {"all": {"leads": 200, "numbers": counts, "categories": {"attribute__trade": {"counts": [200, 0, 0]}}}}
    return SimpleNamespace(metadata=SimpleNamespace(reference=reference), catalogue=SimpleNamespace(features=features))


@pytest.mark.parametrize(("known", "leads", "stops"), [(20, 60, True), (9, 60, False), (20, 49, False)])
def test_an_attribute_that_no_lead_has_stops(known, leads, stops):
    frame = pd.DataFrame({"attribute__employees": [np.nan] * leads, "attribute__trade": ["steel"] * leads})
    with pytest.raises(SourceError, match="employees must be known of some leads: 10%") if stops else nullcontext():
        refuse_empty_attributes(frame, remember(known))
    frame.loc[0, "attribute__employees"] = 3
    refuse_empty_attributes(frame, remember(known))


def test_half_an_export_stops_the_night_until_it_is_forced(trained_crm, refused, leadlight):
    closed = {deal["lead"] for deal in trained_crm.tables["deals"]}
    kept = {row["lead"] for n, row in enumerate(trained_crm.tables["leads"]) if n % 2 or row["lead"] in closed}
    for name in ("leads", "activities"):
        trained_crm.tables[name] = [row for row in trained_crm.tables[name] if row["lead"] in kept]
        trained_crm.write(name)
    said = refused(trained_crm, "score", *NEXT, code=SOURCE, scratch=LOCK)
    assert said.endswith("`--force REASON` scores the night nevertheless.")
    done = leadlight(trained_crm, "score", *NEXT, "--force", "a new CRM")
    assert done.code == 0, done.err
    assert "Forced: The table leads must hold the leads scored as of" in " ".join(done.out.split())
    with sqlite3.connect(trained_crm.work / "leadlight.db") as connection:
        ((words,),) = connection.execute("SELECT words FROM nights ORDER BY night DESC LIMIT 1").fetchall()
    forced = json.loads(words)["forced"]
    assert forced["reason"] == "a new CRM"
    assert "must hold the leads scored as of" in forced["stops"][0]


def test_a_reason_must_not_be_empty(trained_crm, refused):
    assert "--force must not be empty" in refused(trained_crm, "score", *NEXT, "--force", " ", code=PARAMS)


def test_a_user_without_a_name_is_unknown(monkeypatch):
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.getuid", lambda: 987_654)
    overrides = Overrides("a test")
    overrides.stops.append("a stop")
    described = overrides.describe()
    assert described is not None
    assert described["by"] == "unknown"
