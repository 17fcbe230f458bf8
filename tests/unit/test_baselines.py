"""What Leadlight has to beat, each against scikit-learn, LightGBM or a table computed by hand."""

import sys

import numpy as np
import pandas as pd
import pytest
from lightgbm import LGBMClassifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import GroupKFold
from sklearn.naive_bayes import CategoricalNB
from sklearn.preprocessing import KBinsDiscretizer, OrdinalEncoder, StandardScaler
from threadpoolctl import threadpool_limits

from leadlight.features.catalogue import Catalogue, Feature
from leadlight.models.candidates.baselines import convert_to_categorical, fit_lightgbm_baseline, fit_logistic_baseline


@pytest.fixture(autouse=True)
def one_thread():
    """A thousand rows are worth no threads, which would wait for each other on a busy machine."""
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="module")
def rivals(benchmarks):
    """The contestants of the benchmark."""
    import rivals

    return rivals


def catalogue(**kinds: str) -> Catalogue:
    groups = {"visits": "engagement", "last": "engagement"}
    features = [Feature(n, n, n, groups.get(n, "fit"), kind, 0, n) for n, kind in kinds.items()]
    return Catalogue(tuple(features), ())


KINDS = {"channel": "category", "size": "category", "visits": "number", "last": "number"}


@pytest.fixture(scope="module")
def table():
    """1,000 rows of 397 leads: two categories, two numbers, a chance that depends on all of them."""
    generator = np.random.default_rng(5)
    frame = pd.DataFrame(
        {
            "channel": generator.choice(["ads", "fair", "partner"], 1000, p=[0.5, 0.3, 0.2]),
            "size": generator.choice(["small", "large"], 1000),
            "visits": generator.gamma(2.0, 3.0, 1000),
            "last": generator.exponential(20.0, 1000),
        }
    )
    margin = -2 + 0.2 * frame["visits"] + (frame["channel"] == "partner") - 0.03 * frame["last"]
    won = (generator.random(1000) < 1 / (1 + np.exp(-margin))).astype(int).to_numpy()
    return frame, won, np.arange(1000) % 397


@pytest.fixture
def task(rivals, table):
    def make(kinds, rows=700, seconds=60.0):
        frame, won, leads = table
        names = list(kinds)
        return rivals.Task(
            frame[names][:rows], won[:rows], leads[:rows], frame[names][rows:], catalogue(**kinds), seconds, 3
        )

    return make


def test_plain_logistic_is_scikit_learns_on_scaled_numbers(table):
    frame, won, _ = table
    numbers = frame[["visits", "last"]]
    scaler = StandardScaler().fit(numbers[:700])
    model = LogisticRegression(tol=1e-10, max_iter=2000).fit(scaler.transform(numbers[:700]), won[:700])
    found = fit_logistic_baseline(numbers[:700], won[:700], numbers[700:], catalogue(visits="number", last="number"))
    np.testing.assert_allclose(found, model.predict_proba(scaler.transform(numbers[700:]))[:, 1], atol=1e-6)


def test_default_lightgbm_is_lightgbm_as_it_comes(table):
    frame, won, _ = table
    typed = frame.assign(**{c: frame[c].astype(object).astype("category") for c in ("channel", "size")})
    model = LGBMClassifier(verbosity=-1, n_jobs=1).fit(typed[:700], won[:700])
    found = fit_lightgbm_baseline(frame[:700], won[:700], frame[700:], catalogue(**KINDS))
    np.testing.assert_allclose(found, model.predict_proba(typed[700:])[:, 1], atol=1e-9)


def test_native_categories_keep_the_frequent_ones_and_forget_what_training_did_not_see():
    train = pd.DataFrame({"channel": ["b", "b", "a", "a", "a", "c", None], "visits": range(7)})
    test = pd.DataFrame({"channel": ["a", "c", "new", None], "visits": range(4)})
    kinds = catalogue(channel="category", visits="number")
    before, after = convert_to_categorical(train, test, kinds, most=2)
    assert list(before.columns) == ["c0", "c1"]
    assert list(before["c0"].cat.categories) == list(after["c0"].cat.categories) == ["a", "b"]
    assert before["c0"].isna().tolist() == [False] * 5 + [True] * 2
    assert after["c0"].isna().tolist() == [False, True, True, True]
    everything, _ = convert_to_categorical(train, test, kinds)
    assert list(everything["c0"].cat.categories) == ["a", "b", "c"]


def test_naive_bayes_is_that_of_scikit_learn_where_both_smooth_alike(rivals, task):
    given = task({"channel": "category", "size": "category"})
    encoder = OrdinalEncoder().fit(given.train)
    model = CategoricalNB(alpha=0.1).fit(encoder.transform(given.train), given.won)
    expected = model.predict_proba(encoder.transform(given.test))[:, 1]
    np.testing.assert_allclose(rivals.naive_bayes(given).probability, expected, rtol=1e-10)


def test_naive_bayes_cuts_numbers_as_scikit_learn_does(rivals, task):
    given = task({"visits": "number", "last": "number"})
    bins = KBinsDiscretizer(10, encode="ordinal", quantile_method="linear").fit(given.train)
    model = CategoricalNB(alpha=0.1).fit(bins.transform(given.train), given.won)
    expected = model.predict_proba(bins.transform(given.test))[:, 1]
    np.testing.assert_allclose(rivals.naive_bayes(given).probability, expected, rtol=1e-10)


def test_naive_bayes_by_hand_with_what_is_missing_or_was_never_seen(rivals):
    train = pd.DataFrame({"channel": ["fair", "fair", "ads", "ads", "ads", None]})
    test = pd.DataFrame({"channel": ["fair", "ads", None, "new"]})
    won = np.array([1, 1, 1, 0, 0, 0])
    kinds = catalogue(channel="category")
    found = rivals.naive_bayes(rivals.Task(train, won, np.arange(6), test, kinds, 1.0, 0)).probability
    # won: fair 2.1, ads 1.1, together 3.2; lost: fair 0.1, ads 2.1, together 2.2; half of all were won
    fair, ads = (2.1 / 3.2) / (0.1 / 2.2), (1.1 / 3.2) / (2.1 / 2.2)
    np.testing.assert_allclose(found, [fair / (1 + fair), ads / (1 + ads), 0.5, 0.5])


def test_naive_bayes_stays_within_the_bounds_of_odoo(rivals):
    names = [f"f{i}" for i in range(9)]
    train = pd.DataFrame({name: ["a"] * 40 + ["b"] * 40 for name in names})
    test = pd.DataFrame({name: ["a", "b"] for name in names})
    won = np.repeat([1, 0], 40)
    kinds = catalogue(**dict.fromkeys(names, "category"))
    found = rivals.naive_bayes(rivals.Task(train, won, np.arange(80), test, kinds, 1.0, 0)).probability
    np.testing.assert_allclose(found, [0.9999, 0.0001])


def test_naive_bayes_of_attributes_sees_nothing_else(rivals, task):
    everything, attributes = task(KINDS), task({"channel": "category", "size": "category"})
    found = rivals.naive_bayes(everything, ("fit",)).probability
    np.testing.assert_array_equal(found, rivals.naive_bayes(attributes).probability)
    assert not np.allclose(found, rivals.naive_bayes(everything).probability)


def test_naive_bayes_passes_over_a_number_that_is_not_known(rivals):
    train = pd.DataFrame({"visits": [1.0, 1.0, 1.0, 9.0, 9.0, np.nan, np.nan]})
    test = pd.DataFrame({"visits": [0.0, 20.0, np.nan]})
    won = np.array([0, 0, 1, 1, 1, 0, 0])
    given = rivals.Task(train, won, np.arange(7), test, catalogue(visits="number"), 1.0, 0)
    # edges 1 and 9: low 1.1 of 3.2 won, 2.1 of 2.2 lost; high 2.1 of 3.2 won, 0.1 of 2.2 lost
    low, high = (3 / 4) * (1.1 / 3.2) / (2.1 / 2.2), (3 / 4) * (2.1 / 3.2) / (0.1 / 2.2)
    found = rivals.naive_bayes(given).probability
    np.testing.assert_allclose(found, [low / (1 + low), 3 / 7, 3 / 7])
    given.test.loc[1, "visits"] = 9.0
    assert rivals.naive_bayes(given).probability[1] == pytest.approx(high / (1 + high))


def test_naive_bayes_learns_nothing_from_a_number_that_is_never_known(rivals, task):
    given = task({"channel": "category", "visits": "number"})
    blank = rivals.Task(given.train.assign(visits=np.nan), given.won, given.leads, given.test, given.catalogue, 1.0, 0)
    expected = rivals.naive_bayes(task({"channel": "category"})).probability
    np.testing.assert_allclose(rivals.naive_bayes(blank).probability, expected)


def test_calibrated_boosting_is_the_mean_of_five_boosters_each_calibrated_on_other_leads(rivals, task):
    given = task({"visits": "number", "last": "number"})
    found, X, after = [], *(side.set_axis(["c0", "c1"], axis=1) for side in (given.train, given.test))
    for rows, held in GroupKFold(5).split(X, given.won, given.leads):
        assert not set(given.leads[rows]) & set(given.leads[held])
        booster = HistGradientBoostingClassifier(random_state=3).fit(X.iloc[rows], given.won[rows])
        platt = CalibratedClassifierCV(FrozenEstimator(booster)).fit(X.iloc[held], given.won[held])
        found.append(platt.predict_proba(after)[:, 1])
    answer = rivals.calibrated_boosting(given).probability
    np.testing.assert_allclose(answer, np.mean(found, axis=0), atol=1e-9)


def test_calibrated_boosting_leaves_out_a_number_of_which_a_fold_knows_nothing(rivals, task):
    kinds = {"visits": "number", "last": "number"}
    given, without = task(kinds), task({"visits": "number"})
    given.train.loc[1:, "last"] = np.nan  # known of one lead only
    expected = rivals.calibrated_boosting(without).probability
    np.testing.assert_allclose(rivals.calibrated_boosting(given).probability, expected)


def test_calibrated_boosting_takes_more_categories_than_its_histograms_hold(rivals):
    generator = np.random.default_rng(1)
    frame = pd.DataFrame({"page": [f"p{i}" for i in generator.integers(0, 700, 2000)]})
    won = generator.integers(0, 2, 2000)
    kinds = catalogue(page="category")
    given = rivals.Task(frame[:1500], won[:1500], np.arange(1500), frame[1500:], kinds, 1.0, 0)
    assert np.isfinite(rivals.calibrated_boosting(given).probability).all()


def test_automl_learns_and_says_what_it_chose(rivals, table, task):
    given = task(KINDS)
    given.test.iloc[0, 0], given.test.iloc[1, 0] = "never seen", None
    answer, after = rivals.automl(given, rounds=5), table[1][700:]
    assert answer.note in rivals.PACKAGES
    assert ((answer.probability > 0) & (answer.probability < 1)).all()
    by_chance = log_loss(after, np.full(len(after), given.won.mean()))
    assert log_loss(after, answer.probability) < by_chance
    module = sys.modules.get("xgboost")  # what stood in for it is gone
    assert module is None or module.__spec__ is not None


def test_every_contestant_of_the_benchmark_has_a_name_and_gives_probabilities(rivals, task, root):
    from quality_page import WORDS

    assert set(WORDS) == {"leadlight", *rivals.RIVALS}
    given = task(KINDS)
    for name, rival in rivals.RIVALS.items():
        if name != "automl":
            p = rival(given).probability
            assert p.shape == (300,), name
            assert ((p > 0) & (p < 1)).all(), name
