"""What the chosen candidate said out of time, on the scale on which it serves."""

import numpy as np
import pandas as pd

from leadlight.features.catalogue import Catalogue
from leadlight.features.errors import PolicyError
from leadlight.models.calibration.equipercentile import linked
from leadlight.models.calibration.selection import AnyCalibrator
from leadlight.models.candidates.base import Model
from leadlight.models.scoring.grades import strengths
from leadlight.models.scoring.thresholds import Scored, Threshold, choose_threshold
from leadlight.pipelines.params.sections import Policy
from leadlight.pipelines.workspace.workdir import Workdir, read_frame

__all__ = ["choose_thresholds", "read_out_of_time", "weeks_of"]

KEYS = ["lead_id", "as_of"]


def read_out_of_time(
    workdir: Workdir, name: str, model: Model, calibrator: AnyCalibrator, catalogue: Catalogue
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
    told = read_frame(workdir.need(workdir.candidates / "out_of_time.parquet", "train"))
    known = read_frame(workdir.need(workdir.features, "featurize"), [*KEYS, *catalogue.names])
    base, parts = model.contributions(told[KEYS].merge(known, on=KEYS, how="left", validate="many_to_one"))
    fit, engagement = strengths(parts, catalogue)
    served = {"margin": base + parts.sum(axis=1), "fit": fit, "engagement": engagement}
    origin = told["origin"].to_numpy()
    moved = {part: linked(told[f"{name}.{part}"].to_numpy(), own, origin) for part, own in served.items()}
    kept = told[[*KEYS, "won", "weight"]]
    probability = calibrator.probability(np.asarray(moved.pop("margin")))
    return kept.assign(probability=probability, **moved)


def weeks_of(as_of: pd.Series) -> float:
    """Return the span of snapshots in weeks; a day at least."""
    return max(float((as_of.max() - as_of.min()) / pd.Timedelta(weeks=1)), 1 / 7)


def choose_thresholds(policy: Policy, scored: Scored, seed: int) -> dict[str, Threshold]:
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
            thresholds[name] = choose_threshold(sentence, scored, seed, policy.fewest_leads)
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
