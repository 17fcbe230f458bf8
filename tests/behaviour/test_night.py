"""A night on a trained scorer: every open lead once, reasons that add up, reruns that change nothing."""

import dataclasses
import io
import json
import re

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from leadlight.models.scoring.bundle import load_scorer
from leadlight.pipelines.cli.explain import explain
from leadlight.pipelines.cli.queue_table import render_queue
from leadlight.pipelines.engines.engine import build_feature_set
from leadlight.pipelines.jobs.presentation_context import build_presentation_context
from leadlight.pipelines.jobs.score import score
from leadlight.pipelines.params import load_params
from leadlight.pipelines.stages.truth import write_ground_truth
from leadlight.pipelines.workspace.as_of import parse_as_of
from leadlight.pipelines.workspace.workdir import Workdir, read_json
from leadlight.serving.store import open_store

COLUMNS = [
    "lead_id",
    "as_of",
    "probability",
    "score",
    "base_score",
    "stage",
    "fit_grade",
    "engagement_grade",
    "reasons",
    "model_version",
]


@pytest.fixture(scope="module")
def night(trained_module, tmp_path_factory):
    """One night in a store of its own."""
    output = tmp_path_factory.mktemp("night") / "scores.parquet"
    patch = pytest.MonkeyPatch()
    patch.setenv("LEADLIGHT_STORE_URL", f"sqlite:///{output.parent / 'store.db'}")
    params = load_params(trained_module / "params.yaml")

    def run(day="2025-09-01"):
        return score(params, trained_module, Workdir(trained_module / "work"), parse_as_of(day, "UTC"), output)

    yield run(), run, Workdir(trained_module / "work")
    patch.undo()


def test_every_open_lead_is_scored_once_and_no_other(night, trained_module):
    report, _, _ = night
    tables = trained_module / "work" / "tables"
    leads = pd.read_parquet(tables / "leads.parquet")
    closed = pd.read_parquet(tables / "deals.parquet").query("closed_at < '2025-09-01'")["lead_id"]
    expected = set(leads["lead_id"]) - set(closed)
    assert set(report.scored["lead_id"]) == expected
    assert report.scored["lead_id"].is_unique
    assert 0 < len(closed) < len(leads)


def test_the_parquet_file_holds_what_the_design_names(night):
    report, _, _ = night
    written = pd.read_parquet(report.output)
    assert set(COLUMNS) <= set(written.columns)
    assert written["score"].between(0, 100).all()
    assert written["probability"].between(0, 1).all()
    assert set(written["stage"]) <= {"lead", "marketing_qualified", "sales_qualified"}
    assert written["score"].is_monotonic_decreasing


def test_base_and_points_of_every_lead_add_up_to_its_score(night):
    report, _, _ = night
    for row in pd.read_parquet(report.output).itertuples():
        reasons = json.loads(row.reasons)
        assert abs(row.base_score + sum(r["points"] for r in reasons) - row.score) <= 1e-6
        assert all(set(r) == {"topic", "group", "points", "value"} for r in reasons)


def test_leads_of_the_top_have_reasons_of_their_own(night):
    report, _, _ = night
    texts = report.scored["reasons"].map(json.loads)
    best = texts.map(lambda rs: frozenset(r["topic"] for r in sorted(rs, key=lambda r: -abs(r["points"]))[:3]))
    assert best.value_counts(normalize=True).iloc[0] < 0.2


def test_the_stages_are_those_of_the_anchors_but_for_leads_without_consent(night):
    report, _, _ = night
    scored = report.scored
    held = scored["held_back"].notna()
    by_score = np.select(
        [scored["score"] >= 80, scored["score"] >= 50], ["sales_qualified", "marketing_qualified"], "lead"
    )
    assert (scored["stage"][~held] == by_score[~held]).all()
    assert (scored["stage"][held] == "lead").all()
    assert (scored["score"][held] >= 50).all()
    assert held.any()


def test_a_second_run_of_the_night_writes_nothing_and_gives_the_same(night):
    report, run, _ = night
    first = pd.read_parquet(report.output)
    again = run()
    assert (again.result.rerun, again.result.written, again.result.differing) == (True, 0, 0)
    pd.testing.assert_frame_equal(pd.read_parquet(again.output), first)


def test_the_store_shows_what_the_file_holds(night):
    report, _, workdir = night
    store = open_store(workdir.store_url)
    top = store.list_current(20)
    assert [s.lead_id for s in top] == report.scored["lead_id"].head(20).tolist()
    assert [s.score for s in top] == pytest.approx(report.scored["score"].head(20).tolist())
    assert store.count() == len(report.scored)
    store.close()


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Start: where every lead begins"), ("de", "Start: hier beginnt jeder Lead")]
)
def test_a_lead_is_explained_in_words_whose_numbers_add_up(night, language, words):
    report, _, workdir = night
    lead = report.scored["lead_id"].iloc[3]
    table = explain(workdir, lead, None, language)
    points = [int(text.replace("−", "-").replace("±", "").replace("+", "")) for text in table.columns[0]._cells]
    lines = list(table.columns[1]._cells)
    assert sum(points[:-1]) == points[-1]
    # what the season of the night adds is named where it is a whole point
    assert re.fullmatch(rf"{words}( \((season|Saison) [+−]\d+\))?", lines[0])
    assert "because" not in " ".join(lines)
    assert "weil" not in " ".join(lines)


def test_every_lead_has_its_rank_by_probability(night):
    report, _, workdir = night
    ranks = report.scored.set_index("lead_id")["probability"].rank(method="min", ascending=False)
    store = open_store(workdir.store_url)
    top = store.list_current(20)
    assert [lead.rank for lead in top] == ranks[[lead.lead_id for lead in top]].tolist()
    assert {lead.open_leads for lead in top} == {len(ranks)}
    store.close()


@pytest.mark.parametrize("answer", ["holds", "too_little_evidence"])
def test_the_terminal_shows_a_rank_where_the_check_of_the_bundle_lacks_evidence(night, trained_module, answer):
    report, _, _ = night
    scorer, params = load_scorer(trained_module / "work" / "bundle"), load_params(trained_module / "params.yaml")
    metadata = dataclasses.replace(scorer.metadata, calibration_check=dict.fromkeys(("all", "new", "older"), answer))
    features = build_feature_set(params, read_json(Workdir(trained_module / "work").ingest_report))
    words = build_presentation_context(params, dataclasses.replace(scorer, metadata=metadata), features)
    table = render_queue(report._replace(words=words), "en").renderables[0]
    chances = list(table.columns[5]._cells)
    assert (table.caption is None) == (answer == "holds")
    if answer == "holds":
        assert all(chance.endswith("%") for chance in chances)
    else:
        assert chances[0] == f"rank 1 of {len(report.scored):,} open leads"
        assert "too little evidence that it matches outcomes" in table.caption


def test_long_ids_are_printed_whole_on_a_line_each(night):
    report, _, _ = night
    head = report.scored.head(10)
    ids = [f"{n:08x}-9d2f-4c1a-8e7b-{n:012x}" for n in range(len(head))]
    page = Console(width=80, file=io.StringIO())
    page.print(render_queue(report._replace(scored=head.assign(lead_id=ids)), "en"))
    lines = [line.split() for line in page.file.getvalue().splitlines()]
    assert [[str(place), lead_id] for place, lead_id in enumerate(ids, start=1)] == lines[-len(ids) :]


def test_the_simulated_crm_writes_the_truth_beside_the_outcome_at_any_moment(trained_module, tmp_path):
    params = load_params(trained_module / "params.yaml")
    found = {}
    for day in ("2024-11-15", "2025-08-20"):
        output = tmp_path / f"{day}.parquet"
        rows = write_ground_truth(
            params, trained_module, Workdir(trained_module / "work"), as_of=parse_as_of(day, "UTC"), output=output
        )
        found[day] = pd.read_parquet(output)
        assert len(found[day]) == rows > 100
        assert found[day]["true_probability"].between(0, 1).all()
    assert found["2024-11-15"]["won"].notna().all()
    assert found["2025-08-20"]["won"].isna().all()
    early = found["2024-11-15"]
    hits, expected = early["won"].sum(), early["true_probability"].sum()
    assert abs(hits - expected) < 4 * np.sqrt((early["true_probability"] * (1 - early["true_probability"])).sum())
