"""``leadlight score``: score every open lead as of a time, into the store and a Parquet file."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import ibis
import numpy as np
import pandas as pd

from leadlight.features.errors import ParamsError
from leadlight.features.feature_set import FeatureSet
from leadlight.models.scoring.attribution_check import verify_contributions
from leadlight.models.scoring.bundle import compare_code, load_scorer
from leadlight.models.scoring.stages import decide_stages
from leadlight.pipelines.counterfactuals.recourse import find_recourse
from leadlight.pipelines.engines.engine import Engine, build_feature_set, open_engine
from leadlight.pipelines.engines.open_leads import select_open_leads
from leadlight.pipelines.jobs.lead_display import read_display_columns, select_display
from leadlight.pipelines.jobs.night_stops import Overrides, refuse_empty_attributes, refuse_sudden_changes
from leadlight.pipelines.jobs.presentation_context import build_presentation_context
from leadlight.pipelines.jobs.vanished_leads import VanishedLeads, count_vanished_leads, refuse_vanished_leads
from leadlight.pipelines.params import Params
from leadlight.pipelines.profile.event_counts import EventCounts, count_events
from leadlight.pipelines.profile.night_profiles import build_night_profile, find_profile_path, render_profile
from leadlight.pipelines.profile.training_reference import read_refused
from leadlight.pipelines.registry.champion import open_registry
from leadlight.pipelines.score_changes.intermediate_states import RunContext
from leadlight.pipelines.score_changes.since_last_run import ChangesSinceLastRun, compare_with_last_run
from leadlight.pipelines.sources.outcomes.lags import check_lags
from leadlight.pipelines.stages.ingest import ingest
from leadlight.pipelines.workspace.as_of import get_now_utc
from leadlight.pipelines.workspace.night_folder import get_night_folder, keep_tables, lock_night, open_run_folder
from leadlight.pipelines.workspace.score_store import open_existing_store
from leadlight.pipelines.workspace.workdir import Workdir, find_scores_path, write_atomically
from leadlight.serving.lead_display import LeadDisplay
from leadlight.serving.score_changes import Change, Recourse
from leadlight.serving.scoring_run import ScoringRun, WriteResult
from leadlight.serving.store import Store, open_store

__all__ = ["ScoringRunReport", "score"]


class ScoringRunReport(NamedTuple):
    """Result of a scoring run.

    Parameters
    ----------
    scored : pd.DataFrame
        As written, best score first.
    result : WriteResult
        Rows written to the store.
    output : Path
        The Parquet file.
    words : dict
        Context that the scores are presented with.
    quarantined : int
        Source rows in quarantine.
    unseen_activity_types : dict of str to int
        Rows of activity types that are not in the training data; counted as other activity.
    since : ChangesSinceLastRun
        What changed since the previous run.
    recourse : list of Recourse
        Activities that would move leads over their next threshold.
    findings : list of dict
        Findings of reading the source: code, table, sentence.
    other_code : str or None
        A sentence if the model was trained with other scoring code than is installed.
    vanished : VanishedLeads or None
        Leads of the last run that the source no longer holds; None where there is nothing to compare with.
    display : sequence of LeadDisplay
        What people call the leads by, as written to the store.
    """

    scored: pd.DataFrame
    result: WriteResult
    output: Path
    words: dict[str, Any]
    quarantined: int
    unseen_activity_types: dict[str, int]
    since: ChangesSinceLastRun
    recourse: list[Recourse]
    findings: list[dict[str, str]]
    other_code: str | None = None
    vanished: VanishedLeads | None = None
    display: Sequence[LeadDisplay] = ()


def score(
    params: Params,
    folder: Path,
    workdir: Workdir,
    as_of: pd.Timestamp,
    output: Path | None = None,
    *,
    force: str | None = None,
) -> ScoringRunReport:
    """Read the source, score every open lead with the champion, and write all or nothing.

    Parameters
    ----------
    params : Params
        The params.
    folder : Path
        Folder that the source's paths start from.
    workdir : Workdir
        Where registry, store and scores are.
    as_of : pd.Timestamp
        Time to score at, naive UTC.
    output : Path, optional
        Parquet file; ``scores/scores-DATE.parquet`` of the working folder if left out.
    force : str, optional
        Why to score although the source or the scores look wrong; recorded with the run.

    Returns
    -------
    ScoringRunReport
        The run as written. Where it was stored before with other scores, those that it would have now, which go
        nowhere: a stored night and its files stay as they are.

    Raises
    ------
    ParamsError
        If `as_of` lies in the future.
    BundleError
        If there is no champion, or its features are not those of params.
    NotEnoughDataError
        If no lead is open at `as_of`.
    SourceError
        If the source cannot be read; or without `force`, if deals or activities end long before the other tables, more
        than ``source.max_vanished_share`` of the leads of the last run are gone without a close, an attribute is known
        of no lead, or scores or stages moved more than ``night`` allows.
    StoreError
        If the store refuses.
    LockedError
        If another scoring run is at work in the working folder.
    """
    if as_of > get_now_utc():  # history is append-only: no later night could follow
        raise ParamsError(f"The as_of must not lie in the future. Got {as_of} UTC.")
    registry = open_registry(workdir)
    version = registry.download()
    overrides = Overrides(force)
    scorer = load_scorer(version.bundle)
    with lock_night(workdir), open_run_folder(workdir) as tonight:
        columns = read_display_columns(params, folder)
        report, engine, seen, events = _read_source(params, folder, tonight, as_of, overrides)
        with open_existing_store(workdir) as store:
            vanished = count_vanished_leads(seen, events, as_of, store, scorer.metadata.reference)
        with overrides.watch():
            refuse_vanished_leads(vanished, params.source.max_vanished_share)
        known_types = scorer.metadata.activity_types
        features = build_feature_set(params, report | {"activity_types": known_types})
        scorer.check_catalogue(features.catalogue)
        frame = _compute_features(engine, features, as_of)
        with overrides.watch():
            refuse_empty_attributes(frame, scorer)
        refused = read_refused(seen, frame["lead_id"])
        scored = pd.concat([frame[["lead_id", "as_of"]], scorer.score(frame)], axis=1)
        verify_contributions(scorer.model, frame)
        side = RunContext(scorer, features, as_of, frame)
        with open_existing_store(workdir) as store:
            previous = _read_previous_stages(store, as_of) if store else None
            since = (
                compare_with_last_run(
                    store, engine, params, registry, current=side, model_version=version.name, scored=scored
                )
                if store
                else ChangesSinceLastRun()
            )
        scored = _decide_stages(scored, previous, scorer.metadata.hysteresis, refused)
        with overrides.watch():
            refuse_sudden_changes(scored, as_of, since, params.night)
        profile = build_night_profile(seen, events, scorer, frame=frame, scored=scored, refused=refused) | {
            "vanished": vanished._replace(example=None)._asdict() if vanished else None  # a profile names no lead
        }
        opened = find_recourse(engine, features, scorer, frame=frame, scored=scored, timezone=params.source.timezone)
        scored = scored.assign(model_version=version.name)
        scored = scored.sort_values(["score", "lead_id"], ascending=[False, True], ignore_index=True)
        display = select_display(params, columns, scored["lead_id"], tonight)
        words = build_presentation_context(params, scorer, features) | {
            "season_points": scorer.measure_season(frame),
            "forced": overrides.describe(),
        }
        night = ScoringRun(as_of.to_pydatetime(), version.name, words)
        target = output or find_scores_path(workdir, as_of)
        result = _write_night(
            workdir, night, scored, target=target, profile=profile, rows=(since.moved, opened, display)
        )
        if not (result.rerun and result.differing):  # the tables of a night are as fixed as the night
            keep_tables(workdir, tonight)
    quarantined = sum(int(entry["rows"]) for entry in report["quarantine"])
    unseen = {name: rows for name, rows in report["activity_types"].items() if name not in known_types}
    other_code = compare_code(version.bundle)
    findings = report["findings"]
    return ScoringRunReport(
        scored, result, target, words, quarantined, unseen, since, opened, findings, other_code, vanished, display
    )


def _read_source(
    params: Params, folder: Path, tonight: Workdir, as_of: pd.Timestamp, overrides: Overrides
) -> tuple[dict[str, Any], Engine, Engine, EventCounts]:
    """Read the source into a folder; return the report, the engine over it, one that counts, and the counts."""
    report = ingest(params, folder, tonight)
    with overrides.watch():
        check_lags(report["ends"], as_of, params.source.max_lag_days)
    engine = open_engine(tonight, params.engine)
    seen = engine if engine.name == "duckdb" else open_engine(tonight)  # counting needs no cluster
    return report, engine, seen, count_events(seen, params.source.timezone)


def _compute_features(engine: Engine, features: FeatureSet, as_of: pd.Timestamp) -> pd.DataFrame:
    moment = ibis.timestamp(as_of.isoformat())
    table = features.build_table(select_open_leads(engine, as_of), engine.tables, as_of=moment)
    frame: pd.DataFrame = table.order_by("lead_id").to_pyarrow().to_pandas()  # the last bit depends on the row
    return frame


def _write_night(
    workdir: Workdir,
    night: ScoringRun,
    scored: pd.DataFrame,
    *,
    target: Path,
    profile: dict[str, Any],
    rows: tuple[Sequence[Change], Sequence[Recourse], Sequence[LeadDisplay]],
) -> WriteResult:
    """Write scores and profile to files and store; where the night is stored with other scores, only what is shown."""
    changes, recourse, display = rows
    remembered = find_profile_path(get_night_folder(workdir), pd.Timestamp(night.as_of))
    with closing(open_store(workdir.store_url)) as store:
        rerun = store.compare_rerun(night, scored)
        if rerun is not None and rerun.differing:
            store.replace_display(night, display)
            return rerun
        # the files first, and shown last: they fail before the store is touched
        with write_atomically(target) as temporary, write_atomically(remembered) as temporary_profile:
            scored.to_parquet(temporary, index=False)
            temporary_profile.write_text(render_profile(profile), encoding="utf-8")
            return store.write_run(night, scored, changes, recourse, display)


def _decide_stages(
    scored: pd.DataFrame, previous: pd.Series | None, hysteresis: float, refused: np.ndarray
) -> pd.DataFrame:
    """Add stage and held_back."""
    before = None if previous is None else scored["lead_id"].map(previous)
    stage, held_back = decide_stages(scored["score"].to_numpy(), before, hysteresis, refused)
    return scored.assign(stage=stage, held_back=pd.Series(held_back, index=scored.index, dtype="str"))


def _read_previous_stages(store: Store, as_of: pd.Timestamp) -> pd.Series | None:
    """Read the stages of the last run before `as_of`, by lead; a rerun sees what the first run saw."""
    earlier = store.list_runs((as_of - pd.Timedelta(microseconds=1)).to_pydatetime())
    return store.read_scores(earlier[0].night).set_index("lead_id")["stage"] if earlier else None
