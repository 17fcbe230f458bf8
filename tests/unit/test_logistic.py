"""The logistic model: scikit-learn as the reference, curves that respect directions, and exact parts."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from leadlight.features.catalogue import Catalogue, Feature
from leadlight.models.calibration.penalized_logistic import maximize_penalized_likelihood
from leadlight.models.candidates.base import margins
from leadlight.models.candidates.logistic import AdditiveLogisticModel
from leadlight.models.candidates.training_data import TrainingData


def catalogue_of(kind: str, direction: int = 0) -> Catalogue:
    return Catalogue((Feature("x", "attribute", "x", "fit", kind, direction, "x"),), ())


def fit(frame, won, catalogue, penalty=1.0):
    leads = pd.Series(np.arange(len(won)).astype(str))
    return next(
        AdditiveLogisticModel.fit_regularization_path(
            TrainingData(frame, won, leads), catalogue, penalties=[penalty], min_category_leads=1
        )
    )


def test_maximum_likelihood_is_that_of_scikit_learn():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(800, 4))
    y = (rng.random(800) < expit(X @ [1.0, -0.5, 0.2, 0.0] - 1)).astype(float)
    reference = LogisticRegression(C=1 / 3.0, solver="newton-cholesky", tol=1e-12).fit(X, y)
    found = maximize_penalized_likelihood(
        csr_array(np.column_stack([np.ones(800), X])), y, penalty=np.diag([0.0, 3, 3, 3, 3]),
        lower=np.full(5, -np.inf), upper=np.full(5, np.inf), start=np.zeros(5),
    )  # fmt: skip
    np.testing.assert_allclose(found, [*reference.intercept_, *reference.coef_[0]], atol=1e-8)


def test_a_curve_follows_a_bent_truth_that_a_straight_line_cannot():
    rng = np.random.default_rng(2)
    x = rng.uniform(0, 10, 6000)
    truth = -2 + 2 * np.minimum(x, 3)
    won = (rng.random(6000) < expit(truth - 2)).astype(int)
    model = fit(pd.DataFrame({"x": x}), won, catalogue_of("number"))
    at = margins(model, pd.DataFrame({"x": [1.0, 3.0, 6.0, 9.0]}))
    assert at[1] - at[0] > 2.0
    assert abs(at[3] - at[2]) < 0.7


@pytest.mark.parametrize("direction", [1, -1])
def test_a_declared_direction_is_never_broken_even_by_data_that_say_otherwise(direction):
    rng = np.random.default_rng(3)
    x = rng.uniform(0, 10, 2000)
    won = (rng.random(2000) < expit(-direction * (x - 5))).astype(int)
    model = fit(pd.DataFrame({"x": x}), won, catalogue_of("number", direction))
    steps = np.diff(margins(model, pd.DataFrame({"x": np.linspace(-5, 15, 200)})))
    assert (direction * steps >= -1e-12).all()
    free = fit(pd.DataFrame({"x": x}), won, catalogue_of("number", 0))
    assert (direction * np.diff(margins(free, pd.DataFrame({"x": [1.0, 9.0]}))) < -2).all()


def test_not_known_has_a_value_of_its_own():
    x = np.array([np.nan] * 500 + [1.0, 2.0] * 250)
    won = np.array([1] * 400 + [0] * 100 + [0] * 450 + [1] * 50)
    model = fit(pd.DataFrame({"x": x}), won, catalogue_of("number"))
    unknown, known = expit(margins(model, pd.DataFrame({"x": [np.nan, 1.0]})))
    assert unknown == pytest.approx(0.8, abs=0.02)
    assert known == pytest.approx(0.1, abs=0.02)


def test_an_unseen_category_counts_as_pooled_and_not_as_unknown():
    x = pd.Series(["a"] * 300 + ["b"] * 300 + [None] * 300, dtype="str")
    won = np.array(([1] * 200 + [0] * 100) + ([0] * 280 + [1] * 20) + ([1] * 100 + [0] * 200))
    model = fit(pd.DataFrame({"x": x}), won, catalogue_of("category"))
    codes = margins(model, pd.DataFrame({"x": pd.Series(["a", "b", None, "never seen"], dtype="str")}))
    assert len(set(np.round(codes, 6))) == 4


def test_a_constant_column_adds_nothing():
    won = np.array([0, 1] * 100)
    for values in (np.zeros(200), np.full(200, np.nan)):
        model = fit(pd.DataFrame({"x": values}), won, catalogue_of("number"))
        base, parts = model.explain_log_odds(pd.DataFrame({"x": values}))
        np.testing.assert_allclose(parts, 0.0, atol=1e-9)
        assert base == pytest.approx(0.0, abs=1e-6)


def test_parts_are_centred_on_the_training_leads(world, models):
    base, parts = models["logistic"].explain_log_odds(world.frame)
    np.testing.assert_allclose(parts.mean(axis=0), 0.0, atol=1e-9)
    assert base == pytest.approx(margins(models["logistic"], world.frame).mean())


def test_a_path_of_penalties_ends_where_each_alone_does(world):
    def path(*penalties):
        leads = pd.Series(np.arange(len(world.won)).astype(str))
        models = AdditiveLogisticModel.fit_regularization_path(
            TrainingData(world.frame, world.won, leads), world.catalogue, penalties=penalties, min_category_leads=20
        )
        return [margins(model, world.frame) for model in models]

    strong, weak = path(100.0, 5.0)
    np.testing.assert_allclose(strong, path(100.0)[0], atol=1e-9)
    np.testing.assert_allclose(weak, path(5.0)[0], atol=1e-9)
    assert np.ptp(strong) < np.ptp(weak)
