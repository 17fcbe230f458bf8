"""Input of monitoring: the newest scoring run, its tables, its model, and a reference population."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from leadlight.features.errors import StoreError
from leadlight.features.feature_set import FeatureSet
from leadlight.models.scoring.bundle import load_scorer
from leadlight.models.scoring.scorer import Scorer
from leadlight.models.validation.reference_population import MIN_LEADS, build_reference
from leadlight.pipelines.engines.engine import Engine, build_feature_set, open_engine
from leadlight.pipelines.engines.open_leads import sample_open_leads, sample_open_leads_over_time
from leadlight.pipelines.params import Params
from leadlight.pipelines.registry.champion import open_registry
from leadlight.pipelines.registry.mlflow_registry import Version
from leadlight.pipelines.workspace.workdir import Workdir, has_database
from leadlight.serving.store import open_store
from leadlight.serving.store.run_history import RunSummary
from leadlight.serving.store.store import Store

__all__ = ["MonitoringDataset", "ScoredPopulation", "load_dataset"]


class ScoredPopulation(NamedTuple):
    """Features of the leads open at a time, and their probability and score, in the same order."""

    frame: pd.DataFrame
    scored: pd.DataFrame


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

    @cached_property
    def scores(self) -> pd.DataFrame:
        """Scores of the run as shown."""
        return self.store.read_scores(self.night.night)

    @cached_property
    def tonight(self) -> ScoredPopulation:
        """Features of the run with the scores shown."""
        frame = sample_open_leads(self.engine, self.features, pd.Timestamp(self.night.as_of))
        joined = frame.merge(self.scores, on="lead_id", suffixes=("", "_shown"))
        return ScoredPopulation(joined, joined[["probability", "score"]])

    @cached_property
    def reference(self) -> tuple[dict[str, Any] | None, str]:
        """Reference population of the bundle, or recomputed at its cut-off; and its origin."""
        stored = self.scorer.metadata.reference
        if stored:
            return stored, "as the bundle remembers it"
        if not self.dated:
            return None, "the bundle remembers none, and without dates none can be made"
        cut_off = self.scorer.metadata.cut_off
        populations = self.score_open_leads([cut_off])
        if not populations:
            return None, f"fewer than {MIN_LEADS} leads were open at the training cut-off"
        (population,) = populations
        rebuilt = build_reference(population.frame, population.scored, self.scorer.catalogue)
        return rebuilt, "computed anew from the tables of the night"

    def score_open_leads(self, moments: Sequence[pd.Timestamp]) -> list[ScoredPopulation]:
        """Score the leads open at each of several times; times at which they are too few are left out."""
        populations = []
        for part in sample_open_leads_over_time(self.engine, self.features, moments):
            for _, rows in part.groupby("as_of"):
                if len(rows) >= MIN_LEADS:
                    frame = rows.reset_index(drop=True)
                    populations.append(ScoredPopulation(frame, self.scorer.predict(frame)))
        return populations

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
        tables = Workdir(workdir.root / "night")
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
    return MonitoringDataset(params, scorer, version, store, night, engine, features, now)


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
