"""Read and validate ``params.yaml``."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from leadlight.features.catalogue import ACTIVITY, AGE, OTHER, SALES
from leadlight.features.errors import ParamsError
from leadlight.pipelines.params.base import FrozenModel
from leadlight.pipelines.params.display import DisplaySettings
from leadlight.pipelines.params.error_messages import format_validation_error
from leadlight.pipelines.params.night import Night
from leadlight.pipelines.params.sections import (
    Attributes,
    Audit,
    HistorySpan,
    Label,
    PointsRule,
    Policy,
    Promotion,
    Signals,
    Snapshots,
    Split,
    Training,
    Watch,
)
from leadlight.pipelines.params.simulation import SimulationSettings
from leadlight.pipelines.params.source import Source

__all__ = ["Params", "load_params"]

#: topics of features; attributes and signals may not have these names
RESERVED_TOPICS = frozenset({ACTIVITY, OTHER, AGE, SALES})


class Params(FrozenModel):
    """The whole of ``params.yaml``."""

    source: Source = Field(description="Source tables.")
    attributes: Attributes = Field(description="Columns of leads to use; no other is used.")
    signals: Signals = Field(default_factory=dict, description="Activity types with features of their own.")
    display: DisplaySettings | None = Field(
        None, description="What sales sees of a lead beside its score: kept in the score store alone."
    )
    audit: Audit = Field(default_factory=Audit, description="Decisions on suspected leaks.")
    label: Label = Field(default_factory=Label, description="Definition of the label.")
    history: HistorySpan = Field(default_factory=HistorySpan, description="Period to use for training.")
    snapshots: Snapshots = Field(default_factory=Snapshots, description="Times of snapshots for training.")
    split: Split = Field(default_factory=Split, description="Train, calibrate and test windows.")
    training: Training = Field(default_factory=Training, description="Training of the candidate models.")
    points: tuple[PointsRule, ...] = Field((), description="Today's rule book, if there is one.")
    policy: Policy | None = Field(None, description="What marketing and sales agreed on.")
    night: Night = Field(
        default_factory=Night, description="How often nights are scored, and how far each may be from the last."
    )
    watch: Watch = Field(default_factory=Watch, description="Alarm thresholds of `leadlight watch`.")
    promotion: Promotion = Field(default_factory=Promotion, description="Criteria for promotion.")
    engine: Literal["duckdb", "spark"] = Field("duckdb", description="Computes features: duckdb or spark.")
    language: Literal["en", "de"] = Field("en", description="Default language of texts.")
    simulation: SimulationSettings | None = Field(None, description="Settings of the simulated CRM.")

    @model_validator(mode="after")
    def _names_fit(self) -> Self:
        taken = RESERVED_TOPICS | {"lead_id"}
        for section, names in (("attributes", self.attributes), ("signals", self.signals)):
            if clash := sorted(taken & set(names)):
                raise ValueError(f"{section} must use names that are not taken. Got {clash[0]}")
            taken = taken | set(names)
        folded = [name.casefold() for name in self.attributes]
        if twice := [name for name in self.attributes if folded.count(name.casefold()) > 1]:
            raise ValueError(f"attributes must differ in more than case. Got {' and '.join(twice)}")
        if not self.attributes and self.source.activities is None:
            raise ValueError("attributes must name at least one where source has no activities. Got none")
        outcome = self.source.leads.outcome
        if outcome is not None and outcome.column in self.attributes:
            raise ValueError(f"attributes must not name the column of source.leads.outcome. Got {outcome.column}")
        for name, signal in self.signals.items():
            for wish, column in (("value", "value"), ("objects", "object")):
                mapped = self.source.activities is not None and getattr(self.source.activities, column)
                if getattr(signal, wish) and not mapped:
                    raise ValueError(f"signals.{name}.{wish} must have source.activities.{column} beside it. Got none")
        for rule in self.points:
            if rule.attribute is not None and rule.attribute not in self.attributes:
                raise ValueError(f"points must name declared attributes. Got {rule.attribute}")
            if rule.signal is not None and rule.signal not in self.signals:
                raise ValueError(f"points must name declared signals. Got {rule.signal}")
        return self

    @model_validator(mode="after")
    def _display_is_not_learned(self) -> Self:
        if self.display is None:
            return self
        for column, key in self.display.personal_columns.items():
            # of an address, only the domain is learned from
            if column in self.attributes and (key, self.attributes[column].kind) != ("email", "email"):
                raise ValueError(f"attributes must not name the column of display.{key}. Got {column}")
        owner = self.source.leads.owner
        if self.display.owner is not None and owner not in (None, self.display.owner):
            raise ValueError(
                f"display must name the owner as source.leads.owner does, {owner}, or leave it out. "
                f"Got {self.display.owner}"
            )
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
        raise ParamsError(f"The params file {path} must be UTF-8 text. Got another encoding.") from None
    try:
        content = YAML(typ="safe", pure=True).load(text)
    except (YAMLError, ValueError) as error:  # ValueError: a date that no calendar has
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        problem = (getattr(error, "problem", None) or str(error)).strip().splitlines()[0].rstrip(".")
        problem = problem.removeprefix("found ")
        raise ParamsError(f"The params file {path} must be valid YAML. Got {problem}{where}.") from None
    if not isinstance(content, dict):
        kind = "a list" if isinstance(content, list) else "nothing" if content is None else "a single value"
        raise ParamsError(f"The params file {path} must be a mapping of sections. Got {kind}.")
    try:
        return Params.model_validate(content)
    except ValidationError as error:
        raise ParamsError(format_validation_error(error, Params, path)) from None
