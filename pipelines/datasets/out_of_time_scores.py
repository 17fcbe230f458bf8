"""Out-of-time predictions of the chosen candidate, on the scale of the final model."""

import numpy as np
import pandas as pd

from leadlight.features.catalogue import Catalogue
from leadlight.features.errors import PolicyError
from leadlight.models.calibration.equipercentile import link_equipercentile
from leadlight.models.calibration.selection import Calibrator
from leadlight.models.candidates.base import AdditiveModel
from leadlight.models.metrics.scores import ScoredSnapshots
from leadlight.models.scoring.grades import sum_group_log_odds
from leadlight.models.scoring.thresholds import Threshold, select_threshold
from leadlight.pipelines.datasets.labelled_snapshots import AGE
from leadlight.pipelines.params.sections import Policy
from leadlight.pipelines.workspace.workdir import Workdir, read_frame

__all__ = ["measure_weeks", "read_out_of_time", "select_thresholds"]

KEYS = ["lead_id", "as_of"]


def read_out_of_time(
    workdir: Workdir, name: str, model: AdditiveModel, calibrator: Calibrator, catalogue: Catalogue
) -> pd.DataFrame:
    """Read the out-of-time predictions that thresholds and grades are chosen on.

    Parameters
    ----------
    workdir : Workdir
    name : str
        The chosen candidate.
    model, calibrator, catalogue
        Of the final scorer.

    Returns
    -------
    pd.DataFrame
        In time order: lead_id, as_of, won, weight (to the ages of the newest leads), age_days (where the source
        knows it), probability, fit and engagement (summed log-odds).
    """
    predictions = read_frame(workdir.require(workdir.candidates / "out_of_time.parquet", "train"))
    features = read_frame(workdir.require(workdir.features, "featurize"), [*KEYS, *catalogue.names])
    frame = predictions[KEYS].merge(features, on=KEYS, how="left", validate="many_to_one")
    base, parts = model.explain_log_odds(frame)
    fit, engagement = sum_group_log_odds(parts, catalogue)
    served = {"margin": base + parts.sum(axis=1), "fit": fit, "engagement": engagement}
    origin = predictions["origin"].to_numpy()
    linked = {
        part: link_equipercentile(predictions[f"{name}.{part}"].to_numpy(), values_served, origin)
        for part, values_served in served.items()
    }
    kept = predictions[[*KEYS, "won", "weight"]].join(frame.filter([AGE]))
    probability = calibrator.predict_proba(np.asarray(linked.pop("margin")))
    return kept.assign(probability=probability, **linked)


def measure_weeks(as_of: pd.Series, time: str) -> float | None:
    """Return the span of snapshots in weeks, at least one day; None unless their `time` is ``dates``."""
    if time != "dates":
        return None  # the moments of such snapshots are placeholders or ranks
    return max(float((as_of.max() - as_of.min()) / pd.Timedelta(weeks=1)), 1 / 7)


def select_thresholds(policy: Policy, scored: ScoredSnapshots, seed: int) -> dict[str, Threshold]:
    """Find both thresholds of a policy.

    Parameters
    ----------
    policy : Policy
    scored : ScoredSnapshots
        Out of time.
    seed : int
        Of the intervals.

    Raises
    ------
    PolicyError
        If a sentence cannot be read or met, or sales is not stricter than marketing.
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
