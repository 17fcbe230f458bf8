"""What the chosen candidate said out of time, on the scale on which it serves."""

import numpy as np
import pandas as pd

from leadlight.features.catalogue import Catalogue
from leadlight.features.errors import PolicyError
from leadlight.models.calibration.equipercentile import link_equipercentile
from leadlight.models.calibration.selection import Calibrator
from leadlight.models.candidates.base import AdditiveModel
from leadlight.models.scoring.grades import sum_group_log_odds
from leadlight.models.scoring.thresholds import OutOfTimeScores, Threshold, select_threshold
from leadlight.pipelines.params.sections import Policy
from leadlight.pipelines.workspace.workdir import Workdir, read_frame

__all__ = ["measure_weeks", "read_out_of_time", "select_thresholds"]

KEYS = ["lead_id", "as_of"]


def read_out_of_time(
    workdir: Workdir, name: str, model: AdditiveModel, calibrator: Calibrator, catalogue: Catalogue
) -> pd.DataFrame:
    """Read what thresholds are chosen and grades are cut on.

    Parameters
    ----------
    workdir : Workdir
        Where `train` wrote.
    name : str
        Of the candidate that serves.
    model, calibrator, catalogue
        As they serve.

    Returns
    -------
    pd.DataFrame
        In time order: lead_id, as_of, won, weight (what a snapshot counts for, so that ages are those of the
        newest leads), probability, fit and engagement (summed log-odds).
    """
    told = read_frame(workdir.require(workdir.candidates / "out_of_time.parquet", "train"))
    known = read_frame(workdir.require(workdir.features, "featurize"), [*KEYS, *catalogue.names])
    base, parts = model.explain_log_odds(told[KEYS].merge(known, on=KEYS, how="left", validate="many_to_one"))
    fit, engagement = sum_group_log_odds(parts, catalogue)
    served = {"margin": base + parts.sum(axis=1), "fit": fit, "engagement": engagement}
    origin = told["origin"].to_numpy()
    moved = {
        part: link_equipercentile(told[f"{name}.{part}"].to_numpy(), own, origin)
        for part, own in served.items()
    }
    kept = told[[*KEYS, "won", "weight"]]
    probability = calibrator.predict_proba(np.asarray(moved.pop("margin")))
    return kept.assign(probability=probability, **moved)


def measure_weeks(as_of: pd.Series) -> float:
    """Return the span of snapshots in weeks; a day at least."""
    return max(float((as_of.max() - as_of.min()) / pd.Timedelta(weeks=1)), 1 / 7)


def select_thresholds(policy: Policy, scored: OutOfTimeScores, seed: int) -> dict[str, Threshold]:
    """Find both thresholds of a policy.

    Parameters
    ----------
    policy : Policy
        Its sentences.
    scored : Scored
        Out-of-time snapshots.
    seed : int
        Seed of the intervals.

    Raises
    ------
    PolicyError
        If a sentence cannot be read or met, or sales asks for no more than marketing.
    """
    sentences = {name: getattr(policy, name) for name in ("marketing_qualified", "sales_qualified")}
    thresholds = {}
    for name, sentence in sentences.items():
        try:
            thresholds[name] = select_threshold(sentence, scored, seed, policy.min_leads)
        except PolicyError as error:
            raise PolicyError(f"{error} This is policy.{name}.") from None
    marketing, sales = (thresholds[name].probability for name in sentences)
    if marketing >= sales:
        raise PolicyError(
            "The policy of sales_qualified must be stricter than that of marketing_qualified. Got "
            f"{sentences['sales_qualified']!r}, which is met from a chance of {sales:.1%}, and "
            f"{sentences['marketing_qualified']!r}, which is met from {marketing:.1%}."
        )
    return thresholds
