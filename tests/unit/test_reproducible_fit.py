"""Fits are converged: another BLAS kernel or number of threads gives the same predictions."""

import os
import subprocess
import sys
from io import StringIO

import numpy as np
import pytest
from scipy.optimize import minimize, root
from scipy.special import expit

from leadlight.models.calibration.penalized_logistic import maximize_penalized_likelihood

FIT = """
import sys
import numpy as np
import pandas as pd
from scipy.special import expit
from leadlight.features.catalogue import Catalogue, Feature
from leadlight.models.calibration.parametric import fit_platt
from leadlight.models.candidates.base import margins
from leadlight.models.candidates.baselines import fit_logistic_baseline
from leadlight.models.candidates.logistic import AdditiveLogisticModel
from leadlight.models.candidates.training_data import TrainingData, TrainingSettings
from leadlight.models.training.fit import fit_procedure, judge_candidates

rng = np.random.default_rng(0)
common = rng.normal(size=(1500, 3))
frame, features = {}, []
for j in range(24):
    x = common[:, j % 3] + 0.1 * rng.normal(size=1500)
    frame[f"x{j}"] = np.where(rng.random(1500) < 0.1, np.nan, np.floor(np.exp(x)) if j % 2 else x)
    direction = (1, -1, 0)[j // 3 % 3]
    features.append(Feature(f"x{j}", "attribute", f"x{j}", "fit", "number", direction, f"x{j}"))
won = (rng.random(1500) < expit(common @ [1.0, -0.8, 0.5] - 1)).astype(int)
frame, catalogue = pd.DataFrame(frame), Catalogue(tuple(features), ())
data = TrainingData(frame, won, pd.Series(np.arange(1500).astype(str)))
settings = TrainingSettings(
    seed=0, candidates=("logistic",), min_category_leads=20, learning_rate=0.1, max_rounds=10,
    metric="log_loss",
)
judged = judge_candidates(data, catalogue, settings)["logistic"]
serving = margins(fit_procedure("logistic", judged.settings, data, catalogue=catalogue, settings=settings), frame)
(weak,) = AdditiveLogisticModel.fit_regularization_path(
    data, catalogue, penalties=[0.1], min_category_leads=20
)
columns = [
    expit(margins(weak, frame)),
    expit(serving), expit(judged.out_of_time.margin), judged.settings["penalty"],
    *(fit_platt(serving, won, slope_sd=sd).predict_proba(serving) for sd in (0.1, np.inf)),
    fit_logistic_baseline(frame, won, frame, catalogue),
]
np.savetxt(sys.stdout, np.concatenate([np.atleast_1d(column) for column in columns]), fmt="%.17g")
"""


def fit_with_kernel(kernel, threads):
    env = os.environ | {"OPENBLAS_CORETYPE": kernel, "OPENBLAS_NUM_THREADS": threads, "OMP_NUM_THREADS": threads}
    done = subprocess.run([sys.executable, "-c", FIT], env=env, capture_output=True, text=True, check=True)
    return np.loadtxt(StringIO(done.stdout))


def test_predictions_do_not_depend_on_the_blas_kernel_or_on_threads():
    one, other = fit_with_kernel("Haswell", "1"), fit_with_kernel("Prescott", "2")
    np.testing.assert_allclose(one, other, rtol=1e-6, atol=0)


@pytest.mark.parametrize("seed", range(5))
def test_bounded_and_penalized_coefficients_are_those_of_trust_constr(seed):
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(400, 2))
    X = np.column_stack([np.ones(400), common[:, [0, 0, 0, 1, 1]] + 0.3 * rng.normal(size=(400, 5))])
    y = (rng.random(400) < expit(common @ [1.5, -1.0] - 0.5)).astype(float)
    lower, upper = np.full(6, -np.inf), np.full(6, np.inf)
    lower[1:4], upper[4] = 0.4, -0.5
    penalty = np.diag([0.0, 2.0, 2.0, 2.0, 2.0, 2.0])

    def loss(beta):
        return np.logaddexp(0, X @ beta).sum() - y @ X @ beta + 0.5 * beta @ penalty @ beta

    def gradient(beta):
        return X.T @ (expit(X @ beta) - y) + penalty @ beta

    def hessian(beta):
        p = expit(X @ beta)
        return (X * (p * (1 - p))[:, None]).T @ X + penalty

    start = np.array([0.0, 1.0, 1.0, 1.0, -1.0, 0.0])
    found = maximize_penalized_likelihood(X, y, penalty=penalty, lower=lower, upper=upper, start=start)
    # an interior-point solver ends a little inside its bounds: what it brings to a bound is then held there
    options = {"gtol": 1e-13, "xtol": 1e-14, "maxiter": 3000}
    box = list(zip(lower, upper, strict=True))
    near = minimize(loss, start, jac=gradient, hess=hessian, method="trust-constr", bounds=box, options=options).x
    bound = np.where(near - lower < 1e-5, lower, np.where(upper - near < 1e-5, upper, np.nan))
    free = np.isnan(bound)
    assert 0 < free.sum() < 6

    def complete(part):
        beta = bound.copy()
        beta[free] = part
        return beta

    exact = root(
        lambda part: gradient(complete(part))[free], near[free],
        jac=lambda part: hessian(complete(part))[np.ix_(free, free)], tol=1e-14,
    ).x  # fmt: skip
    np.testing.assert_allclose(found, complete(exact), rtol=0, atol=1e-8)
