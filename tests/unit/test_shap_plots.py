"""SHAP plots are PNG files labelled in points, the same for the same seed, and leave matplotlib as it was."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from leadlight.models.calibration.parametric import PlattCalibrator
from leadlight.models.candidates.logistic import AdditiveLogisticModel
from leadlight.pipelines.reporting import shap_plots
from leadlight.pipelines.reporting.shap_plots import write_shap_plots


@pytest.fixture(scope="module")
def make(make_scorer):
    return lambda model: make_scorer(model, PlattCalibrator(0.9, -0.3))


@pytest.fixture
def make_kind(make, models):
    return lambda kind: make(models[kind])


@pytest.fixture
def labels(monkeypatch):
    """Axis labels and tick labels of every plot, taken before it is written."""
    found, save = {}, shap_plots._save

    def record(path):
        axes = plt.gcf().axes[0]
        ticks = [tick.get_text() for tick in (*axes.get_xticklabels(), *axes.get_yticklabels())]
        found[path.name] = (axes.get_xlabel(), axes.get_ylabel(), ticks)
        save(path)

    monkeypatch.setattr(shap_plots, "_save", record)
    return found


@pytest.mark.parametrize("kind", ["points", "boosted"])
def test_plots_name_topics_and_points(world, make_kind, tmp_path, labels, kind):
    scorer = make_kind(kind)
    written = write_shap_plots(scorer, world.frame, tmp_path / "shap", 3)
    assert [plot.kind for plot in written[:2]] == ["beeswarm", "bar"]
    assert labels["beeswarm.png"][0] == "points"
    assert labels["bar.png"][0] == "mean absolute points"
    strength = np.abs(scorer.explain(world.frame).values).mean(axis=0)
    names = scorer.explain(world.frame).feature_names
    strongest = [names[place] for place in np.argsort(-strength) if strength[place] > 0][:10]
    assert sorted(plot.label for plot in written[2:]) == sorted(strongest)
    assert set(strongest) <= set(labels["beeswarm.png"][2])
    for plot in written:
        with Image.open(plot.path) as image:
            assert image.format == "PNG"
            assert min(image.size) > 250
        if plot.kind == "dependence":
            assert labels[plot.path.name][1] == "points"
            assert labels[plot.path.name][0].startswith(plot.label)
        if plot.label == "industry":
            assert {"steel", "retail", "food", "unknown"} <= set(labels[plot.path.name][2])


def test_the_same_seed_draws_the_same_and_nothing_else_is_changed(world, models, make, tmp_path, monkeypatch):
    monkeypatch.setattr(shap_plots, "MAX_ROWS", 200)
    backend, figures = mpl.get_backend(), plt.get_fignums()
    np.random.seed(11)
    before = np.random.get_state()[1].copy()
    once, again, other = (
        [
            plot.path.read_bytes()
            for plot in write_shap_plots(make(models["logistic"]), world.frame, tmp_path / name, seed)
        ]
        for name, seed in (("once", 3), ("again", 3), ("other", 4))
    )
    assert once == again
    assert once != other
    assert (mpl.get_backend(), plt.get_fignums()) == (backend, figures)
    np.testing.assert_array_equal(np.random.get_state()[1], before)


def test_a_figure_that_the_caller_left_open_is_not_drawn_into_or_closed(world, models, make, tmp_path, labels):
    figure, axes = plt.subplots()
    try:
        write_shap_plots(make(models["logistic"]), world.frame.head(200), tmp_path / "shap", 3)
        assert labels["beeswarm.png"][0] == "points"
        assert plt.fignum_exists(figure.number)
        assert (figure.axes, axes.get_xlabel(), axes.collections[:]) == ([axes], "", [])
    finally:
        plt.close(figure)


def test_a_model_without_any_points_has_no_dependence_plots(world, models, make, tmp_path):
    flat = {
        name: curve._replace(values=tuple(0.0 for _ in curve.values))
        for name, curve in models["logistic"].curves.items()
    }
    written = write_shap_plots(make(AdditiveLogisticModel(-1.0, flat)), world.frame.head(50), tmp_path / "shap", 3)
    assert [plot.kind for plot in written] == ["beeswarm", "bar"]
