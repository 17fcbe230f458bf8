"""``leadlight score``: the nightly job. Every open lead as of a moment, into the store and Parquet."""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ibis
import pandas as pd

from leadlight.features.errors import ParamsError
from leadlight.features.feature_set import FeatureSet
from leadlight.models.scoring.attribution_check import verify_contributions
from leadlight.models.scoring.bundle import load_scorer
from leadlight.models.scoring.scorer import Scorer
from leadlight.models.scoring.stages import assign_stages
from leadlight.pipelines.counterfactuals.recourse import find_recourse
from leadlight.pipelines.engines.engine import build_feature_set, open_engine
from leadlight.pipelines.engines.open_leads import select_open_leads
from leadlight.pipelines.params import Params
from leadlight.pipelines.registry.champion import open_registry
from leadlight.pipelines.score_changes.intermediate_states import RunContext
from leadlight.pipelines.score_changes.since_last_run import ChangesSinceLastRun, compare_with_last_run
from leadlight.pipelines.stages.ingest import ingest
from leadlight.pipelines.workspace.score_store import open_existing_store
from leadlight.pipelines.workspace.workdir import Workdir, read_frame, write_atomically
from leadlight.serving.score_changes import Recourse
from leadlight.serving.scoring_run import ScoringRun, WriteResult
from leadlight.serving.store import Store, open_store

__all__ = ["ScoringRunReport", "score"]

#: why a stage is lower than the score allows
NO_CONSENT = "no_consent"


@dataclass(frozen=True)
class ScoringRunReport:
    """What a night did.

    Parameters
    ----------
    scored : pd.DataFrame
        As written, best score first.
    result : NightResult
        What changed in the store.
    output : Path
        The Parquet file.
    words : dict
        What the night's scores are told with.
    quarantined : int
        Rows of the source that could not be used.
    unseen_activity_types : dict of str to int
        Activity types that the model has never seen, with their rows: counted as other activity.
    since : SinceLastNight
        What changed since the night before.
    recourse : list of Opening
        What would carry leads over their next threshold.
    """

    scored: pd.DataFrame
    result: WriteResult
    output: Path
    words: dict[str, Any]
    quarantined: int
    unseen_activity_types: dict[str, int]
    since: ChangesSinceLastRun
    recourse: list[Recourse]


def score(
    params: Params, folder: Path, workdir: Workdir, as_of: pd.Timestamp, output: Path | None = None
) -> ScoringRunReport:
    """Read the source anew, score every open lead with the champion, write all or nothing.

    Parameters
    ----------
    params : Params
        The mapping.
    folder : Path
        Folder that the source's paths start from.
    workdir : Workdir
        Where registry, store and scores are.
    as_of : pd.Timestamp
        The moment, naive UTC.
    output : Path, optional
        Parquet file; ``scores/scores-DATE.parquet`` of the working folder if left out.

    Returns
    -------
    NightReport
        What was written.

    Raises
    ------
    ParamsError
        If `as_of` lies in the future.
    BundleError
        If there is no champion, or it does not fit params.
    NotEnoughDataError
        If no lead is open at `as_of`.
    StoreError
        If the store refuses.
    """
    if as_of > pd.Timestamp.now(tz="UTC").tz_localize(
        None
    ):  # history is append-only: no later night could follow
        raise ParamsError(f"The as_of must not lie in the future. Got {as_of} UTC.")
    registry = open_registry(workdir)
    version = registry.download()
    scorer = load_scorer(version.bundle)
    tonight = Workdir(workdir.root / "night")  # the trained tables stay as they were
    report = ingest(params, folder, tonight)
    engine = open_engine(tonight, params.engine)
    seen = scorer.facts["activity_types"]
    features = build_feature_set(params, report | {"activity_types": seen})
    scorer.check_catalogue(features.catalogue)
    moment = ibis.timestamp(as_of.isoformat())
    table = features.build_table(select_open_leads(engine, as_of), engine.tables, as_of=moment)
    frame = table.order_by("lead_id").to_pyarrow().to_pandas()  # the last bit of a product depends on the row
    consent = read_frame(tonight.tables / "leads.parquet", ["lead_id", "consent"])
    scored = pd.concat([frame[["lead_id", "as_of"]], scorer.score(frame)], axis=1)
    verify_contributions(scorer.model, frame)
    side = RunContext(scorer, features, as_of, frame)
    with open_existing_store(workdir) as store:
        scored = _with_hysteresis(scored, store, as_of, scorer.facts.get("hysteresis", 0.0))
        since = (
            compare_with_last_run(
                store, engine, params, registry, tonight=side, model_version=version.name, scored=scored
            )
            if store
            else ChangesSinceLastRun()
        )
    scored = _with_consent(scored, consent)
    opened = find_recourse(
        engine, features, scorer, frame=frame, scored=scored, timezone=params.source.timezone
    )
    scored = scored.assign(model_version=version.name)
    scored = scored.sort_values(["score", "lead_id"], ascending=[False, True], ignore_index=True)
    words = build_presentation_context(params, scorer, features, version.tags.get("calibrated") == "true")
    night = ScoringRun(as_of.to_pydatetime(), version.name, words)
    target = output or workdir.root / "scores" / f"scores-{as_of:%Y-%m-%dT%H%M%S}Z.parquet"
    with write_atomically(
        target
    ) as temporary:  # the file first, and shown last: it fails before the store is touched
        scored.to_parquet(temporary, index=False)
        result = _store(workdir, night, scored, since, opened)
    quarantined = sum(int(entry["rows"]) for entry in report["quarantine"])
    unseen = {name: rows for name, rows in report["activity_types"].items() if name not in seen}
    return ScoringRunReport(scored, result, target, words, quarantined, unseen, since, opened)


def _store(
    workdir: Workdir,
    night: ScoringRun,
    scored: pd.DataFrame,
    since: ChangesSinceLastRun,
    opened: list[Recourse],
) -> WriteResult:
    with closing(open_store(workdir.store_url)) as store:
        return store.write_run(night, scored, since.moved, opened)


def build_presentation_context(
    params: Params, scorer: Scorer, features: FeatureSet, calibrated: bool
) -> dict[str, Any]:
    """Collect what must be known to tell scores in words, so that readers need neither model nor params."""
    thresholds = {name: threshold.probability for name, threshold in scorer.thresholds.items()}
    agreed = scorer.facts["policy_agreed"]
    window = scorer.facts["snapshots"]["splits"]["calibrate"]
    sentences = {name: t.sentence if agreed else None for name, t in scorer.thresholds.items()}
    return {
        "simulated": params.simulation is not None,
        "policy": sentences | {"agreed": scorer.facts["agreed"]} if agreed else None,
        "thresholds": thresholds,
        "hysteresis": scorer.facts.get("hysteresis", 0.0),  # bundles made before there was any have none
        "base_probability": window["wins"] / window["snapshots"],
        "calibrated": calibrated,
        "rung": {name: scorer.facts[name] for name in ("candidate", "wins", "min_wins")},
        "evidence": scorer.facts.get("evidence"),  # bundles made before it was counted have none
        "language_default": params.language,
        "timezone": params.source.timezone,
        "horizon_days": scorer.facts["horizon_days"],
        "topics": {
            topic.key: {"kind": topic.kind, "group": topic.group, "label": topic.label}
            for topic in features.catalogue.topics
        },
    }


def _with_hysteresis(
    scored: pd.DataFrame, store: Store | None, as_of: pd.Timestamp, hysteresis: float
) -> pd.DataFrame:
    """Keep leads in the stage of the last night before this moment while they fall below it by little.

    A night of the same moment does not count: a rerun must see what the first run saw.
    """
    if store is None or hysteresis == 0:
        return scored
    earlier = store.list_runs((as_of - pd.Timedelta(microseconds=1)).to_pydatetime())
    if not earlier:
        return scored
    before = store.read_scores(earlier[0].night).set_index("lead_id")["stage"]
    kept = assign_stages(scored["score"].to_numpy(), scored["lead_id"].map(before), hysteresis)
    return scored.assign(stage=kept)


def _with_consent(scored: pd.DataFrame, consent: pd.DataFrame) -> pd.DataFrame:
    """Without consent nobody is promoted into marketing contact; where consent is not mapped, all are."""
    given = scored["lead_id"].map(consent.set_index("lead_id")["consent"])
    held = given.eq(False).fillna(False).to_numpy(dtype=bool) & (scored["stage"] != "lead").to_numpy()
    stage = scored["stage"].mask(held, "lead")
    reason = pd.Series(None, index=scored.index, dtype="str").mask(held, NO_CONSENT)
    return scored.assign(stage=stage, held_back=reason)
