"""``leadlight calibrate``: choose a candidate, calibrate it, set thresholds and grades, write the bundle."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from leadlight.features.errors import NotEnoughDataError
from leadlight.features.feature_set import FeatureSet
from leadlight.models.calibration.prior_shift import estimate_prior_shift, evaluate_correction
from leadlight.models.candidates.base import load_model
from leadlight.models.candidates.names import get_folder_name
from leadlight.models.candidates.registry import find_candidate
from leadlight.models.metrics.scores import ScoredSnapshots
from leadlight.models.scoring.bundle import save_scorer
from leadlight.models.scoring.grades import GradeScale
from leadlight.models.scoring.metadata import ScorerMetadata
from leadlight.models.scoring.scorer import Scorer
from leadlight.models.scoring.win_rates import count_win_rates_by_bin
from leadlight.models.training.selection import ModelSelection, select_candidate
from leadlight.models.validation.calibration_check import answer_by_age
from leadlight.pipelines.datasets.labelled_snapshots import AGE, read_labelled_snapshots
from leadlight.pipelines.datasets.out_of_time_scores import measure_weeks, read_out_of_time, select_thresholds
from leadlight.pipelines.engines.engine import build_feature_set, open_engine
from leadlight.pipelines.params import Params
from leadlight.pipelines.params.sections import Policy
from leadlight.pipelines.profile.training_reference import build_training_reference
from leadlight.pipelines.workspace.workdir import Workdir, read_frame, read_json

__all__ = ["calibrate"]

#: out-of-time wins needed to choose among learned models
MIN_WINS = 10
#: without a policy: the top 20 and top 5 percent of any number of leads
DEFAULT_POLICY = Policy(min_leads=1)


def calibrate(params: Params, workdir: Workdir) -> Scorer:
    """Write the scorer bundle from the candidates and their out-of-time predictions.

    Parameters
    ----------
    params : Params
        Policy and seed.
    workdir : Workdir
        Holds the candidates; the bundle goes there.

    Returns
    -------
    Scorer
        The scorer written.

    Raises
    ------
    NotEnoughDataError
        If the calibration window holds too few wins to choose a model.
    PolicyError
        If a policy sentence cannot be read or met.
    """
    listing = read_json(workdir.require(workdir.candidates / "candidates.json", "train"))
    out_of_time = read_frame(workdir.require(workdir.candidates / "out_of_time.parquet", "train"))
    won, leads = out_of_time["won"].to_numpy(dtype=np.int64), out_of_time["lead_id"].to_numpy(dtype=object)
    if won.sum() < MIN_WINS and listing["order"] != ["points"]:
        raise NotEnoughDataError(
            f"The calibration window must hold at least {MIN_WINS} wins. Got {won.sum()}: "
            "raise split.calibrate_share or give more history."
        )
    report = read_json(workdir.ingest_report)
    features = build_feature_set(params, report)
    margins = {name: out_of_time[f"{name}.margin"].to_numpy() for name in listing["order"]}
    candidates = {name: load_model(workdir.candidates / get_folder_name(name)) for name in listing["order"]}
    costs = {name: model.explanation_cost for name, model in candidates.items()}
    choice = select_candidate(margins, won, leads, costs, metric=params.training.metric, seed=params.training.seed)
    log_odds = choice.calibrator.predict_log_odds(margins[choice.name])
    horizon = pd.Timedelta(days=params.label.horizon_days if report["time"] == "dates" else 0)
    correction = evaluate_correction(log_odds, won, leads, out_of_time["as_of"], horizon)
    shift = estimate_prior_shift(log_odds, won) if correction.helps else 0.0
    calibrator = choice.calibrator.with_shift(shift)
    model = candidates[choice.name]
    served = read_out_of_time(workdir, choice.name, model, calibrator, features.catalogue)
    weight, ages = served["weight"].to_numpy(), served[AGE].to_numpy() if AGE in served else None
    weeks = measure_weeks(served["as_of"], report["time"])
    scored = ScoredSnapshots(served["probability"].to_numpy(), won, leads, weeks, weight)
    scorer = Scorer(
        catalogue=features.catalogue,
        model=model,
        calibrator=calibrator,
        thresholds=select_thresholds(params.policy or DEFAULT_POLICY, scored, params.training.seed),
        fit_grades=GradeScale.fit("ABCD", served["fit"].to_numpy(), won, leads, params.training.seed, weight=weight),
        engagement_grades=GradeScale.fit(
            "1234", served["engagement"].to_numpy(), won, leads, params.training.seed, weight=weight
        ),
        metadata=ScorerMetadata(
            candidate=choice.name,
            horizon_days=params.label.horizon_days,
            time=report["time"],
            wins=listing["wins"],
            min_wins=params.training.min_wins,
            simulated=report["simulated"],
            language=params.language,
            hysteresis=(params.policy or DEFAULT_POLICY).hysteresis,
            policy_agreed=params.policy is not None,
            agreed=params.policy.summarize_agreement() if params.policy else None,
            at_newest_ages=bool((weight != 1).any()),
            spellings=report["spellings"],
            activity_types=sorted(report["activity_types"]),
            choice=_describe_choice(choice),
            base_rate=correction.to_dict() | {"shift": shift},
            calibration_check=answer_by_age(scored.probability, won, leads, ages, params.training.seed),
            snapshots=read_json(workdir.snapshot_report),
            evidence=_count_evidence(params, workdir, report, features),
        ),
    )
    reference = build_training_reference(open_engine(workdir), features, scorer, params.source.timezone)
    scorer = replace(scorer, metadata=replace(scorer.metadata, reference=reference))
    save_scorer(scorer, workdir.bundle)
    return scorer


def _count_evidence(params: Params, workdir: Workdir, report: dict[str, Any], features: FeatureSet) -> dict[str, Any]:
    """Count win rates by bin on snapshots before the last gap; the test window is not used."""
    snapshots = read_labelled_snapshots(workdir).frame
    past = snapshots[snapshots["as_of"] <= snapshots.loc[snapshots["split"] == "calibrate", "as_of"].max()]
    counts = count_win_rates_by_bin(
        past, past["won"].to_numpy(dtype=np.int64), past["lead_id"], features.catalogue, report["spellings"]
    )
    return {"horizon_days": params.label.horizon_days if report["time"] == "dates" else None} | counts


def _describe_choice(choice: ModelSelection) -> dict[str, Any]:
    # with their words, so that pages need no package that adds one; a list keeps the order
    candidates = {name: find_candidate(name) for name in choice.log_loss}
    return {
        "candidates": [
            {"name": name, "label": entry.label._asdict(), "sentence": entry.sentence._asdict()}
            for name, entry in candidates.items()
        ],
        "metric": choice.metric,
        choice.metric: choice.values,
        "log_loss": choice.log_loss,
        "behind_best": choice.loss_gap,
        "error": choice.standard_error,
        "explaining_cost": choice.explanation_cost,
        "calibration": choice.calibrator.kind,
        "calibrations": choice.calibrations[choice.name].log_loss,
    }
