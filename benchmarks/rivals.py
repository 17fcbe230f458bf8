"""The contestants of the quality benchmark: the same past in, probabilities of the same test window out."""

import importlib.util
import logging
import sys
import types
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.calibration import CalibratedClassifierCV
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import GroupKFold
from threadpoolctl import threadpool_limits

from leadlight.features.catalogue import Catalogue
from leadlight.models.candidates.baselines import (
    convert_to_categorical,
    fit_lightgbm_baseline,
    fit_logistic_baseline,
    predict_base_rate,
)

__all__ = ["RIVALS", "Answer", "Task", "automl", "calibrated_boosting", "naive_bayes"]

#: added to each count of wins and of losses, as Odoo does
SMOOTHING = 0.1
#: a probability of naive Bayes stays within these, as in Odoo
LEAST, MOST = 0.0001, 0.9999
#: numbers are cut into so many bins of about equal size
BINS = 10
FOLDS = 5
#: scikit-learn's histograms hold 255 bins, one of them for what is missing
CATEGORIES = 250
#: estimators of FLAML that need a package of that name
NEED = {"lgbm": "lightgbm", "xgboost": "xgboost", "xgb_limitdepth": "xgboost", "catboost": "catboost",
        "rf": "sklearn", "extra_tree": "sklearn", "histgb": "sklearn", "lrl1": "sklearn"}  # fmt: skip


@dataclass(frozen=True)
class Task:
    """What every contestant is given.

    Parameters
    ----------
    train, test : pd.DataFrame
        Feature tables; a row that stands twice counts twice.
    won : ndarray of int, shape (len(train),)
        Labels of the training table.
    leads : ndarray, shape (len(train),)
        Lead of each row, so that folds keep a lead's rows together.
    catalogue : Catalogue
        Features in order.
    seconds : float
        What Leadlight took to train and to calibrate: the budget of a search.
    seed : int
        Seed.
    """

    train: pd.DataFrame
    won: np.ndarray
    leads: np.ndarray
    test: pd.DataFrame
    catalogue: Catalogue
    seconds: float
    seed: int


@dataclass(frozen=True)
class Answer:
    """Probabilities of the test table, and what is worth knowing of how they came about."""

    probability: np.ndarray
    note: str = ""


def naive_bayes(task: Task, groups: tuple[str, ...] = ("fit", "engagement")) -> Answer:
    """Multiply how often won, and how often lost, leads had each value, as CRM systems do.

    The way of Odoo's predictive lead scoring (addons/crm/models/crm_lead.py,
    ``_pls_get_naive_bayes_probabilities``): the chance is S(won) / (S(won) + S(lost)), S being the share of
    the class times, for each field, (count of the value in the class + 0.1) / (sum of these over all values).
    Fields that are not set and values that were never seen are passed over; the result stays within 0.01
    and 99.99 percent. There all fields are categories; here numbers are cut into ten bins of about equal
    size.

    Parameters
    ----------
    task : Task
        Features and labels.
    groups : tuple of str
        Groups of the features that are used.
    """
    prior = np.log(task.won.mean()) - np.log1p(-task.won.mean())
    log_odds = np.full(len(task.test), prior)
    for feature in task.catalogue.features:
        if feature.group not in groups:
            continue
        before, after = task.train[feature.name], task.test[feature.name]
        if feature.kind == "number":
            before, after = _binned(before, after)
        counts = pd.crosstab(before, task.won).reindex(columns=[0, 1], fill_value=0) + SMOOTHING
        shares = np.log(counts / counts.sum())
        log_odds += after.map(shares[1] - shares[0]).astype(float).fillna(0.0).to_numpy()
    return Answer(np.clip(expit(log_odds), LEAST, MOST))


def _binned(train: pd.Series, test: pd.Series) -> tuple[pd.Series, pd.Series]:
    known = train.dropna().to_numpy(dtype=float)
    edges = np.unique(np.quantile(known, np.arange(1, BINS) / BINS)) if len(known) else np.empty(0)
    before, after = (
        pd.Series(np.searchsorted(edges, side.to_numpy(dtype=float)), index=side.index).where(side.notna())
        for side in (train, test)
    )
    return before, after


def calibrated_boosting(task: Task) -> Answer:
    """scikit-learn's histogram boosting with native categories, in CalibratedClassifierCV; folds by lead."""
    before, after = convert_to_categorical(task.train, task.test, task.catalogue, CATEGORIES)
    folds = list(GroupKFold(FOLDS).split(before, task.won, task.leads))
    # scikit-learn 1.9 cannot bin a column of which a fold knows nothing
    known = [name for name in before if all(before[name].iloc[rows].notna().any() for rows, _ in folds)]
    before, after = before[known], after[known]
    boosting = HistGradientBoostingClassifier(categorical_features="from_dtype", random_state=task.seed)
    with threadpool_limits(1):  # its threads wait for each other where the machine is not quiet
        model = CalibratedClassifierCV(boosting, cv=folds).fit(before, task.won)
    return Answer(model.predict_proba(after)[:, 1])


def automl(task: Task, rounds: int | None = None) -> Answer:
    """FLAML with log loss as its metric, folds by lead, and as many seconds as Leadlight took.

    Parameters
    ----------
    task : Task
        Features, labels and the budget.
    rounds : int, optional
        A bound on the number of trials too. Which learner is tried next depends on the clock all the same.
    """
    before, after = convert_to_categorical(task.train, task.test, task.catalogue)
    search = _search()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        search.fit(
            X_train=before,
            y_train=task.won,
            task="classification",
            metric="log_loss",
            estimator_list=[name for name, package in NEED.items() if importlib.util.find_spec(package)],
            time_budget=task.seconds,
            max_iter=rounds,
            split_type="group",
            groups=pd.factorize(task.leads)[0],
            seed=task.seed,
            n_jobs=2,
            verbose=0,
            mlflow_logging=False,
        )
        probability = search.predict_proba(after)[:, 1]
    return Answer(np.asarray(probability, dtype=float), str(search.best_estimator))


def _search() -> Any:
    """FLAML names XGBoost while it is imported, even where it is not there to be used.

    See issue 1355 of microsoft/FLAML. Until the import is done a module with the names that it asks for
    stands in; none of them is an estimator of the search.
    """
    name = "xgboost"
    absent = importlib.util.find_spec(name) is None
    if absent:
        stand_in: Any = types.ModuleType(name)
        stand_in.__version__ = "0"
        stand_in.XGBRegressor, stand_in.XGBClassifier = DummyRegressor, DummyClassifier
        sys.modules[name] = stand_in
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from flaml.automl.automl import AutoML
    finally:
        if absent:
            del sys.modules[name]
    for logger in ("flaml", "flaml.automl", "flaml.automl.logger"):
        logging.getLogger(logger).setLevel(logging.ERROR)
    return AutoML()


RIVALS: dict[str, Callable[[Task], Answer]] = {
    "constant": lambda t: Answer(predict_base_rate(t.train, t.won, t.test)),
    "naive_bayes_fit": lambda t: naive_bayes(t, ("fit",)),
    "naive_bayes": naive_bayes,
    "plain_logistic": lambda t: Answer(fit_logistic_baseline(t.train, t.won, t.test, t.catalogue)),
    "default_lightgbm": lambda t: Answer(fit_lightgbm_baseline(t.train, t.won, t.test, t.catalogue)),
    "calibrated_boosting": calibrated_boosting,
    "automl": automl,
}
