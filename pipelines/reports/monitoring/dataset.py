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
from leadlight.models.validation.reference_population import FEWEST_LEADS, reference_of
from leadlight.pipelines.engines.engine import Engine, feature_set, open_engine
from leadlight.pipelines.engines.open_leads import population_at
from leadlight.pipelines.params import Params
from leadlight.pipelines.registry.champion import open_registry
from leadlight.pipelines.registry.mlflow_registry import Version
from leadlight.pipelines.workspace.workdir import Workdir
from leadlight.serving.store import open_store
from leadlight.serving.store.run_history import PastNight
from leadlight.serving.store.store import Store

__all__ = ["Material", "Population", "gather"]


@dataclass(frozen=True)
class Population:
    """Open leads of a moment: their features, and their probability and score in the same order."""

    frame: pd.DataFrame
    scored: pd.DataFrame


@dataclass(frozen=True)
class Material:
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
    night: PastNight
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
        return self.store.scores_at(self.night.night)

    @cached_property
    def tonight(self) -> Population:
        """Features of the night beside the scores that were shown."""
        frame = population_at(self.engine, self.features, pd.Timestamp(self.night.as_of))
        joined = frame.merge(self.scores, on="lead_id", suffixes=("", "_shown"))
        return Population(joined, joined[["probability", "score"]])

    @cached_property
    def reference(self) -> tuple[dict[str, Any] | None, str]:
        """What the bundle remembers, or the open leads at its cut-off computed anew; and which of the two."""
        stored = self.scorer.facts.get("reference")
        if stored:
            return stored, "as the bundle remembers it"
        if not self.dated:
            return None, "the bundle remembers none, and without dates none can be made"
        cut_off = pd.Timestamp(self.scorer.facts["snapshots"]["cut_off"])
        found = self.population_at(cut_off)
        if found is None:
            return None, f"fewer than {FEWEST_LEADS} leads were open at the training cut-off"
        made = reference_of(found.frame, found.scored, self.scorer.catalogue)
        return made, "computed anew from the tables of the night"

    def population_at(self, moment: pd.Timestamp) -> Population | None:
        """Look at the leads open at a moment; None where they were too few."""
        try:
            frame = population_at(self.engine, self.features, moment)
        except NotEnoughDataError:
            return None
        return Population(frame, self.scorer.rate(frame)) if len(frame) >= FEWEST_LEADS else None

    def weights(self) -> dict[str, float]:
        """Return by topic its share of what moves scores: of the mean distance of parts from their mean."""
        _, parts = self.scorer.model.contributions(self.tonight.frame)
        swing = np.abs(parts - parts.mean(axis=0)).mean(axis=0)
        total = max(float(swing.sum()), 1e-12)
        weights: dict[str, float] = {}
        for feature, part in zip(self.scorer.catalogue.features, swing, strict=True):
            weights[feature.topic] = weights.get(feature.topic, 0.0) + float(part) / total
        return weights


def gather(params: Params, workdir: Workdir, as_of: pd.Timestamp) -> Material:
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
        workdir.need(tables.ingest_report, "score")
        version = open_registry(workdir).load()
        scorer = load_scorer(version.bundle)
        engine = open_engine(tables, params.engine)
        seen = scorer.facts.get("activity_types")
        if seen is None:
            raise BundleError("The bundle must name the activity types it knows. Got none: train anew.")
        features = feature_set(params, engine.report | {"activity_types": seen})
        scorer.check(features.catalogue)
        now = min(pd.Timestamp(engine.report["known_until"]), as_of)
    except BaseException:
        store.close()
        raise
    return Material(params, scorer, version, store, night, engine, features, now)


def _newest(url: str, until: dt.datetime) -> tuple[Store, PastNight]:
    missing = StoreError(
        f"The score store must hold a night up to {until} UTC. Got none: run `leadlight score` first."
    )
    # opening would make the file
    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).exists():
        raise missing
    store = open_store(url)
    nights = store.past_nights(until)
    if not nights:
        store.close()
        raise missing
    return store, nights[0]
