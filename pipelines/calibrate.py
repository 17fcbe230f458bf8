"""``leadlight calibrate``: choose a candidate, calibrate it, set thresholds and grades, write the bundle."""

from typing import Any

import numpy as np

from features.errors import NotEnoughDataError
from models.bundle import save_scorer
from models.candidates import load_model
from models.grades import GradeScale
from models.policy import Scored, choose_threshold
from models.scorer import Scorer
from models.selection import choose_candidate
from pipelines.engine import feature_set
from pipelines.learning_data import read_learning_data
from pipelines.outputs import Workdir, read_json
from pipelines.params import Params
from pipelines.params.modelling import Policy

__all__ = ["calibrate"]

FEWEST_WINS = 10


def calibrate(params: Params, workdir: Workdir) -> Scorer:
    """Make the scorer bundle from the candidates and the calibration window.

    Parameters
    ----------
    params : Params
        Policy and seed.
    workdir : Workdir
        Where candidates, features and snapshots are, and the bundle goes.

    Returns
    -------
    Scorer
        As written.

    Raises
    ------
    NotEnoughDataError
        If the calibration window holds too few wins.
    PolicyError
        If a policy sentence cannot be read or met.
    """
    listing = read_json(workdir.need(workdir.candidates / "candidates.json", "train"))
    data = read_learning_data(workdir).window("calibrate")
    if data.won.sum() < FEWEST_WINS:
        raise NotEnoughDataError(
            f"The calibration window must hold at least {FEWEST_WINS} wins. Got {data.won.sum()}: "
            "raise split.calibrate_share or give more history."
        )
    report = read_json(workdir.ingest_report)
    catalogue = feature_set(params, report).catalogue
    models = {name: load_model(workdir.candidates / name) for name in listing["order"]}
    explained = {name: model.contributions(data.frame) for name, model in models.items()}
    margins = {name: base + parts.sum(axis=1) for name, (base, parts) in explained.items()}
    choice = choose_candidate(margins, data.won, data.leads)
    probability = choice.calibrator.probability(margins[choice.name])
    scored = Scored(probability, data.won, data.leads, data.weeks)
    policy = params.policy or Policy()
    seed = params.training.seed
    thresholds = {
        "marketing_qualified": choose_threshold(policy.marketing_qualified, scored, seed),
        "sales_qualified": choose_threshold(policy.sales_qualified, scored, seed),
    }
    parts = explained[choice.name][1]
    fit = np.array([feature.group == "fit" for feature in catalogue.features])
    scorer = Scorer(
        catalogue=catalogue,
        model=models[choice.name],
        calibrator=choice.calibrator,
        thresholds=thresholds,
        fit_grades=GradeScale.fit("ABCD", parts[:, fit].sum(axis=1), data.won),
        engagement_grades=GradeScale.fit("1234", parts[:, ~fit].sum(axis=1), data.won),
        facts=_facts(params, workdir, report) | {"candidate": choice.name, "choice": _plain(choice)},
    )
    save_scorer(scorer, workdir.bundle)
    return scorer


def _facts(params: Params, workdir: Workdir, report: dict[str, Any]) -> dict[str, Any]:
    agreed = params.policy.agreed if params.policy else None
    return {
        "agreed": {"by": list(agreed.by), "on": agreed.on.isoformat()} if agreed else None,
        "policy_agreed": params.policy is not None,
        "spellings": report["spellings"],
        "simulated": report["simulated"],
        "time": report["time"],
        "horizon_days": params.label.horizon_days,
        "language": params.language,
        "snapshots": read_json(workdir.snapshot_report),
    }


def _plain(choice: Any) -> dict[str, Any]:
    return {"log_loss": choice.log_loss, "behind_best": choice.behind_best, "error": choice.error}
