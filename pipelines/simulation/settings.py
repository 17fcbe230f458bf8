"""What can be chosen about a simulated CRM."""

import datetime
from typing import Annotated

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

__all__ = ["SimulationSettings"]


class SimulationSettings(BaseModel):
    """Size, span and tidiness of a simulated CRM."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    leads: int = Field(default=20_000, ge=200, description="Number of leads created within the span.")
    months: int = Field(default=24, ge=6, le=120, description="Length of the span in calendar months.")
    start: Annotated[datetime.date, Field(strict=False)] = Field(
        default=datetime.date(2023, 9, 1), description="First day of the span (UTC)."
    )
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
