"""What a watch looks at: the newest night, its tables, its model, and a population to compare with."""

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from leadlight.features.errors import BundleError, NotEnoughDataError, StoreError
from leadlight.features.feature_set import FeatureSet
from leadlight.models.scoring.bundle import load_scorer
from leadlight.models.scoring.scorer import Scorer
from leadlight.models.validation.reference_population import MIN_LEADS, build_reference
from leadlight.pipelines.engines.engine import Engine, build_feature_set, open_engine
from leadlight.pipelines.engines.open_leads import sample_open_leads
from leadlight.pipelines.params import Params
from leadlight.pipelines.registry.champion import open_registry
from leadlight.pipelines.registry.mlflow_registry import Version
from leadlight.pipelines.workspace.workdir import Workdir
from leadlight.serving.store import open_store
from leadlight.serving.store.run_history import RunSummary
from leadlight.serving.store.store import Store

__all__ = ["MonitoringDataset", "ScoredPopulation", "load_dataset"]


@dataclass(frozen=True)
class ScoredPopulation:
    """Open leads of a moment: their features, and their probability and score in the same order."""

    frame: pd.DataFrame
    scored: pd.DataFrame


@dataclass(frozen=True)
class MonitoringDataset:
    """Everything that a watch looks at.

    Parameters
    ----------
    params : Params
    scorer : Scorer
        Of the champion.
    version : Version
        The champion.
    store : Store
        Open.
    night : PastNight
        The night that is watched.
    engine : Engine
        Over the tables that the night left.
    features : FeatureSet
        The features that the scorer knows.
    now : datetime
        Outcomes count up to here: the end of the tables, or the moment that was asked for; naive, UTC.
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
        """Whether the source says when anything happened."""
        return bool(self.engine.report["time"] == "dates")

    @property
    def same_model(self) -> bool:
        """Whether the champion scored the night."""
        return self.night.model_version == self.version.name

    @cached_property
    def scores(self) -> pd.DataFrame:
        """Scores of the night as they were shown."""
        return self.store.read_scores(self.night.night)

    @cached_property
    def tonight(self) -> ScoredPopulation:
        """Features of the night beside the scores that were shown."""
        frame = sample_open_leads(self.engine, self.features, pd.Timestamp(self.night.as_of))
        joined = frame.merge(self.scores, on="lead_id", suffixes=("", "_shown"))
        return ScoredPopulation(joined, joined[["probability", "score"]])

    @cached_property
    def reference(self) -> tuple[dict[str, Any] | None, str]:
        """What the bundle remembers, or the open leads at its cut-off computed anew; and which of the two."""
        stored = self.scorer.facts.get("reference")
        if stored:
            return stored, "as the bundle remembers it"
        if not self.dated:
            return None, "the bundle remembers none, and without dates none can be made"
        cut_off = pd.Timestamp(self.scorer.facts["snapshots"]["cut_off"])
        found = self.score_open_leads(cut_off)
        if found is None:
            return None, f"fewer than {MIN_LEADS} leads were open at the training cut-off"
        made = build_reference(found.frame, found.scored, self.scorer.catalogue)
        return made, "computed anew from the tables of the night"

    def score_open_leads(self, moment: pd.Timestamp) -> ScoredPopulation | None:
        """Look at the leads open at a moment; None where they were too few."""
        try:
            frame = sample_open_leads(self.engine, self.features, moment)
        except NotEnoughDataError:
            return None
        return ScoredPopulation(frame, self.scorer.predict(frame)) if len(frame) >= MIN_LEADS else None

    def compute_weights(self) -> dict[str, float]:
        """Return by topic its share of what moves scores: of the mean distance of parts from their mean."""
        _, parts = self.scorer.model.explain_log_odds(self.tonight.frame)
        swing = np.abs(parts - parts.mean(axis=0)).mean(axis=0)
        total = max(float(swing.sum()), 1e-12)
        weights: dict[str, float] = {}
        for feature, part in zip(self.scorer.catalogue.features, swing, strict=True):
            weights[feature.topic] = weights.get(feature.topic, 0.0) + float(part) / total
        return weights


def load_dataset(params: Params, workdir: Workdir, as_of: pd.Timestamp) -> MonitoringDataset:
    """Open everything that is looked at; the caller closes ``store``.

    Parameters
    ----------
    params : Params
    workdir : Workdir
    as_of : pd.Timestamp
        Nothing later is looked at; naive UTC.

    Raises
    ------
    StoreError
        If no night is stored up to then.
    SourceError
        If the night's tables are gone.
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
        seen = scorer.facts.get("activity_types")
        if seen is None:
            raise BundleError("The bundle must name the activity types it knows. Got none: train anew.")
        features = build_feature_set(params, engine.report | {"activity_types": seen})
        scorer.check_catalogue(features.catalogue)
        now = min(pd.Timestamp(engine.report["known_until"]), as_of)
    except BaseException:
        store.close()
        raise
    return MonitoringDataset(params, scorer, version, store, night, engine, features, now)


def _newest(url: str, until: dt.datetime) -> tuple[Store, RunSummary]:
    missing = StoreError(
        f"The score store must hold a night up to {until} UTC. Got none: run `leadlight score` first."
    )
    # opening would make the file
    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).exists():
        raise missing
    store = open_store(url)
    nights = store.list_runs(until)
    if not nights:
        store.close()
        raise missing
    return store, nights[0]
