"""``leadlight calibrate``: calibrate the chosen model, set thresholds and grades, write the scorer bundle.

Two scorers are made in the same way: one from the model fitted before the test window, which is judged there, and one
from the model fitted on every matured snapshot, which serves. Each is set by predictions and snapshots that its model
has not learned from.
"""

import hashlib
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from leadlight.features.feature_set import FeatureSet
from leadlight.models.calibration.level import Level, estimate_level
from leadlight.models.calibration.parametric import PlattCalibrator, solve_intercept
from leadlight.models.calibration.selection import select_calibrator
from leadlight.models.calibration.yearly_season import YearlySeason, build_season_columns
from leadlight.models.candidates.base import AdditiveModel, load_model, margins
from leadlight.models.candidates.season import SeasonalModel
from leadlight.models.metrics.scores import ScoredSnapshots
from leadlight.models.scoring.bundle import save_scorer
from leadlight.models.scoring.code_version import describe_code
from leadlight.models.scoring.grades import GradeScale
from leadlight.models.scoring.metadata import ScorerMetadata
from leadlight.models.scoring.scorer import Scorer
from leadlight.models.scoring.win_rates import count_win_rates_by_bin
from leadlight.models.validation.calibration_check import answer_by_age
from leadlight.pipelines.datasets.labelled_snapshots import AGE, LabelledSnapshots, read_labelled_snapshots
from leadlight.pipelines.datasets.out_of_time_scores import (
    add_test_window,
    link_predictions,
    measure_weeks,
    predict_newest,
    read_out_of_time,
)
from leadlight.pipelines.datasets.policy_thresholds import place_without_signal, select_thresholds
from leadlight.pipelines.engines.engine import build_feature_set, open_engine
from leadlight.pipelines.params import Params
from leadlight.pipelines.params.sections import Policy
from leadlight.pipelines.profile.training_reference import build_training_reference
from leadlight.pipelines.workspace.workdir import Workdir, read_json

__all__ = ["calibrate"]

#: without a policy: the top 20 and top 5 percent of any number of leads
DEFAULT_POLICY = Policy(min_leads=1)


def calibrate(params: Params, workdir: Workdir) -> Scorer:
    """Write the scorer bundle: the scorer that serves, and within it the one that the test window judges.

    Parameters
    ----------
    params : Params
        Policy and seed.
    workdir : Workdir
        Holds models and out-of-time predictions; the bundle goes there.

    Returns
    -------
    Scorer
        The scorer that serves.

    Raises
    ------
    PolicyError
        If a policy sentence cannot be read or met.
    """
    listing = read_json(workdir.require(workdir.candidates / "candidates.json", "train"))
    report = read_json(workdir.ingest_report)
    snapshots, features = read_labelled_snapshots(workdir), build_feature_set(params, report)
    models = {kind: load_model(workdir.candidates / kind) for kind in ("evaluation", "serving")}
    past, test, matured = snapshots.select_past(), snapshots.select_split("test"), snapshots.select_matured()
    metadata = _describe(params, workdir, listing, report, matured, features=features)
    before_test = read_out_of_time(workdir, listing["choice"]["name"])
    judged = _build_scorer(
        params, models["evaluation"], features, _describe(params, workdir, listing, report, past, features=features),
        predictions=before_test, newest=snapshots.select_unfinished_at_test(), known=past,
    )  # fmt: skip
    predictions = add_test_window(before_test, judged.model, test, features.catalogue)
    on_test = predictions[predictions["window"] == "test"]
    on_test_probability = judged.calibrator.predict_proba(on_test["margin"].to_numpy())
    ages = on_test[AGE].to_numpy() if AGE in on_test else None
    answers = answer_by_age(on_test_probability, test.won, test.leads, ages, params.training.seed)
    metadata = replace(metadata, calibration_check=answers)
    scorer = _build_scorer(
        params, models["serving"], features,
        replace(metadata, evidence=_count_evidence(params, report, matured, features)),
        predictions=predictions, newest=snapshots.select_unfinished(), known=matured,
    )  # fmt: skip
    reference = build_training_reference(open_engine(workdir), features, scorer, params.source.timezone)
    scorer = replace(scorer, metadata=replace(scorer.metadata, reference=reference))
    save_scorer(scorer, workdir.bundle, evaluation=judged)
    return scorer


def _build_scorer(
    params: Params,
    model: AdditiveModel,
    features: FeatureSet,
    metadata: ScorerMetadata,
    *,
    predictions: pd.DataFrame,
    newest: LabelledSnapshots,
    known: LabelledSnapshots,
) -> Scorer:
    """Set shape, level, thresholds and grades.

    Parameters
    ----------
    predictions : pd.DataFrame
        Out-of-time predictions of the same procedure, with labels.
    newest : LabelledSnapshots
        Snapshots whose window has not ended: the model has not learned from them.
    known : LabelledSnapshots
        Snapshots that the model has learned from, which say how long wins take.
    """
    seed, policy = params.training.seed, params.policy or DEFAULT_POLICY
    # only the slope is that of the out-of-time predictions: their level is that of models which knew less
    shape = select_calibrator(
        predictions["margin"].to_numpy(),
        predictions["won"].to_numpy(dtype=np.int64),
        predictions["lead_id"].to_numpy(),
        predictions["origin"].to_numpy(),
    )
    model, calibrator, level = _set_level(model, shape.calibrator.a, known, newest, seasonal=metadata.has_signal)
    linked, weight = link_predictions(predictions, predict_newest(model, newest, known, features.catalogue))
    won, leads = linked["won"].to_numpy(dtype=np.int64), linked["lead_id"].to_numpy(dtype=object)
    if metadata.has_signal:
        probability = calibrator.predict_proba(linked["margin"].to_numpy())
        weeks = measure_weeks(linked["as_of"], metadata.time, linked["window"])
        scored = ScoredSnapshots(probability, won, leads, weeks, weight)
        thresholds = select_thresholds(policy, scored, seed)
    else:
        base, _ = model.explain_log_odds(known.frame.iloc[:1])
        thresholds = place_without_signal(policy, float(calibrator.predict_proba(np.ravel(base))[0]))
    grades = {
        group: GradeScale.fit(names, linked[group].to_numpy(), won, leads, seed, weight=weight)
        for group, names in (("fit", "ABCD"), ("engagement", "1234"))
    }
    return Scorer(
        catalogue=features.catalogue,
        model=model,
        calibrator=calibrator,
        thresholds=thresholds,
        fit_grades=grades["fit"],
        engagement_grades=grades["engagement"],
        metadata=replace(
            metadata,
            at_newest_ages=bool((weight != 1).any()),
            level=level.to_dict(),
            choice=metadata.choice | {"calibration": shape.calibrator.kind, "calibrations": shape.log_loss},
        ),
    )


def _set_level(
    model: AdditiveModel, slope: float, known: LabelledSnapshots, newest: LabelledSnapshots, *, seasonal: bool
) -> tuple[AdditiveModel, PlattCalibrator, Level]:
    """Return the model with the season, and the calibrator with the level, that all snapshots show until now."""
    fitted = model.model if isinstance(model, SeasonalModel) else model
    margin = margins(fitted, known.frame)
    calibrator = PlattCalibrator(slope, solve_intercept(slope * margin, known.won))
    if not known.gap:  # without dates there is no newest
        return fitted, calibrator, Level()
    both = pd.concat([known.frame, newest.frame], ignore_index=True)
    level = estimate_level(
        calibrator.predict_log_odds(np.concatenate([margin, margins(fitted, newest.frame)])),
        as_of=both["as_of"],
        end=newest.cut_off,
        horizon=known.gap / pd.Timedelta(days=1),
        days_to_win=both["days_to_win"].to_numpy(dtype=float),
        leads=both["lead_id"].to_numpy(dtype=object),
        seasonal=seasonal,
    )
    calibrator = calibrator.with_shift(level.shift)
    if not level.season_probability:
        return fitted, calibrator, level
    wave = np.array([level.sine, level.cosine]) / slope
    mean = float((build_season_columns(known.frame["as_of"]) @ wave).mean())
    season = YearlySeason(float(wave[0]), float(wave[1]), mean)
    return SeasonalModel(fitted, season), calibrator.with_shift(slope * mean), level


def _describe(
    params: Params,
    workdir: Workdir,
    listing: dict[str, Any],
    report: dict[str, Any],
    known: LabelledSnapshots,
    *,
    features: FeatureSet,
) -> ScorerMetadata:
    policy = params.policy or DEFAULT_POLICY
    learned_until = known.frame["as_of"].max().isoformat()
    return ScorerMetadata(
        candidate=listing["choice"]["name"],
        horizon_days=params.label.horizon_days,
        time=report["time"],
        procedure=_digest_procedure(params, features),
        wins=int(known.frame.loc[known.won == 1, "lead_id"].nunique()),
        min_wins=params.training.min_wins,
        simulated=report["simulated"],
        language=params.language,
        hysteresis=policy.hysteresis,
        policy_agreed=params.policy is not None,
        agreed=params.policy.summarize_agreement() if params.policy else None,
        spellings=report["spellings"],
        activity_types=sorted(report["activity_types"]),
        choice=listing["choice"],
        snapshots=read_json(workdir.snapshot_report) | {"learned_until": learned_until},
    )


def _digest_procedure(params: Params, features: FeatureSet) -> str:
    sections = (params.training, params.label, params.snapshots, params.split, *params.points)
    content = [*(section.model_dump(mode="json") for section in sections), features.catalogue.checksum]
    content.append(describe_code()["version"])
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]


def _count_evidence(
    params: Params, report: dict[str, Any], matured: LabelledSnapshots, features: FeatureSet
) -> dict[str, Any]:
    """Count win rates by bin on the snapshots that the model learned from."""
    frame = matured.frame
    counts = count_win_rates_by_bin(frame, matured.won, frame["lead_id"], features.catalogue, report["spellings"])
    return {"horizon_days": params.label.horizon_days if report["time"] == "dates" else None} | counts
