"""``leadlight calibrate``: choose a candidate, calibrate it, set thresholds and grades, write the bundle."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from leadlight.features.errors import NotEnoughDataError
from leadlight.features.feature_set import FeatureSet
from leadlight.models.calibration.prior_shift import estimate_prior_shift, evaluate_correction
from leadlight.models.candidates.base import load_model
from leadlight.models.scoring.bundle import save_scorer
from leadlight.models.scoring.grades import GradeScale
from leadlight.models.scoring.scorer import Scorer
from leadlight.models.scoring.thresholds import OutOfTimeScores
from leadlight.models.scoring.win_rates import count_win_rates_by_bin
from leadlight.models.training.selection import ModelSelection, select_candidate
from leadlight.models.validation.reference_population import MIN_LEADS, build_reference
from leadlight.pipelines.datasets.labelled_snapshots import read_labelled_snapshots
from leadlight.pipelines.datasets.out_of_time_scores import measure_weeks, read_out_of_time, select_thresholds
from leadlight.pipelines.engines.engine import build_feature_set, open_engine
from leadlight.pipelines.engines.open_leads import sample_open_leads
from leadlight.pipelines.params import Params
from leadlight.pipelines.params.sections import Policy
from leadlight.pipelines.workspace.workdir import Workdir, read_frame, read_json

__all__ = ["calibrate"]

#: out of time, to choose among learned models by; the rule book is not chosen
MIN_WINS = 10


#: where nobody agreed on anything even a small base gets its top 20 and top 5 percent; every page says so
DEFAULT_POLICY = Policy(min_leads=1)


def calibrate(params: Params, workdir: Workdir) -> Scorer:
    """Make the scorer bundle from the candidates and what they said out of time.

    Parameters
    ----------
    params : Params
        Policy and seed.
    workdir : Workdir
        Where the candidates are, and the bundle goes.

    Returns
    -------
    Scorer
        As written.

    Raises
    ------
    NotEnoughDataError
        If the calibration window holds too few wins to judge learned models by.
    PolicyError
        If a policy sentence cannot be read or met.
    """
    listing = read_json(workdir.require(workdir.candidates / "candidates.json", "train"))
    told = read_frame(workdir.require(workdir.candidates / "out_of_time.parquet", "train"))
    won, leads = told["won"].to_numpy(dtype=np.int64), told["lead_id"].to_numpy(dtype=object)
    if won.sum() < MIN_WINS and listing["order"] != ["points"]:
        raise NotEnoughDataError(
            f"The calibration window must hold at least {MIN_WINS} wins. Got {won.sum()}: "
            "raise split.calibrate_share or give more history."
        )
    report = read_json(workdir.ingest_report)
    features = build_feature_set(params, report)
    margins = {name: told[f"{name}.margin"].to_numpy() for name in listing["order"]}
    candidates = {name: load_model(workdir.candidates / name) for name in listing["order"]}
    costs = {name: model.explanation_cost for name, model in candidates.items()}
    choice = select_candidate(margins, won, leads, costs)
    log_odds = choice.calibrator.predict_log_odds(margins[choice.name])
    horizon = pd.Timedelta(days=params.label.horizon_days if report["time"] == "dates" else 0)
    correction = evaluate_correction(log_odds, won, leads, told["as_of"], horizon)
    shift = estimate_prior_shift(log_odds, won) if correction.helps else 0.0
    calibrator = choice.calibrator.with_shift(shift)
    model = candidates[choice.name]
    said = read_out_of_time(workdir, choice.name, model, calibrator, features.catalogue)
    weight = said["weight"].to_numpy()
    scored = OutOfTimeScores(said["probability"].to_numpy(), won, leads, measure_weeks(said["as_of"]), weight)
    scorer = Scorer(
        catalogue=features.catalogue,
        model=model,
        calibrator=calibrator,
        thresholds=select_thresholds(params.policy or DEFAULT_POLICY, scored, params.training.seed),
        fit_grades=GradeScale.fit(
            "ABCD", said["fit"].to_numpy(), won, leads, params.training.seed, weight=weight
        ),
        engagement_grades=GradeScale.fit(
            "1234", said["engagement"].to_numpy(), won, leads, params.training.seed, weight=weight
        ),
        facts=_facts(params, workdir, report)
        | {
            "candidate": choice.name,
            "wins": listing["wins"],
            "min_wins": params.training.min_wins,
            "choice": _plain(choice),
            "base_rate": correction.to_dict() | {"shift": shift},
            "at_newest_ages": bool((weight != 1).any()),
            "evidence": _evidence(params, workdir, report, features),
        },
    )
    remembering = replace(scorer, facts=scorer.facts | {"reference": _reference(workdir, scorer, features)})
    save_scorer(remembering, workdir.bundle)
    return remembering


def _evidence(
    params: Params, workdir: Workdir, report: dict[str, Any], features: FeatureSet
) -> dict[str, Any]:
    """Count who won among all that was known before the last gap; nothing of the test window is looked at."""
    known = read_labelled_snapshots(workdir).frame
    past = known[known["as_of"] <= known.loc[known["split"] == "calibrate", "as_of"].max()]
    counts = count_win_rates_by_bin(
        past, past["won"].to_numpy(dtype=np.int64), past["lead_id"], features.catalogue, report["spellings"]
    )
    return {"horizon_days": params.label.horizon_days if report["time"] == "dates" else None} | counts


def _reference(workdir: Workdir, scorer: Scorer, features: FeatureSet) -> dict[str, Any] | None:
    """Remember the open leads at the cut-off: what `leadlight watch` compares each night with."""
    if scorer.facts["time"] != "dates":
        return None
    engine = open_engine(workdir)
    cut_off = pd.Timestamp(scorer.facts["snapshots"]["cut_off"])
    try:
        frame = sample_open_leads(engine, features, cut_off)
    except NotEnoughDataError:  # all are closed: there is nobody to compare with
        return None
    return (
        build_reference(frame, scorer.predict(frame), scorer.catalogue) if len(frame) >= MIN_LEADS else None
    )


def _facts(params: Params, workdir: Workdir, report: dict[str, Any]) -> dict[str, Any]:
    agreed = params.policy.agreed if params.policy else None
    return {
        "agreed": {"by": list(agreed.by), "on": agreed.on.isoformat()} if agreed else None,
        "policy_agreed": params.policy is not None,
        "hysteresis": (params.policy or DEFAULT_POLICY).hysteresis,
        "spellings": report["spellings"],
        "activity_types": sorted(report["activity_types"]),
        "simulated": report["simulated"],
        "time": report["time"],
        "horizon_days": params.label.horizon_days,
        "language": params.language,
        "snapshots": read_json(workdir.snapshot_report),
    }


def _plain(choice: ModelSelection) -> dict[str, Any]:
    return {
        "log_loss": choice.log_loss,
        "behind_best": choice.loss_gap,
        "error": choice.standard_error,
        "explaining_cost": choice.explanation_cost,
        "calibration": choice.calibrator.kind,
        "calibrations": choice.calibrations[choice.name].log_loss,
    }
