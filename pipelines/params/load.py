"""Read ``params.yaml`` into typed, frozen records, or say in one sentence what is wrong with it."""

from __future__ import annotations

import difflib
import typing
import zoneinfo
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, Field, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from features.catalogue import ACTIVITY, AGE, OTHER
from features.errors import ParamsError
from pipelines.params.modelling import (
    Attributes,
    HistorySpan,
    Label,
    PointsRule,
    Policy,
    Signals,
    Snapshots,
    Split,
    Training,
)
from pipelines.params.source import Record, Source
from pipelines.simulation.settings import SimulationSettings

__all__ = ["Params", "load_params"]

#: topics of features that no attribute and no signal may take for itself
RESERVED_TOPICS = frozenset({ACTIVITY, OTHER, AGE})


class Params(Record):
    """The whole of ``params.yaml``."""

    source: Source = Field(description="Where the tables come from.")
    attributes: Attributes = Field(description="Attributes that may be used; what is not named is not used.")
    signals: Signals = Field(default_factory=dict, description="Activity types that are spoken of by name.")
    label: Label = Field(default_factory=Label, description="What is to be predicted.")
    history: HistorySpan = Field(default_factory=HistorySpan, description="The span that may be used.")
    snapshots: Snapshots = Field(default_factory=Snapshots, description="When leads are looked at.")
    split: Split = Field(default_factory=Split, description="Train, calibrate and test windows.")
    training: Training = Field(default_factory=Training, description="How candidates are trained.")
    points: tuple[PointsRule, ...] = Field((), description="Today's rule book, if there is one.")
    policy: Policy | None = Field(None, description="What marketing and sales agreed on.")
    language: str = Field("en", description="Language of words where nobody asks for another.")
    simulation: SimulationSettings | None = Field(None, description="The simulated CRM, where one is used.")

    @model_validator(mode="after")
    def _names_fit(self) -> Self:
        taken = RESERVED_TOPICS | {"lead_id"}
        for section, names in (("attributes", self.attributes), ("signals", self.signals)):
            if clash := taken & set(names):
                raise ValueError(f"{section} must not use the name {min(clash)}, which is taken")
            taken = taken | set(names)
        for rule in self.points:
            if rule.attribute is not None and rule.attribute not in self.attributes:
                raise ValueError(f"points must speak of declared attributes, got {rule.attribute}")
            if rule.signal is not None and rule.signal not in self.signals:
                raise ValueError(f"points must speak of declared signals, got {rule.signal}")
        try:
            zoneinfo.ZoneInfo(self.source.timezone)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError):
            raise ValueError(f"source.timezone must be an IANA zone, got {self.source.timezone}") from None
        return self


def load_params(path: Path) -> Params:
    """Read a params file.

    Parameters
    ----------
    path : Path
        A YAML 1.2 file.

    Returns
    -------
    Params
        Typed and frozen.

    Raises
    ------
    ParamsError
        If the file is missing, is not YAML, has an unknown key or a value that is not allowed.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError:
        raise ParamsError(f"The params file must exist and be readable. Got {path}.") from None
    except UnicodeDecodeError:
        raise ParamsError(f"The params file {path} must be UTF-8 text.") from None
    try:
        content = YAML(typ="safe", pure=True).load(text)
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error)
        raise ParamsError(f"The params file {path} must be valid YAML. Got {problem}{where}.") from None
    if not isinstance(content, dict):
        raise ParamsError(
            f"The params file {path} must be a mapping of sections. Got {type(content).__name__}."
        )
    try:
        return Params.model_validate(content)
    except ValidationError as error:
        raise ParamsError(_sentence(error, path)) from None


def _sentence(error: ValidationError, path: Path) -> str:
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "the whole"
    kind, got = first["type"], first.get("input")
    if kind == "extra_forbidden":
        allowed = _allowed_keys(first["loc"])
        key = str(first["loc"][-1])
        near = difflib.get_close_matches(key, allowed, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        return f"The key {where} of {path} must be one of {', '.join(allowed)}. Got {key}.{hint}"
    if kind == "missing":
        return f"The key {where} of {path} must be given. It is missing."
    message = first["msg"].removeprefix("Value error, ").rstrip(".")
    if kind == "value_error":
        verb = "" if " must " in f" {message}" else "must be: "
        return f"The section {where} of {path} {verb}{message}."
    return f"The key {where} of {path} must be valid: {message}. Got {got!r}."


def _allowed_keys(location: tuple[int | str, ...]) -> list[str]:
    model: Any = Params
    for part in location[:-1]:
        model = _step(model, part)
        if model is None:
            return []
    names = [field.alias or name for name, field in model.model_fields.items()]
    return sorted(names)


def _step(model: Any, part: int | str) -> Any:
    field = (
        model.model_fields.get(str(part))
        if isinstance(model, type) and issubclass(model, BaseModel)
        else None
    )
    if field is None:  # the key of a mapping or the position in a list: the model stays the same
        return model
    return _model_within(field.annotation)


def _model_within(annotation: Any) -> Any:
    if typing.get_origin(annotation) is None:
        return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None
    found = [_model_within(argument) for argument in typing.get_args(annotation)]
    return next((model for model in found if model is not None), None)
