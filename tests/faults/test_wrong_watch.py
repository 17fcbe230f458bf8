"""A watch that cannot be, or only in part: one sentence, and what cannot be judged is said."""

import json
import shutil

import pytest
from ruamel.yaml import YAML

PARAMS, SOURCE, BUNDLE, STORE, ACT = 3, 4, 7, 8, 10


def report_of(crm):
    return json.loads((crm.work / "watch" / "watch.json").read_text(encoding="utf-8"))


def check(crm, name):
    return next(c for c in report_of(crm)["checks"] if c["name"].startswith(name))


def test_without_a_store_nothing_is_watched_and_none_is_made(crm, refused):
    said = refused(crm, "watch", code=STORE)
    assert "run `leadlight score` first" in said
    assert not crm.work.exists()


def test_before_the_first_night_nothing_is_watched(trained_crm, refused):
    said = refused(trained_crm, "watch", "--as-of", "2024-10-01", code=STORE)
    assert "must hold a night up to 2024-09-30 22:00:00 UTC" in said


def test_without_the_tables_of_the_night_nothing_is_watched(trained_crm, refused):
    shutil.rmtree(trained_crm.work / "night")
    assert "run `leadlight score` first" in refused(trained_crm, "watch", code=SOURCE)


def test_tables_that_were_damaged_since_are_refused(trained_crm, refused):
    (trained_crm.work / "night" / "tables" / "leads.parquet").write_bytes(b"no table")
    refused(trained_crm, "watch", code=SOURCE)


def test_a_date_that_is_none_is_refused(trained_crm, refused):
    refused(trained_crm, "watch", "--as-of", "yesterday", code=PARAMS)


def test_other_features_than_those_of_the_champion_are_refused(trained_crm, refused):
    trained_crm.set("attributes.industry", None)
    assert "train anew" in refused(trained_crm, "watch", code=BUNDLE)


@pytest.mark.parametrize(
    ("key", "value", "must"),
    [
        ("watch", {"warning": 0.3}, "critical at or above warning"),
        ("watch", {"ages_days": []}, "at least one entry"),
        ("watch", {"false_alarms": 0}, "more than 0"),
        ("watch", {"limit": 3}, "one of ages_days"),
    ],
)
def test_limits_that_cannot_be_are_refused(trained_crm, refused, key, value, must):
    content = YAML(typ="safe", pure=True).load(trained_crm.params.read_text(encoding="utf-8"))
    with trained_crm.params.open("w", encoding="utf-8") as file:
        YAML(typ="safe", pure=True).dump(content | {key: value}, file)
    assert must in refused(trained_crm, "watch", code=PARAMS)


def test_a_page_that_cannot_be_written_is_told_in_a_sentence(trained_crm, refused):
    (trained_crm.work / "watch").write_text("in the way", encoding="utf-8")
    assert "must lie in a folder to write to" in refused(trained_crm, "watch", code=SOURCE)


def test_a_small_base_is_watched_and_what_is_too_little_is_said(trained_crm, leadlight):
    outcome = leadlight(trained_crm, "watch")
    assert outcome.code in (0, ACT), outcome
    assert "Traceback" not in outcome.err
    assert all(len(line) <= 80 for line in outcome.out.splitlines() if not line.startswith(("✓", "The page")))
    assert (trained_crm.work / "watch" / "index.html").is_file()
    assert not trained_crm.leftovers()


def test_a_night_of_another_model_is_not_compared_with_the_champion(trained_crm, leadlight):
    trained_crm.set("training.seed", 8)
    trained_crm.has_run("train", "calibrate", "evaluate")
    from leadlight.pipelines.jobs.register import register
    from leadlight.pipelines.registry.champion import open_registry
    from leadlight.pipelines.workspace.workdir import Workdir

    work = Workdir(trained_crm.work)
    made = register(work, work.root.parent)
    open_registry(work).set_alias("champion", made["version"])
    assert leadlight(trained_crm, "watch").code in (0, ACT)
    for name in ("Features", "Scores"):
        assert check(trained_crm, name)["level"] == "unknown"
        assert "score a night with it first" in check(trained_crm, name)["message"]


@pytest.fixture
def flat(crm, leadlight):
    """A base without activities and without dates: an export with an order and an outcome."""
    outcomes = {row["lead"]: row["status"] for row in crm.tables["deals"]}
    rows = [
        {
            "lead": row["lead"],
            "number": place,
            "industry": row["industry"],
            "employees": row["employees"],
            "result": outcomes.get(row["lead"], ""),
        }
        for place, row in enumerate(crm.tables["leads"])
    ]
    crm.tables["leads"] = rows
    crm.write("leads")
    content = YAML(typ="safe", pure=True).load(crm.params.read_text(encoding="utf-8"))
    del content["source"]["activities"], content["source"]["deals"], content["signals"], content["policy"]
    leads = content["source"]["leads"]
    del leads["created_at"]
    leads["order"] = "number"
    leads["outcome"] = {"column": "result", "won": ["won"], "lost": ["lost"]}
    with crm.params.open("w", encoding="utf-8") as file:
        YAML(typ="safe", pure=True).dump(content, file)
    crm.has_run("ingest", "audit", "snapshot", "featurize", "train", "calibrate", "evaluate", "register")
    assert leadlight(crm, "score", "--as-of", "2026-01-01").code == 0
    return crm


def test_without_dates_it_says_that_outcomes_cannot_be_followed(flat, leadlight):
    outcome = leadlight(flat, "watch", "--as-of", "2026-01-01")
    assert outcome.code == 0, outcome
    assert "no dates" in check(flat, "Outcomes")["message"]
    assert check(flat, "Outcomes")["level"] == "unknown"
    assert "no dates" in (flat.work / "watch" / "index.html").read_text(encoding="utf-8")


def test_without_activities_a_base_is_watched(crm, leadlight):
    crm.set("source.activities", None)
    crm.set("signals", None)
    crm.set("policy", None)
    crm.has_run("ingest", "audit", "snapshot", "featurize", "train", "calibrate", "evaluate", "register")
    assert leadlight(crm, "score", "--as-of", "2024-10-20").code == 0
    assert leadlight(crm, "watch").code in (0, ACT)


def test_categories_that_training_never_saw_are_named_also_where_few_leads_are_open(trained_crm, leadlight):
    fine = leadlight(trained_crm, "watch", "--as-of", "2024-10-20")
    assert "whether attributes are filled is not judged" in " ".join(fine.out.split())
    for row in trained_crm.tables["leads"]:
        row["industry"] = "Space"
    trained_crm.write("leads")
    assert leadlight(trained_crm, "score", "--as-of", "2024-10-21").code == 0
    done = leadlight(trained_crm, "watch", "--as-of", "2024-10-21")
    assert done.code == 10
    assert "LL312 categories never seen before: Industry: 100 %" in " ".join(done.out.split())


@pytest.mark.parametrize(
    ("words", "limit", "expected"),
    [
        ((), 36, (10, "Act: LL323 no new night: Newest night: it is of 2024-10-19 22:00 UTC")),
        (("--as-of", "2024-10-20"), 36, (0, "Age of the newest night: it is of 2024-10-19 22:00 UTC, 0 hours ago")),
        (
            ("--as-of", "2024-10-21"),
            36,
            (0, "LL323 no new night: Newest night: it is of 2024-10-19 22:00 UTC, 24 hours ago, and there"),
        ),
        (
            ("--as-of", "2024-10-22"),
            36,
            (10, "LL323 no new night: Newest night: it is of 2024-10-19 22:00 UTC, 48 hours ago, where"),
        ),
        (("--as-of", "2024-10-22"), 200, (0, "Age of the newest night: it is of 2024-10-19 22:00 UTC, 48 hours ago.")),
        ((), None, (0, "not judged Age of the newest night")),
    ],
)
def test_an_old_night_is_no_fine_night(trained_crm, leadlight, words, limit, expected):
    said = "null" if limit is None else limit
    trained_crm.change("snapshots:", f"night: {{max_age_hours: {said}}}\nsnapshots:")
    done = leadlight(trained_crm, "watch", *words)
    assert done.code == expected[0], done.err
    assert expected[1] in " ".join(done.out.split())
