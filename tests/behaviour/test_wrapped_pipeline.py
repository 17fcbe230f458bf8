"""A scikit-learn pipeline of one's own wins the selection where it should, and serves from a process without pickle."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from leadlight.models.candidates.base import list_kinds
from leadlight.models.candidates.sklearn_model import SklearnModel
from leadlight.models.scoring.bundle import load_scorer
from leadlight.pipelines.jobs.score import score
from leadlight.pipelines.params import load_params
from leadlight.pipelines.registry.champion import open_registry
from leadlight.pipelines.stages.table import select_stages
from leadlight.pipelines.workspace.workdir import Workdir, read_json
from leadlight.serving.scoring_run import PresentationContext
from leadlight.serving.text.labels import describe_model_tier

NAME = "sklearn:pipelines_of_ones_own:make_products"
PARAMS = f"""\
source:
  leads: {{path: leads.csv, lead_id: id, created_at: {{column: created, format: "%Y-%m-%d"}}}}
  deals:
    path: deals.csv
    lead_id: id
    closed_at: {{column: closed, format: "%Y-%m-%d"}}
    status: {{column: status, won: [won], lost: [lost]}}
attributes:
  height: {{kind: number}}
  width: {{kind: number}}
  shape: {{kind: category}}
label: {{horizon_days: 30}}
snapshots: {{at_creation: true, after_days: [], every_days: null}}
training: {{candidates: [logistic, boosted, "{NAME}"], max_rounds: 60}}
"""
#: the truth is a product, which no sum of curves is and trees only approach
MODULE = """\
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, PolynomialFeatures, StandardScaler


def make_products(catalogue):
    numbers = [f.name for f in catalogue.features if f.kind == "number" and f.name.startswith("attribute__")]
    words = [f.name for f in catalogue.features if f.kind == "category"]
    products = make_pipeline(SimpleImputer(), PolynomialFeatures(2), StandardScaler())
    columns = make_column_transformer((products, numbers), (OneHotEncoder(handle_unknown="ignore"), words))
    return make_pipeline(columns, LogisticRegression())
"""


def write_source(folder: Path) -> None:
    """Write 3,000 leads, of which those whose height and width are both large or both small win."""
    rng = np.random.default_rng(5)
    count = 3_000
    leads = pd.DataFrame(
        {
            "id": [f"P{i:05d}" for i in range(count)],
            "created": pd.Timestamp("2023-01-02") + pd.to_timedelta(np.sort(rng.integers(0, 700, count)), "D"),
            "height": rng.normal(size=count).round(4),
            "width": rng.normal(size=count).round(4),
            "shape": rng.choice(["round", "square", "rare thing"], count, p=[0.6, 0.395, 0.005]),
        }
    )
    log_odds = 3 * leads["height"] * leads["width"] - 0.5 * (leads["shape"] == "square")
    won = rng.random(count) < 1 / (1 + np.exp(-log_odds))
    deals = leads[["id"]].assign(
        closed=leads["created"] + pd.to_timedelta(rng.integers(2, 28, count), "D"), status=np.where(won, "won", "lost")
    )
    deals = deals[deals["closed"] < leads["created"].max()]  # the newest leads are open
    leads.to_csv(folder / "leads.csv", index=False)
    deals.to_csv(folder / "deals.csv", index=False)
    (folder / "params.yaml").write_text(PARAMS, encoding="utf-8")
    (folder / "pipelines_of_ones_own.py").write_text(MODULE, encoding="utf-8")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """The folder after all stages, which ran in it as in a shell."""
    folder = tmp_path_factory.mktemp("planted")
    write_source(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        params = load_params(folder / "params.yaml")
        for stage in select_stages(params).values():
            stage.run(params, folder, Workdir(folder / "work"))
    return folder


def test_it_wins_the_selection_by_more_than_one_standard_error(project):
    metadata = load_scorer(project / "work" / "bundle").metadata
    choice = metadata.choice
    assert metadata.candidate == NAME
    others = set(choice["log_loss"]) - {NAME}
    assert others == {"constant", "logistic", "boosted"}
    assert all(choice["behind_best"][name] > choice["error"][name] > 0 for name in others)


def test_the_card_calls_it_by_its_name(project):
    card = (project / "work" / "plots" / "card.html").read_text(encoding="utf-8")
    said = "the scikit-learn model pipelines_of_ones_own:make_products"
    assert f"It is {said}: its log loss out of time is the lowest" in card


def test_it_serves_and_its_reasons_add_up_in_a_process_that_refuses_pickle(project):
    workdir = Workdir(project / "work")
    params = load_params(project / "params.yaml")
    report = score(params, project, workdir, as_of=pd.Timestamp("2024-12-01"))
    scored = report.scored
    assert len(scored) > 20
    reasons = scored["reasons"].map(json.loads)
    total = scored["base_score"] + [sum(reason["points"] for reason in row) for row in reasons]
    np.testing.assert_allclose(total, scored["score"], atol=1e-6)
    topics = pd.DataFrame([{r["topic"]: abs(r["points"]) for r in row} for row in reasons]).mean()
    assert topics["height"] > topics["shape"]
    assert topics["width"] > topics["shape"]

    version = open_registry(workdir).download()
    features = project / "features.parquet"
    pd.read_parquet(workdir.root / "features.parquet").head(30).to_parquet(features)
    code = """
        import pickle, sys
        from pathlib import Path
        import pandas as pd
        def refuse(*arguments, **more):
            raise AssertionError("pickle was used")
        pickle.load = pickle.loads = pickle.Unpickler = refuse
        from leadlight.models.scoring.bundle import load_scorer
        frame = load_scorer(Path(sys.argv[1])).score(pd.read_parquet(sys.argv[2]))
        frame.to_parquet(sys.argv[3])
    """
    again = project / "again.parquet"
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), version.bundle, features, again],
        cwd=project.parent, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    expected = load_scorer(version.bundle).score(pd.read_parquet(features))
    pd.testing.assert_frame_equal(pd.read_parquet(again), expected)


def test_the_registered_model_asks_for_what_it_needs_and_no_more(project):
    version = open_registry(Workdir(project / "work")).download()
    text = (version.bundle.parent.parent / "requirements.txt").read_text(encoding="utf-8")
    asked = {line.partition("==")[0] for line in text.split()}
    assert {"scikit-learn", "skops", "numpy", "pandas"} <= asked
    assert "lightgbm" not in asked


def test_pages_call_it_by_its_name_in_both_languages(project):
    chosen = load_scorer(project / "work" / "bundle").metadata
    label = next(c["label"] for c in chosen.choice["candidates"] if c["name"] == NAME)
    context = PresentationContext.model_validate(
        {
            "base_probability": 0.2,
            "calibration": {"all": "holds"},
            "topics": {},
            "rung": {"candidate": NAME, "label": label, "wins": 1234, "min_wins": 50},
        }
    )
    called = "pipelines_of_ones_own:make_products"
    assert describe_model_tier(context, "en")[1].startswith(f"The scores stand on the scikit-learn model {called},")
    assert describe_model_tier(context, "de")[1].startswith(f"Die Scores beruhen auf dem scikit-learn-Modell {called},")


def test_its_folder_holds_no_colon_and_no_pickle(project):
    folder = project / "work" / "candidates" / "serving"
    assert {path.name for path in folder.rglob("*") if path.is_file()} == {"model.json", "estimator.skops"}
    assert not [path for path in folder.rglob("*") if ":" in path.name]
    order = read_json(project / "work" / "candidates" / "candidates.json")["order"]
    assert order == ["constant", "logistic", "boosted", NAME]
    assert list_kinds(project / "work" / "bundle" / "model") == {"seasonal", SklearnModel.kind}  # two years
