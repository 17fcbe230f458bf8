"""Metrics over resamples against those of the rows drawn, which scikit-learn computes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadlight.models.metrics.bootstrap import ClusterBootstrap
from leadlight.models.metrics.metrics import METRICS
from leadlight.models.metrics.rank_metrics import resample_ece, resample_rank_metrics


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), size=st.integers(12, 300), decimals=st.integers(1, 12), leads=st.integers(4, 100))
def test_every_resample_has_the_metrics_of_its_rows(seed, size, decimals, leads):
    rng = np.random.default_rng(seed)
    p = rng.beta(1, 4, size).round(decimals)  # few decimals make ties
    won = (rng.random(size) < 0.4).astype(int)
    won[:2] = 0, 1
    bootstrap = ClusterBootstrap(rng.integers(0, leads, size), seed, draws=12)
    found = resample_rank_metrics(p, won, bootstrap) | {"ece": resample_ece(p, won, bootstrap)}
    drawn = list(bootstrap.resample(lambda rows: won[rows].mean())[:, 0])
    for name, values in found.items():
        metric = METRICS[name]
        assert values[0] == pytest.approx(metric(p, won), abs=1e-12), name
        for value, mean, expected in zip(values[1:], drawn, _compute_on_rows(metric, p, won, bootstrap), strict=True):
            if 0 < mean < 1:
                assert value == pytest.approx(expected, abs=1e-12), name
            elif name == "auc":
                assert np.isnan(value)


def _compute_on_rows(metric, p, won, bootstrap):
    def compute(rows):
        return metric(p[rows], won[rows]) if 0 < won[rows].mean() < 1 else np.nan

    return bootstrap.resample(compute)[:, 0]
