"""A night, or an explanation, that cannot be: one sentence, and what was stored stays as it was."""

import datetime as dt
import json
import shutil

import pandas as pd
import pytest

PARAMS, SOURCE, NOT_ENOUGH, BUNDLE, STORE = 3, 4, 5, 7, 8
TONIGHT = ("--as-of", "2024-10-20")
NEXT = ("--as-of", "2024-10-21")


def test_without_a_champion_nothing_is_scored(crm, refused):
    crm.has_run("ingest")
    said = refused(crm, "score", *TONIGHT, code=BUNDLE)
    assert "run `leadlight register` first" in said


def test_a_mistyped_working_folder_is_not_made(crm, refused):
    refused(crm, "score", *TONIGHT, code=BUNDLE)


def test_a_moment_before_the_first_lead_is_refused(trained_crm, refused):
    said = refused(trained_crm, "score", "--as-of", "2020-01-01", code=NOT_ENOUGH, scratch="night/score.lock")
    assert "must not be before the first lead, of 2024-01-01" in said


def test_a_night_on_which_all_leads_are_closed_is_refused(trained_crm, refused):
    trained_crm.tables["deals"] = [
        {"lead": row["lead"], "closed": row["created"] + dt.timedelta(hours=1), "status": "won", "amount": 1}
        for row in trained_crm.tables["leads"]
    ]
    trained_crm.write("deals")
    said = refused(trained_crm, "score", "--as-of", "2024-12-01", code=NOT_ENOUGH, scratch="night/score.lock")
    assert "Got none: all are closed." in said


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("  employees: {kind: number, label: {en: Employees, de: Mitarbeiter}}\n", "", "employees"),
        ("signals:", "signals:\n  Page: {}", "page"),
        ("employees: {kind: number", "employees: {kind: category", "missing__employees"),
        ("Demo: {effect: raises", "Demo: {effect: lowers", "kind, topic or direction"),
    ],
)
def test_params_that_changed_since_training_are_refused(trained_crm, refused, old, new, words: str):
    trained_crm.change(old, new)
    said = refused(trained_crm, "score", *NEXT, code=BUNDLE, scratch="night/score.lock")
    assert "must be those of params.yaml" in said
    assert words in said
    assert said.endswith(": train anew.")


@pytest.mark.parametrize("named", [False, True])
def test_an_activity_type_that_training_never_saw_is_other_activity_and_is_reported(trained_crm, leadlight, named):
    if named:  # also where params speak of it already
        trained_crm.change("signals:", "signals:\n  Webinar: {}")
    closed = {deal["lead"] for deal in trained_crm.tables["deals"]}
    known = dt.datetime(2024, 10, 20)
    waiting = [row for row in trained_crm.tables["leads"] if row["lead"] not in closed]
    newest = [row for row in waiting if row["created"] < known][-3:]
    trained_crm.tables["activities"] += [
        {"lead": row["lead"], "at": row["created"], "what": "Webinar", "pages": 1} for row in newest
    ]
    trained_crm.write("activities")
    done = leadlight(trained_crm, "score", *NEXT)
    assert done.code == 0, done.err
    assert "New activity types since training, counted as other activity: Webinar (3 rows)." in done.out
    scores = pd.read_parquet(max((trained_crm.folder / "work" / "scores").glob("*.parquet")))
    reasons = json.loads(scores.set_index("lead_id").loc[newest[-1]["lead"], "reasons"])
    other = next(reason["value"] for reason in reasons if reason["topic"] == "(other)")
    assert other["days_since_last"] is not None


def test_a_broken_source_leaves_yesterday_whole(trained_crm, refused):
    (trained_crm.folder / "deals.csv").unlink()
    assert "deals.csv" in refused(trained_crm, "score", *NEXT, code=SOURCE, scratch="night/score.lock")


def test_an_earlier_night_than_the_newest_is_refused(trained_crm, refused):
    said = refused(trained_crm, "score", "--as-of", "2024-10-01", code=STORE, scratch="night/score.lock")
    assert "the history is append-only" in said


def test_an_unknown_language_of_the_queue_is_told_before_the_night_is_stored(trained_crm, refused):
    said = refused(trained_crm, "score", *NEXT, "--language", "fr", code=PARAMS, scratch="night/score.lock")
    assert "The language must be one of de, en. Got fr." in said


def test_an_output_folder_that_is_not_there_is_made(trained_crm, leadlight):
    target = trained_crm.folder / "new" / "deep" / "scores.parquet"
    assert leadlight(trained_crm, "score", *NEXT, "--output", str(target)).code == 0
    assert [path.name for path in target.parent.iterdir()] == ["scores.parquet"]


@pytest.mark.parametrize("verb", ["score", "featurize"])
@pytest.mark.parametrize("output", ["file/scores.parquet", "folder"])
def test_an_output_that_cannot_be_written_is_told_before_the_night_is_stored(
    trained_crm, refused, verb: str, output: str
):
    (trained_crm.folder / "file").write_text("not a folder", encoding="utf-8")
    (trained_crm.folder / "folder").mkdir()
    target = trained_crm.folder / output
    said = refused(trained_crm, verb, *NEXT, "--output", str(target), code=SOURCE, scratch="night/score.lock")
    assert str(target) in said


def spoil_scorer(bundle):
    (bundle / "scorer.json").write_text("{", encoding="utf-8")


def change_scorer(bundle):
    with (bundle / "scorer.json").open("a", encoding="utf-8") as file:
        file.write(" ")


def lose_model(bundle):
    (bundle / "model" / "model.json").unlink()


def lose_manifest(bundle):
    (bundle / "manifest.json").unlink()


def empty_manifest(bundle):
    (bundle / "manifest.json").write_text("[]", encoding="utf-8")


def short_manifest(bundle):
    (bundle / "manifest.json").write_text('{"format": 1}', encoding="utf-8")


@pytest.mark.parametrize(
    "damage", [spoil_scorer, change_scorer, lose_model, lose_manifest, empty_manifest, short_manifest]
)
def test_a_damaged_bundle_is_never_used(trained_crm, refused, damage):
    damage(trained_crm.work / "bundle")
    assert "bundle" in refused(trained_crm, "evaluate", code=BUNDLE)


def test_a_lost_bundle_says_which_verb_makes_it(trained_crm, refused):
    shutil.rmtree(trained_crm.work / "bundle")
    assert "run `leadlight calibrate` first" in refused(trained_crm, "evaluate", code=SOURCE)


@pytest.mark.parametrize(
    ("file", "verb"),
    [
        ("details.json", "register"),
        ("tables/ingest.json", "snapshot"),
        ("tables/leads.parquet", "snapshot"),
        ("features.parquet", "train"),
    ],
)
def test_a_damaged_file_of_the_working_folder_is_named(trained_crm, refused, file: str, verb: str):
    (trained_crm.work / file).write_text("{", encoding="utf-8")
    assert file in refused(trained_crm, verb, code=SOURCE)


def test_a_damaged_registry_is_told(trained_crm, refused):
    (trained_crm.work / "mlflow.db").write_text("x" * 5000, encoding="utf-8")
    assert "registry" in refused(trained_crm, "score", *NEXT, code=BUNDLE)


def test_a_damaged_store_is_told(trained_crm, refused):
    (trained_crm.work / "leadlight.db").write_text("x" * 5000, encoding="utf-8")
    said = refused(trained_crm, "score", *NEXT, code=STORE, scratch="night/score.lock")
    assert "score store" in said


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("L9999",), "Got 'L9999', which has none."),
        (("L0499", "--as-of", "2020-01-01"), "Got 'L0499', which has none."),
    ],
)
def test_an_explanation_that_cannot_be_given_is_refused(trained_crm, refused, words, says: str):
    assert says in refused(trained_crm, "explain", *words, code=STORE, params=False)


def test_an_explanation_in_an_unknown_language_is_refused(trained_crm, refused):
    said = refused(trained_crm, "explain", "L0499", "--language", "fr", code=PARAMS, params=False)
    assert "The language must be one of de, en. Got fr." in said


def test_explain_speaks_of_the_missing_night_where_none_was_stored(crm, refused):
    said = refused(crm, "explain", "L0499", code=STORE, params=False)
    assert "run `leadlight score` first" in said


def test_a_process_of_its_own_says_the_same_of_a_night(trained_crm, refused, process):
    trained_crm.change("signals:", "signals:\n  Page: {}")
    refused(trained_crm, "score", *NEXT, code=BUNDLE, scratch="night/score.lock", run=process)


@pytest.mark.parametrize(("said", "stored"), [(50, 50), ("null", None)])
def test_a_night_is_stored_with_the_age_from_which_on_it_is_old(trained_crm, leadlight, said, stored):
    from leadlight.pipelines.workspace.workdir import Workdir
    from leadlight.serving.store import open_store

    store = open_store(Workdir(trained_crm.work).store_url)
    first = store.get_latest_run()
    assert first.words.max_age_hours == 36
    assert not first.is_old(first.as_of + dt.timedelta(hours=36))
    assert first.is_old(first.as_of + dt.timedelta(hours=36, seconds=1))
    trained_crm.change("snapshots:", f"night: {{max_age_hours: {said}}}\nsnapshots:")
    assert leadlight(trained_crm, "score", *NEXT).code == 0
    assert store.get_latest_run().words.max_age_hours == stored
    store.close()


def test_a_night_cannot_be_old_at_once(trained_crm, refused):
    trained_crm.change("snapshots:", "night: {max_age_hours: 0}\nsnapshots:")
    assert "night.max_age_hours" in refused(trained_crm, "score", *NEXT, code=PARAMS)
