"""What the chosen candidate said out of time, on the scale on which it serves."""

import numpy as np
import pandas as pd

from features.catalogue import Catalogue
from models.calibration_choice import AnyCalibrator
from models.candidates import Model
from models.grades import strengths
from models.linking import linked
from pipelines.outputs import Workdir, read_frame

__all__ = ["read_out_of_time"]

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
