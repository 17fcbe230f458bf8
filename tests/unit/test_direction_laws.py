"""More of what is declared to raise the chance never lowers the score, all else the same; nor the reverse."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadlight.features.catalogue import Catalogue, Feature, Topic
from leadlight.models.calibration.parametric import PlattCalibrator
from leadlight.models.candidates.base import margins
from leadlight.models.candidates.rules import Rule
from leadlight.models.candidates.training_data import TrainingData, TrainingSettings
from leadlight.models.scoring.scale import ScoreMap, ScoreScale
from leadlight.models.training.fit import fit_procedure, judge_candidates
from leadlight.pipelines.params.sections import Training

KINDS = ["points", "logistic", "boosted", "combined"]
WORLDS = (0, 1, 2)
ROWS = 600
#: floats of different order add up to other last digits
TOLERANCE = 1e-9


def catalogue_of(rng):
    """Eight counts of declared directions and a category."""
    directions = [1, -1, 0, *rng.choice([1, -1, 0], 5)]
    counts = [
        Feature(f"count_30d__s{i}", "count_30d", f"s{i}", "engagement", "number", int(direction), "")
        for i, direction in enumerate(directions)
    ]
    industry = Feature("attribute__industry", "attribute", "industry", "fit", "category", 0, "")
    topics = [Topic(f.topic, "signal", f.group, {}) for f in counts]
    return Catalogue((*counts, industry), (*topics, Topic("industry", "attribute", "fit", {})))


def numbers(rng, rows):
    """Columns of several shapes: counts, waiting times, both signs, a handful of values; some unknown."""
    drawn = [
        rng.poisson(1.0, rows),
        rng.gamma(1.0, 30.0, rows),
        rng.normal(0, 5, rows),
        rng.choice([0.0, 1.0, 7.5], rows),
    ]
    x = drawn[rng.integers(0, 4)].astype(float)
    return np.where(rng.random(rows) < rng.choice([0.0, 0.2]), np.nan, x)


@pytest.fixture(scope="module")
def worlds():
    """Candidates trained on worlds in which as much goes against the declared directions as with them."""
    made = []
    for seed in WORLDS:
        rng = np.random.default_rng(seed)
        catalogue = catalogue_of(rng)
        frame = pd.DataFrame(
            {f.name: numbers(rng, ROWS) for f in catalogue.features if f.kind == "number"}
            | {"attribute__industry": pd.Series(rng.choice(["a", "b", "c", None], ROWS), dtype="str")}
        )
        ranks = frame.select_dtypes("number").rank(pct=True).fillna(0.5).to_numpy() - 0.5
        weights = rng.normal(0, 2.5, ranks.shape[1])
        wave = np.sin(9 * ranks) @ rng.normal(0, 1, ranks.shape[1])
        margin = ranks @ weights + wave + 2 * ranks[:, 0] * ranks[:, 1] - 1
        won = (rng.random(ROWS) < 1 / (1 + np.exp(-margin))).astype(int)
        leads = pd.Series([f"L{i // 2}" for i in range(ROWS)])
        rules = tuple(
            Rule(f.topic, float(rng.integers(1, 40) * (f.monotonicity or rng.choice([-1, 1]))), (), 30, times)
            for f in catalogue.features[:-1]
            for times in (1, 2)
        )
        changed = Training(seed=seed, max_rounds=60, min_category_leads=5, learning_rate=0.2)
        settings_ = TrainingSettings(**changed.model_dump(exclude={"min_wins"}))
        data = TrainingData(frame, won, leads)
        models = {
            name: fit_procedure(name, entry.settings, data, catalogue=catalogue, settings=settings_, rules=rules)
            for name, entry in judge_candidates(data, catalogue, settings_, rules).items()
        }
        made.append((catalogue, frame, models))
    return made


def moved(rng, frame, feature):
    """The same leads, one feature further in its direction: a hair, within its range, and far beyond it."""
    x = frame[feature.name].to_numpy()
    known = x[~np.isnan(x)]
    width = max(float(np.ptp(known)), 1.0)
    step = rng.choice([1e-9, 0.01, 0.3, 1.0, 40.0, 1e9], len(x)) * width * rng.random(len(x))
    onto = rng.choice(known, len(x))  # the very values that trees and knots were cut at
    further = np.where(rng.random(len(x)) < 0.4, np.maximum(onto, x), x + step)
    if feature.monotonicity < 0:
        further = np.where(rng.random(len(x)) < 0.4, np.minimum(onto, x), x - step)
    return frame.assign(**{feature.name: np.where(np.isnan(x), x, further)})


def leads_of(rng, frame):
    """Leads that may be none of those trained on: each value of another lead, or beyond any of them."""
    drawn = {name: frame[name].to_numpy()[rng.integers(0, len(frame), 40)] for name in frame.columns}
    beyond = pd.DataFrame(drawn).astype(frame.dtypes)
    for name in frame.select_dtypes("number").columns:
        far = rng.random(40) < 0.1
        beyond[name] = np.where(far, beyond[name] + rng.choice([-1e6, 1e6], 40), beyond[name])
    return beyond


@pytest.mark.parametrize("kind", KINDS)
@given(
    world=st.sampled_from(WORLDS),
    seed=st.integers(0, 2**32 - 1),
    slopes=st.tuples(st.floats(0.05, 4), st.floats(-3, 3)),
)
@settings(max_examples=25, deadline=None)
def test_going_a_declared_way_never_goes_against_the_score(worlds, kind, world, seed, slopes):
    catalogue, frame, models = worlds[world]
    rng = np.random.default_rng(seed)
    leads = leads_of(rng, frame)
    score_map = ScoreMap(PlattCalibrator(*slopes), ScoreScale(0.3, 0.6))
    before = margins(models[kind], leads)
    directed = [feature for feature in catalogue.features if feature.monotonicity]
    # together, for a model takes as long for a few leads as for a hundred
    further = pd.concat([moved(rng, leads, feature) for feature in directed], ignore_index=True)
    for feature, after in zip(directed, np.split(margins(models[kind], further), len(directed)), strict=True):
        assert (after - before >= -TOLERANCE).all(), feature.name
        assert (score_map.score(after) - score_map.score(before) >= -TOLERANCE).all(), feature.name


@pytest.mark.parametrize("kind", KINDS[1:])
def test_without_a_direction_the_worlds_would_go_either_way(worlds, kind):
    """What the law is tried on does bend: features without a direction fall and rise."""
    falls = rises = 0
    for catalogue, frame, models in worlds:
        free = next(f for f in catalogue.features if f.monotonicity == 0)
        x = np.linspace(np.nanmin(frame[free.name]), np.nanmax(frame[free.name]), 50)
        lead = frame.iloc[[0] * 50].reset_index(drop=True).assign(**{free.name: x})
        steps = np.diff(margins(models[kind], lead))
        falls, rises = falls + (steps < -1e-6).sum(), rises + (steps > 1e-6).sum()
    assert falls > 0
    assert rises > 0
