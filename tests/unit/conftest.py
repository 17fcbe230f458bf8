"""A small learnable world of features with every kind of column."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from leadlight.features.catalogue import AttributeSpec, SignalSpec
from leadlight.features.feature_set import FeatureSet
from leadlight.models.candidates.rules import Rule
from leadlight.models.candidates.training_data import TrainingData, TrainingSettings
from leadlight.models.scoring.grades import GradeScale
from leadlight.models.scoring.metadata import ScorerMetadata
from leadlight.models.scoring.scorer import Scorer
from leadlight.models.scoring.thresholds import Threshold
from leadlight.models.training.fit import fit_procedure, judge_candidates
from leadlight.pipelines.params.sections import Training


def make_world(rows: int = 1500, seed: int = 0) -> SimpleNamespace:
    """Draw features of two attributes and one raising signal, and outcomes that depend on them."""
    catalogue = FeatureSet(
        (AttributeSpec("industry", "category"), AttributeSpec("employees", "number")),
        (SignalSpec("demo", 1), SignalSpec("unsubscribe", -1)),
        has_activities=True,
        has_age=True,
    ).catalogue
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({name: rng.poisson(1.0, rows).astype(float) for name in catalogue.names})
    for name in catalogue.names:
        if "days_since" in name or name in ("attribute__employees", "trend__any"):
            frame[name] = np.where(rng.random(rows) < 0.3, np.nan, rng.gamma(2.0, 10.0, rows))
    industry = rng.choice(["steel", "retail", "food", "rare"], rows, p=[0.5, 0.3, 0.19, 0.01])
    frame["attribute__industry"] = pd.Series(industry, dtype="str").mask(rng.random(rows) < 0.1)
    margin = -1.5 + 0.8 * frame["count_7d__demo"] + (industry == "steel") - 0.5 * frame["count_30d__unsubscribe"]
    won = (rng.random(rows) < 1 / (1 + np.exp(-margin))).astype(int).to_numpy()
    leads = pd.Series([f"L{i // 2}" for i in range(rows)])
    return SimpleNamespace(catalogue=catalogue, frame=frame, won=won, leads=leads)


@pytest.fixture(scope="session")
def world():
    return make_world()


@pytest.fixture(scope="session")
def training_settings():
    """How the candidates of the world are trained: fast."""
    changed = Training(max_rounds=40, min_category_leads=20)
    return TrainingSettings(**changed.model_dump(exclude={"min_wins"}))


@pytest.fixture(scope="session")
def rules():
    """A rule book of the world."""
    return (Rule("industry", 20, values=("steel",)), Rule("demo", 15, within_days=7, at_least=1))


@pytest.fixture(scope="session")
def judged(world, training_settings, rules):
    """Every candidate, with what tuning chose and what it said out of time."""
    window = TrainingData(world.frame, world.won, world.leads)
    return judge_candidates(window, world.catalogue, training_settings, rules)


@pytest.fixture(scope="session")
def models(world, training_settings, rules, judged):
    """One trained model of every candidate."""
    data = TrainingData(world.frame, world.won, world.leads)
    return {
        name: fit_procedure(
            name, entry.settings, data, catalogue=world.catalogue, settings=training_settings, rules=rules
        )
        for name, entry in judged.items()
    }


@pytest.fixture(scope="session")
def make_scorer(world):
    """Make a scorer of the world from a model and a calibrator."""

    def make(model, calibrator, candidate="any"):
        none, bars = (0.0, 0.0, 0.0), {"marketing_qualified": 0.3, "sales_qualified": 0.6}
        thresholds = {name: Threshold("", bar, none, none, none) for name, bar in bars.items()}
        grades = (GradeScale(names, (0.5, 0.1, -0.4)) for names in ("ABCD", "1234"))
        metadata = ScorerMetadata(candidate=candidate, horizon_days=90, time="dates")
        return Scorer(world.catalogue, model, calibrator, thresholds, *grades, metadata)

    return make


@pytest.fixture
def load(tmp_path):
    """Load params from their text."""
    from leadlight.pipelines.params import Params, load_params

    def read(text: str) -> Params:
        path = tmp_path / "params.yaml"
        path.write_text(text, encoding="utf-8")
        return load_params(path)

    return read


@pytest.fixture
def refusal(load):
    """Return the sentence that params are refused with."""
    from leadlight.features.errors import ParamsError

    def read(text: str) -> str:
        with pytest.raises(ParamsError) as caught:
            load(text)
        return str(caught.value)

    return read
