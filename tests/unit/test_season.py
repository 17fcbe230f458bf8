"""The season of a night: found where it was planted, the same for every lead, and none of a short history."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from leadlight.features.catalogue import Catalogue, Feature
from leadlight.features.errors import BundleError
from leadlight.models.calibration.yearly_season import YearlySeason, build_season_columns
from leadlight.models.candidates.base import load_model, margins, save_model
from leadlight.models.candidates.season import SeasonalModel, fit_season
from leadlight.models.candidates.training_data import TrainingData, TrainingSettings
from leadlight.models.training.fit import fit_procedure
from leadlight.pipelines.params.sections import Training

CATALOGUE = Catalogue((Feature("x", "attribute", "x", "fit", "number", 0, "x"),), ())
SETTINGS = TrainingSettings(**Training(candidates=("logistic",)).model_dump(exclude={"min_wins"}))


def draw(days=730, rows=8000, size=0.8, seed=0, mix=0.0):
    """Snapshots of some days, with a wave of that size; a mix moves the leads with the wave."""
    rng = np.random.default_rng(seed)
    as_of = pd.Series(pd.Timestamp("2024-01-01") + pd.to_timedelta(np.sort(rng.uniform(0, days, rows)), unit="D"))
    wave = build_season_columns(as_of)[:, 0]
    x = rng.normal(size=rows) + mix * wave
    won = (rng.random(rows) < expit(-1 + x + size * wave)).astype(int)
    frame = pd.DataFrame({"x": x, "as_of": as_of})
    return SimpleNamespace(wave=wave, data=TrainingData(frame, won, pd.Series(np.arange(rows).astype(str))))


@pytest.mark.parametrize("size", [0.0, 0.8])
def test_a_planted_wave_is_recovered(size):
    season = fit_season(draw(size=size).data, CATALOGUE, SETTINGS)
    assert season.sine == pytest.approx(size, abs=0.1)
    assert season.cosine == pytest.approx(0.0, abs=0.1)


def test_a_changed_mix_of_leads_is_no_season():
    season = fit_season(draw(size=0.0, mix=0.8).data, CATALOGUE, SETTINGS)
    # taken for a season, the mix would be one of 0.8; the penalty leaves a part of it
    assert season.sine == pytest.approx(0.0, abs=0.25)


def test_its_mean_over_the_training_snapshots_is_taken_off():
    drawn = draw(days=500)
    season = fit_season(drawn.data, CATALOGUE, SETTINGS)
    assert season.calculate(drawn.data.frame["as_of"]).mean() == pytest.approx(0.0, abs=1e-9)


def test_a_year_later_it_is_the_same_again():
    as_of = pd.Series(pd.date_range("2024-03-01", periods=40, freq="7D"))
    season = YearlySeason(0.5, -0.3, 0.1)
    later = season.calculate(as_of + pd.Timedelta(days=365.25))
    np.testing.assert_allclose(later, season.calculate(as_of), atol=1e-9)


@pytest.mark.parametrize(("days", "found"), [(329, False), (331, True)])
def test_a_history_of_less_than_330_days_has_no_season(days, found):
    data = draw(days=days, rows=400).data
    ends = data.frame.assign(as_of=data.frame["as_of"].where(data.frame.index > 0, pd.Timestamp("2024-01-01")))
    ends.loc[len(ends) - 1, "as_of"] = pd.Timestamp("2024-01-01") + pd.Timedelta(days=days)
    assert (fit_season(data._replace(frame=ends), CATALOGUE, SETTINGS) is not None) == found


def test_without_dates_there_is_no_season():
    data = draw(rows=400).data
    assert fit_season(data._replace(frame=data.frame[["x"]]), CATALOGUE, SETTINGS) is None


@pytest.fixture(scope="module")
def seasonal():
    """A logistic model with the season of two years, and its data."""
    drawn = draw()
    model = fit_procedure("logistic", {"penalty": 5.0}, drawn.data, catalogue=CATALOGUE, settings=SETTINGS)
    return SimpleNamespace(model=model, **vars(drawn))


def test_base_and_parts_add_up_with_a_base_for_each_row(seasonal):
    frame = seasonal.data.frame.head(200)
    base, parts = seasonal.model.explain_log_odds(frame)
    assert base.shape == (200,)
    inner = margins(seasonal.model.model, frame) + seasonal.model.season.calculate(frame["as_of"])
    np.testing.assert_allclose(base + parts.sum(axis=1), inner, atol=1e-12)
    np.testing.assert_allclose(margins(seasonal.model, frame), inner, atol=1e-12)
    reference = seasonal.model.explain_with_reference(frame)
    np.testing.assert_allclose(reference[0] + reference[1].sum(axis=1), inner, atol=1e-9)


def test_leads_of_one_night_start_from_the_same_value_and_the_season_moves_no_part(seasonal):
    frame = seasonal.data.frame.head(50)
    nights = [frame.assign(as_of=pd.Timestamp(day)) for day in ("2025-01-01", "2025-04-01")]
    (base, parts), (later, same) = (seasonal.model.explain_log_odds(night) for night in nights)
    assert len(set(base)) == len(set(later)) == 1
    assert later[0] - base[0] > 0.5
    np.testing.assert_array_equal(parts, same)


def test_the_model_learns_what_the_season_leaves(seasonal):
    found = margins(seasonal.model, seasonal.data.frame)
    truth = -1 + seasonal.data.frame["x"].to_numpy() + 0.8 * seasonal.wave
    assert np.abs(found - truth).mean() < 0.2
    assert expit(found).sum() == pytest.approx(seasonal.data.won.sum(), rel=1e-3)


def test_it_is_read_back_as_it_was_written(seasonal, tmp_path):
    save_model(seasonal.model, tmp_path / "model")
    again = load_model(tmp_path / "model")
    assert isinstance(again, SeasonalModel)
    np.testing.assert_array_equal(margins(again, seasonal.data.frame), margins(seasonal.model, seasonal.data.frame))


def test_a_frame_without_its_moment_is_refused(seasonal):
    with pytest.raises(BundleError, match="must have the column as_of, which the season depends on"):
        seasonal.model.explain_log_odds(seasonal.data.frame[["x"]])
