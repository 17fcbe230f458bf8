"""Base of the records of params, and text of scalars."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

__all__ = ["FrozenModel", "Text", "convert_scalar_to_text"]


class FrozenModel(BaseModel):
    """Base of the records of params: frozen, unknown keys refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def convert_scalar_to_text(value: Any) -> Any:
    """Convert a scalar to the text of a CSV cell, so that ``won: [1]`` matches the text 1."""
    if isinstance(value, bool):
        return str(value)
    return str(value) if isinstance(value, (int, float)) else value


Text = Annotated[str, BeforeValidator(convert_scalar_to_text)]
