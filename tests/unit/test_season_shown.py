"""The season is a part of the start: the same for every lead of a night, and said where it is a whole point."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from leadlight.models.calibration.parametric import PlattCalibrator
from leadlight.models.calibration.yearly_season import YearlySeason
from leadlight.models.candidates.season import SeasonalModel
from leadlight.serving.scoring_run import PresentationContext
from leadlight.serving.waterfall import Bar
from leadlight.serving.waterfall_text import format_bar_text


@pytest.fixture(scope="module")
def scorer(make_scorer, models):
    return make_scorer(models["logistic"], PlattCalibrator(0.9, -0.2))


@pytest.mark.parametrize("month", [1, 4, 7, 10])
def test_the_season_is_what_moves_the_base_score(world, scorer, month):
    frame = world.frame.head(20).assign(as_of=pd.Timestamp(2025, month, 1))
    assert scorer.measure_season(frame) is None
    model = SeasonalModel(scorer.model, YearlySeason(0.5, -0.3, 0.05))
    seasonal = dataclasses.replace(scorer, model=model)
    found = seasonal.measure_season(frame)
    moved = seasonal.predict(frame)["base_score"] - scorer.predict(frame)["base_score"]
    np.testing.assert_allclose(moved, found, atol=1e-9)
    assert abs(found) > 0.1
    assert seasonal.measure_season(frame.head(0)) is None


@pytest.mark.parametrize(
    ("points", "english", "german"),
    [
        (2.4, "Start: where every lead begins (season +2)", "Start: hier beginnt jeder Lead (Saison +2)"),
        (-1.6, "Start: where every lead begins (season −2)", "Start: hier beginnt jeder Lead (Saison −2)"),
        (0.3, "Start: where every lead begins", "Start: hier beginnt jeder Lead"),
        (None, "Start: where every lead begins", "Start: hier beginnt jeder Lead"),
    ],
)
def test_the_start_says_the_season_where_it_is_a_point(points, english, german):
    words = PresentationContext(base_probability=0.1, topics={}, season_points=points)
    bar = Bar("start", None, 20, 0, 0.0, 20.0, (0.0, 100.0))
    assert [format_bar_text(bar, words, language) for language in ("en", "de")] == [english, german]
