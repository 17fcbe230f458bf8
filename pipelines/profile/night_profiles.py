"""Profiles of scoring runs: one JSON file for each in ``work/night/profiles``, which later runs compare with."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from leadlight.models.scoring.scorer import Scorer
from leadlight.models.validation.reference_population import count_population
from leadlight.pipelines.engines.engine import Engine
from leadlight.pipelines.profile.event_counts import EventCounts
from leadlight.pipelines.profile.row_samples import choose_lead_limit
from leadlight.pipelines.profile.source_profile import build_source_profile
from leadlight.pipelines.workspace.workdir import Workdir, read_json

__all__ = ["build_night_profile", "find_profile_path", "read_last_profile", "render_profile"]

_STAMP = "%Y-%m-%dT%H%M%SZ"


def build_night_profile(
    engine: Engine,
    events: EventCounts,
    scorer: Scorer,
    *,
    frame: pd.DataFrame,
    scored: pd.DataFrame,
    refused: np.ndarray,
) -> dict[str, Any]:
    """Profile what a run saw.

    Parameters
    ----------
    engine : Engine
        Over the tables of the run.
    events : EventCounts
        Of the same tables.
    scorer : Scorer
        What scored the leads.
    frame, scored : pd.DataFrame
        Features and scores of the open leads, in the same order; ``as_of`` of `frame` is that of the run.
    refused : ndarray of bool, shape (n,)
        Which of them refuse marketing contact, in the same order.

    Returns
    -------
    dict
        Plain data for JSON: ``source`` (see :func:`.build_source_profile`; None without dates), and ``population``
        (see :func:`.count_population`; None where the bundle remembers no population).
    """
    reference, as_of = scorer.metadata.reference, pd.Timestamp(frame["as_of"].iloc[0])
    source = None
    if scorer.metadata.has_dates:
        remembered = (reference or {}).get("source")
        limit = remembered["lead_limit"] if remembered else choose_lead_limit(engine, as_of)
        source = build_source_profile(engine, events, as_of, limit)
    population = None
    if reference is not None and reference["all"] is not None:
        population = count_population(reference, frame, scored, scorer.catalogue, refused)
    return {"as_of": as_of.isoformat(), "source": source, "population": population}


def find_profile_path(workdir: Workdir, as_of: pd.Timestamp) -> Path:
    """Return the path of the profile of a run; `workdir` is that of the night's tables."""
    return workdir.profiles / f"{as_of:{_STAMP}}.json"


def render_profile(profile: dict[str, Any]) -> str:
    """Render a profile as JSON without blanks, because one is kept for each run."""
    return json.dumps(profile, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n"


def read_last_profile(workdir: Workdir, before: pd.Timestamp) -> dict[str, Any] | None:
    """Read the profile of the newest run before a moment; None if there is none.

    Raises
    ------
    SourceError
        If the file is damaged.
    """
    own = find_profile_path(workdir, before).name
    earlier = sorted(path for path in workdir.profiles.glob("*.json") if path.name < own)
    if not earlier:
        return None
    profile: dict[str, Any] = read_json(earlier[-1])
    return profile
