"""The section ``simulation``: size, span and tidiness of the simulated CRM."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from leadlight.features.errors import ParamsError
from leadlight.pipelines.params.times import Day

if TYPE_CHECKING:
    from leadlight.pipelines.params.load import Params

__all__ = ["SimulationSettings", "get_simulation"]


class SimulationSettings(BaseModel):
    """Size, span and tidiness of a simulated CRM."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    leads: int = Field(default=20_000, ge=200, description="Number of leads created within the span.")
    months: int = Field(default=24, ge=6, le=120, description="Length of the span in calendar months.")
    start: Day = Field(default=dt.date(2023, 9, 1), description="First day of the span (UTC).")
    seed: int = Field(default=7, ge=0, description="Seed of every random draw; same settings, same files.")
    gaps: float = Field(
        default=0.12, ge=0.0, le=0.9, description="Share of leads whose employee count is not known at first."
    )
    typos: float = Field(
        default=0.03, ge=0.0, le=0.5, description="Share of typed-in words that carry a slip of the hand."
    )

    @property
    def days(self) -> int:
        """Length of the span in whole days."""
        first = pd.Timestamp(self.start)
        return int((first + pd.DateOffset(months=self.months) - first).days)


def get_simulation(params: Params, folder: Path) -> tuple[SimulationSettings, Path]:
    """Return the settings of the simulation and the folder of its files: that of the leads.

    Raises
    ------
    ParamsError
        If there is no section ``simulation``.
    """
    if params.simulation is None:
        raise ParamsError("The params must have a section simulation to simulate. It is missing.")
    return params.simulation, (folder / params.source.leads.path).parent
