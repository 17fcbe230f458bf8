"""Input of monitoring: the newest scoring run, its tables and model, and what the bundle and earlier runs remember."""

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from leadlight.features.errors import StoreError
from leadlight.features.feature_set import FeatureSet
from leadlight.models.scoring.bundle import load_scorer
from leadlight.models.scoring.scorer import Scorer
from leadlight.models.validation.reference_population import MIN_LEADS
from leadlight.pipelines.engines.engine import Engine, build_feature_set, open_engine
from leadlight.pipelines.engines.open_leads import sample_open_leads
from leadlight.pipelines.params import Params
from leadlight.pipelines.profile.event_counts import EventCounts, count_events
from leadlight.pipelines.profile.night_profiles import find_profile_path, read_last_profile
from leadlight.pipelines.profile.source_profile import build_source_profile
from leadlight.pipelines.profile.training_reference import read_refused
from leadlight.pipelines.registry.champion import open_registry
from leadlight.pipelines.registry.mlflow_registry import Version
from leadlight.pipelines.workspace.night_folder import get_night_folder
from leadlight.pipelines.workspace.workdir import Workdir, has_database, read_json
from leadlight.serving.store import open_store
from leadlight.serving.store.run_history import RunSummary
from leadlight.serving.store.store import Store

__all__ = ["MonitoringDataset", "ScoredPopulation", "load_dataset"]


class ScoredPopulation(NamedTuple):
    """Features of open leads, their probability and score, and who has refused consent, in the same order."""

    frame: pd.DataFrame
    scored: pd.DataFrame
    refused: np.ndarray

    def select(self, rows: np.ndarray) -> "ScoredPopulation":
        """Return the leads that a mask chooses."""
        return ScoredPopulation(self.frame[rows], self.scored[rows], self.refused[rows])


@dataclass(frozen=True)
class MonitoringDataset:
    """Input of all checks.

    Parameters
    ----------
    scorer : Scorer
        Of the champion.
    version : Version
        The champion.
    store : Store
        Open.
    night : RunSummary
        The run that is checked.
    tables : Workdir
        The folder of its tables, and of the profiles of all runs.
    engine : Engine
        Over the tables of the run.
    features : FeatureSet
        The features of the scorer.
    now : datetime
        Outcomes are known up to here: the earlier of table end and ``as_of``; naive UTC.
    """

    params: Params
    scorer: Scorer
    version: Version
    store: Store
    night: RunSummary
    tables: Workdir
    engine: Engine
    features: FeatureSet
    now: pd.Timestamp

    @property
    def dated(self) -> bool:
        """Whether the source has dates."""
        return bool(self.engine.report["time"] == "dates")

    @property
    def same_model(self) -> bool:
        """Whether the champion scored the run."""
        return self.night.model_version == self.version.name

    @property
    def as_of(self) -> pd.Timestamp:
        """Moment of the run, naive UTC."""
        return pd.Timestamp(self.night.as_of)

    @cached_property
    def scores(self) -> pd.DataFrame:
        """Scores of the run as shown."""
        return self.store.read_scores(self.night.night)

    @cached_property
    def tonight(self) -> ScoredPopulation:
        """Features of the run with the scores shown."""
        frame = sample_open_leads(self.engine, self.features, self.as_of)
        joined = frame.merge(self.scores, on="lead_id", suffixes=("", "_shown"))
        return ScoredPopulation(joined, joined[["probability", "score"]], read_refused(self.engine, joined["lead_id"]))

    @property
    def reference(self) -> tuple[dict[str, Any] | None, str]:
        """Population that the bundle remembers, None where there is none; and its origin, or the reason."""
        stored = self.scorer.metadata.reference
        if not stored:
            return None, "the bundle remembers none, because its source has no dates or too few open leads"
        if "earlier" not in stored:
            return None, "the bundle is of an earlier version and remembers no earlier midnights: train again"
        if stored["all"] is None:
            return None, f"fewer than {MIN_LEADS} leads were open at the training cut-off"
        return stored, "as the bundle remembers it"

    @property
    def source_then(self) -> dict[str, Any] | None:
        """Profile of the source at the training cut-off, as the bundle remembers it."""
        then: dict[str, Any] | None = (self.scorer.metadata.reference or {}).get("source")
        return then if self.dated else None

    @cached_property
    def _counted(self) -> tuple[Engine, EventCounts]:
        # counting needs no cluster
        engine = self.engine if self.engine.name == "duckdb" else open_engine(self.tables)
        return engine, count_events(engine, self.params.source.timezone)

    @cached_property
    def source_now(self) -> dict[str, Any]:
        """Profile of the tables of the run, as it was stored with it."""
        stored: dict[str, Any] | None = (self.own_profile or {}).get("source")
        if stored is not None and (self.source_then or stored)["lead_limit"] == stored["lead_limit"]:
            return stored
        return self.profile_again(self.as_of, self.source_then or {"lead_limit": 0}, details=True)

    @cached_property
    def last_profile(self) -> dict[str, Any] | None:
        """Profile that the run before stored; None without one."""
        return read_last_profile(self.tables, self.as_of)

    @cached_property
    def own_profile(self) -> dict[str, Any] | None:
        """Profile that the run itself stored; None where it was written by an earlier version."""
        path = find_profile_path(self.tables, self.as_of)
        return read_json(path) if path.exists() else None

    def profile_again(self, moment: pd.Timestamp, before: dict[str, Any], *, details: bool = False) -> dict[str, Any]:
        """Profile an earlier moment from the tables of the run, with the sample of leads of an earlier profile."""
        return build_source_profile(*self._counted, moment, before["lead_limit"], details=details)

    def find_max_missing(self) -> dict[str, Any] | None:
        """Find the attribute that most leads of the run lack: its name and the share; None without attributes."""
        attributes = [feature for feature in self.scorer.catalogue.features if feature.group == "fit"]
        if not attributes:
            return None
        share = self.tonight.frame[[feature.name for feature in attributes]].isna().mean()
        worst = max(attributes, key=lambda feature: share[feature.name])
        return {"feature": worst.name, "name": worst.label.get("en", worst.name), "share": float(share[worst.name])}

    def compute_weights(self) -> dict[str, float]:
        """Return the share of each topic in the mean absolute deviation of log-odds contributions."""
        _, parts = self.scorer.model.explain_log_odds(self.tonight.frame)
        swing = np.abs(parts - parts.mean(axis=0)).mean(axis=0)
        total = max(float(swing.sum()), 1e-12)
        weights: dict[str, float] = {}
        for feature, part in zip(self.scorer.catalogue.features, swing, strict=True):
            weights[feature.topic] = weights.get(feature.topic, 0.0) + float(part) / total
        return weights


def load_dataset(params: Params, workdir: Workdir, as_of: pd.Timestamp) -> MonitoringDataset:
    """Open store, registry and tables; the caller closes ``store``.

    Parameters
    ----------
    as_of : pd.Timestamp
        Later runs and outcomes are ignored; naive UTC.

    Raises
    ------
    StoreError
        If the store has no run up to then.
    SourceError
        If the tables of the run are missing.
    BundleError
        If there is no champion, or it does not fit params.
    """
    store, night = _newest(workdir.store_url, as_of.to_pydatetime())
    try:
        tables = get_night_folder(workdir)
        workdir.require(tables.ingest_report, "score")
        version = open_registry(workdir).download()
        scorer = load_scorer(version.bundle)
        engine = open_engine(tables, params.engine)
        activity_types = scorer.metadata.activity_types
        features = build_feature_set(params, engine.report | {"activity_types": activity_types})
        scorer.check_catalogue(features.catalogue)
        now = min(pd.Timestamp(engine.report["known_until"]), as_of)
    except BaseException:
        store.close()
        raise
    return MonitoringDataset(params, scorer, version, store, night, tables, engine, features, now)


def _newest(url: str, until: dt.datetime) -> tuple[Store, RunSummary]:
    missing = StoreError(f"The score store must hold a night up to {until} UTC. Got none: run `leadlight score` first.")
    if not has_database(url):
        raise missing
    store = open_store(url)
    nights = store.list_runs(until)
    if not nights:
        store.close()
        raise missing
    return store, nights[0]
