"""The error of an AUC: by its definition pair by pair, with ties, and by what new leads would give."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from leadlight.pipelines.reports.monitoring.realized_outcomes import estimate_auc_standard_error


def by_pairs(p, won):
    """DeLong and others 1988: the variance of the share of losses below a win, and of wins above a loss."""
    wins, losses = p[won == 1], p[won == 0]
    right = (wins[:, None] > losses) + 0.5 * (wins[:, None] == losses)
    return np.sqrt(right.mean(axis=1).var(ddof=1) / len(wins) + right.mean(axis=0).var(ddof=1) / len(losses))


@given(st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=4, max_size=40))
def test_ranks_give_what_all_pairs_give(rows):
    p, won = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    if 2 <= won.sum() <= len(won) - 2:
        assert estimate_auc_standard_error(p, won.astype(int)) == pytest.approx(by_pairs(p, won), abs=1e-12)


def test_the_error_is_what_other_leads_would_move_it_by():
    rng = np.random.default_rng(6)
    areas, errors = [], []
    for _ in range(400):
        p = rng.beta(1, 12, 900)
        won = (rng.random(900) < p).astype(int)
        areas.append(roc_auc_score(won, p))
        errors.append(estimate_auc_standard_error(p, won))
    assert np.mean(errors) == pytest.approx(np.std(areas), rel=0.1)
