"""The example of a candidate of one's own: found by its entry point, exact, saved; CatBoost itself where it is here."""

import importlib.util
import json
import sys
import tomllib
from types import ModuleType

import numpy as np
import pytest

from leadlight.models.candidates.base import load_model, margins, save_model
from leadlight.models.candidates.names import GROUP
from leadlight.models.candidates.registry import find_candidate
from leadlight.models.candidates.training_data import TrainingData, TrainingSettings
from leadlight.models.scoring.attribution_check import verify_contributions
from leadlight.models.training.fit import fit_procedure, judge_candidates
from leadlight.pipelines.params.sections import Training


class Pool:
    """What the example asks of CatBoost's Pool."""

    def __init__(self, data, label=None, cat_features=(), baseline=None):
        assert not data[cat_features].isna().any(axis=None), "CatBoost refuses unknown categories"
        self.matrix = data.drop(columns=cat_features).fillna(0.0)
        self.data, self.label = data, label


class CatBoostClassifier:
    """A linear stand-in with the calls that the example makes of CatBoost."""

    tree_count_ = 10

    def __init__(self, **settings):
        self.settings, self.weights, self.base = {"depth": 6} | settings, {}, 0.0

    def fit(self, pool):
        self.base = float(np.log(pool.label.mean() / (1 - pool.label.mean())))
        self.weights = {name: float(np.cov(pool.matrix[name], pool.label)[0, 1]) / 50 for name in pool.matrix}

    def get_all_params(self):
        return self.settings

    def get_feature_importance(self, pool, type, reference_data):
        assert type == "ShapValues"
        assert len(reference_data.data) == 50
        parts = [self.weights.get(name, 0.0) * pool.matrix.get(name, np.zeros(len(pool.data))) for name in pool.data]
        return np.column_stack([*parts, np.full(len(pool.data), self.base)])

    def save_model(self, path, format, pool):
        assert format == "json"
        with open(path, "w", encoding="utf-8") as file:  # noqa: PTH123
            json.dump([self.settings["depth"], self.weights, self.base], file)

    def load_model(self, path, format):
        with open(path, encoding="utf-8") as file:  # noqa: PTH123
            depth, self.weights, self.base = json.load(file)
        self.settings["depth"] = depth


@pytest.fixture
def installed(root, tmp_path, monkeypatch):
    """The example as pip would install it, on CatBoost or on the stand-in."""
    folder = root / "examples" / "candidate_of_ones_own"
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    metadata = tmp_path / f"leadlight_catboost-{project['version']}.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Name: {project['name']}\nVersion: {project['version']}\n", encoding="utf-8")
    entries = "".join(f"{name} = {value}\n" for name, value in project["entry-points"][GROUP].items())
    (metadata / "entry_points.txt").write_text(f"[{GROUP}]\n{entries}", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.syspath_prepend(folder)
    if importlib.util.find_spec("catboost") is None:
        stand_in = ModuleType("catboost")
        stand_in.Pool, stand_in.CatBoostClassifier = Pool, CatBoostClassifier
        monkeypatch.setitem(sys.modules, "catboost", stand_in)
    yield
    sys.modules.pop("leadlight_catboost", None)


def test_the_example_is_trained_tuned_explained_and_saved(world, installed, tmp_path):
    chosen = Training(candidates=("logistic", "catboost"), max_rounds=30, min_category_leads=20)
    settings = TrainingSettings(**chosen.model_dump(exclude={"min_wins"}))
    data = TrainingData(world.frame, world.won, world.leads)
    judged = judge_candidates(data, world.catalogue, settings)
    assert list(judged) == ["constant", "logistic", "catboost"]
    entry = judged["catboost"]
    best = min(entry.trials, key=lambda trial: trial.value)
    assert entry.settings == best.settings
    assert 0 < best.value < 1
    model = fit_procedure("catboost", entry.settings, data, catalogue=world.catalogue, settings=settings)
    assert find_candidate("catboost").label.de == "CatBoost"
    assert model.features == tuple(world.catalogue.names)
    verify_contributions(model, world.frame.assign(lead_id=[f"L{i}" for i in range(len(world.frame))]))
    base, parts = model.explain_log_odds(world.frame.head(0))
    assert parts.shape == (0, len(world.catalogue.names))
    save_model(model, tmp_path / "model")
    assert {path.name for path in (tmp_path / "model").iterdir()} == {"model.json", "trees.json"}
    again = load_model(tmp_path / "model")
    np.testing.assert_allclose(margins(again, world.frame), margins(model, world.frame), atol=1e-12)
    assert again.explain_log_odds(world.frame.head(1))[0] == base
