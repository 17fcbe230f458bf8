"""The section ``night`` of params."""

from pydantic import Field

from leadlight.pipelines.params.base import FrozenModel

__all__ = ["Night"]


class Night(FrozenModel):
    """How often nights are scored, and how far one may be from the night before."""

    max_age_hours: float | None = Field(
        36,
        description="Hours from as-of time of the newest night after which `/health` calls it old; null: never.",
        gt=0,
        le=87_600,
    )
    max_volume_ratio: float | None = Field(
        2,
        description="Times that the leads at or above MQL, or SQL, may be more or fewer than on the night before, of "
        "at most three days ago and by the same model; beyond it and beyond chance `score` stops. null: never.",
        gt=1,
    )
    max_mean_change: float | None = Field(
        10, description="Points that scores may move on average since that night. null: no limit.", gt=0
    )
