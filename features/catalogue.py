"""Catalogue of features and topics: names, groups, expected directions, labels and displays."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from leadlight.features.display import Display

__all__ = [
    "ACTIVITY",
    "AGE",
    "OTHER",
    "SALES",
    "AttributeSpec",
    "Catalogue",
    "Feature",
    "SignalSpec",
    "Topic",
    "slugify",
]

#: general topics; in brackets, so that no attribute or signal has the same name
ACTIVITY, OTHER, AGE, SALES = "(activity)", "(other)", "(age)", "(sales)"


@dataclass(frozen=True)
class AttributeSpec:
    """An attribute that may be used.

    Parameters
    ----------
    name : str
        Column of the attributes table.
    kind : str
        ``category``, ``number``, ``email`` (its kind of domain is used) or ``job_title`` (its level and
        department are used).
    group : str
        ``fit`` or ``engagement``.
    monotonicity : int
        Expected effect on the chance: 1 (higher values raise it), -1 (lower it) or 0 (none).
    label : dict of str to str
        Its name in each language.
    has_history : bool
        Whether the history table has its past values.
    """

    name: str
    kind: str
    group: str = "fit"
    monotonicity: int = 0
    label: dict[str, str] = field(default_factory=dict)
    has_history: bool = False


@dataclass(frozen=True)
class SignalSpec:
    """An activity type with a topic of its own.

    Parameters
    ----------
    name : str
        The type in the activities table.
    monotonicity, label
        As for an attribute.
    has_value : bool
        Whether to sum its values, such as minutes, pages or money.
    has_objects : bool
        Whether to count its distinct objects.
    by_sales : bool
        Whether sales does it; the silence of the lead is measured from then on.
    """

    name: str
    monotonicity: int = 0
    label: dict[str, str] = field(default_factory=dict)
    has_value: bool = False
    has_objects: bool = False
    by_sales: bool = False


@dataclass(frozen=True)
class Topic:
    """What the points of a reason are summed by: an attribute, a signal or a general topic."""

    key: str
    kind: str
    group: str
    label: dict[str, str]


@dataclass(frozen=True)
class Feature:
    """One column of the feature table.

    Parameters
    ----------
    name : str
        Column name: family and topic, in ASCII.
    family : str
        Its feature family; also its key in ``Reason.value``.
    topic : str
        Key of its topic.
    group : str
        ``fit`` or ``engagement``.
    kind : str
        ``number`` or ``category``.
    monotonicity : int
        Expected direction: 1, -1 or 0.
    doc : str
        Description in one sentence.
    label : dict of str to str
        Its name in each language.
    display : Display, optional
        How reasons show it; None where they do not.
    """

    name: str
    family: str
    topic: str
    group: str
    kind: str
    monotonicity: int
    doc: str
    label: dict[str, str] = field(default_factory=dict)
    display: Display | None = None

    def is_count(self, days: int | None) -> bool:
        """Return whether it counts activities in a window of `days` days."""
        return self.display is not None and (self.display.role, self.display.window_days) == ("count", days)


@dataclass(frozen=True)
class Catalogue:
    """All features of a source in column order, and their topics."""

    features: tuple[Feature, ...]
    topics: tuple[Topic, ...]

    @property
    def names(self) -> list[str]:
        """Column names in order."""
        return [feature.name for feature in self.features]

    @property
    def checksum(self) -> str:
        """SHA-256 over what a score depends on: names, families, topics, groups, kinds and directions."""
        content = [[f.name, f.family, f.topic, f.group, f.kind, f.monotonicity] for f in self.features]
        return hashlib.sha256(json.dumps(content, ensure_ascii=True).encode()).hexdigest()

    def get_topic(self, key: str) -> Topic:
        """Return the topic with a key."""
        return next(topic for topic in self.topics if topic.key == key)

    def list_displayed(self, topic: str) -> list[tuple[Feature, Display]]:
        """List the features of a topic that reasons show, with their displays, in column order."""
        return [(f, f.display) for f in self.features if f.topic == topic and f.display is not None]

    def describe_topics(self) -> dict[str, dict[str, Any]]:
        """Return kind, group, label and displays by family of each topic, as plain data."""
        return {
            topic.key: {
                "kind": topic.kind,
                "group": topic.group,
                "label": topic.label,
                "values": {f.family: asdict(display) for f, display in self.list_displayed(topic.key)},
            }
            for topic in self.topics
        }

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "Catalogue":
        """Build from the data of :meth:`to_dict`."""
        return cls(
            features=tuple(
                Feature(**{**entry, "display": Display(**entry["display"]) if entry["display"] else None})
                for entry in content["features"]
            ),
            topics=tuple(Topic(**entry) for entry in content["topics"]),
        )


def slugify(text: str, taken: Iterable[str] = ()) -> str:
    """Convert text to a unique column name of ASCII letters, digits and underscores.

    Parameters
    ----------
    text : str
        Any text, e.g. the name of an activity type.
    taken : iterable of str
        Names in use; on a clash a number is appended.

    Returns
    -------
    str
        A name that is not in `taken`.
    """
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss")).encode("ascii", "ignore").decode()
    name = re.sub(r"[^a-z0-9]+", "_", plain.lower()).strip("_") or "x"
    others = set(taken)
    candidate, number = name, 2
    while candidate in others:
        candidate, number = f"{name}_{number}", number + 1
    return candidate
