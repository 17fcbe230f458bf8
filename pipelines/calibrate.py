"""``leadlight calibrate``: choose a candidate, calibrate it, set thresholds and grades, write the bundle."""

from typing import Any

from features.errors import NotEnoughDataError, PolicyError
from models.bundle import save_scorer
from models.candidates import load_model
from models.grades import GradeScale, strengths
from models.policy import Scored, Threshold, choose_threshold
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
    thresholds = _thresholds(params.policy or Policy(), scored, params.training.seed)
    fit, engagement = strengths(explained[choice.name][1], catalogue)
    scorer = Scorer(
        catalogue=catalogue,
        model=models[choice.name],
        calibrator=choice.calibrator,
        thresholds=thresholds,
        fit_grades=GradeScale.fit("ABCD", fit, data.won),
        engagement_grades=GradeScale.fit("1234", engagement, data.won),
        facts=_facts(params, workdir, report) | {"candidate": choice.name, "choice": _plain(choice)},
    )
    save_scorer(scorer, workdir.bundle)
    return scorer


def _thresholds(policy: Policy, scored: Scored, seed: int) -> dict[str, Threshold]:
    sentences = {name: getattr(policy, name) for name in ("marketing_qualified", "sales_qualified")}
    thresholds = {}
    for name, sentence in sentences.items():
        try:
            thresholds[name] = choose_threshold(sentence, scored, seed)
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


def _facts(params: Params, workdir: Workdir, report: dict[str, Any]) -> dict[str, Any]:
    agreed = params.policy.agreed if params.policy else None
    return {
        "agreed": {"by": list(agreed.by), "on": agreed.on.isoformat()} if agreed else None,
        "policy_agreed": params.policy is not None,
        "spellings": report["spellings"],
        "activity_types": sorted(report["activity_types"]),
        "simulated": report["simulated"],
        "time": report["time"],
        "horizon_days": params.label.horizon_days,
        "language": params.language,
        "snapshots": read_json(workdir.snapshot_report),
    }


def _plain(choice: Any) -> dict[str, Any]:
    return {"log_loss": choice.log_loss, "behind_best": choice.behind_best, "error": choice.error}
