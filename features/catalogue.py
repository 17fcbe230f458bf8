"""What a feature is: its name, group, topic, direction and the words it is explained with."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

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

#: topics of no single attribute or signal; in brackets, so that none of those has the name
ACTIVITY, OTHER, AGE, SALES = "(activity)", "(other)", "(age)", "(sales)"


@dataclass(frozen=True)
class AttributeSpec:
    """An attribute that may be used.

    Parameters
    ----------
    name : str
        Column of the attributes table.
    kind : str
        ``category``, ``number``, ``email`` (an address, of which the kind of domain is used) or
        ``job_title`` (of which level and department are used).
    group : str
        ``fit`` or ``engagement``.
    monotonicity : int
        1 where more of it raises the chance, -1 where it lowers it, 0 where nothing is expected.
    label : dict of str to str
        Its name in each language.
    has_history : bool
        Whether its past values stand in the history table.
    """

    name: str
    kind: str
    group: str = "fit"
    monotonicity: int = 0
    label: dict[str, str] = field(default_factory=dict)
    has_history: bool = False


@dataclass(frozen=True)
class SignalSpec:
    """An activity type that is spoken of by name.

    Parameters
    ----------
    name : str
        The type as it stands in the activities.
    direction, label
        As for an attribute.
    has_value : bool
        Whether its values add up to something: minutes, pages, money.
    has_objects : bool
        Whether it counts how many different objects it was about.
    by_sales : bool
        Whether sales does it: a touch after which the lead's silence is measured.
    """

    name: str
    monotonicity: int = 0
    label: dict[str, str] = field(default_factory=dict)
    has_value: bool = False
    has_objects: bool = False
    by_sales: bool = False


@dataclass(frozen=True)
class Topic:
    """What reasons are summed by: one attribute, one signal, or one of the general topics."""

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
        The family of features it belongs to, which names its part of ``Reason.value`` too.
    topic : str
        Key of its topic.
    group : str
        ``fit`` or ``engagement``.
    kind : str
        ``number`` or ``category``.
    monotonicity : int
        Expected direction: 1, -1 or 0.
    doc : str
        What it says, in one sentence.
    label : dict of str to str
        Its name in each language.
    """

    name: str
    family: str
    topic: str
    group: str
    kind: str
    monotonicity: int
    doc: str
    label: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Catalogue:
    """All features of a source, in the order of their columns, and the topics that they speak of."""

    features: tuple[Feature, ...]
    topics: tuple[Topic, ...]

    @property
    def names(self) -> list[str]:
        """Column names in order."""
        return [feature.name for feature in self.features]

    @property
    def checksum(self) -> str:
        """SHA-256 over everything that a scorer relies on: names, kinds, topics and directions."""
        content = [[f.name, f.family, f.topic, f.group, f.kind, f.monotonicity] for f in self.features]
        return hashlib.sha256(json.dumps(content, ensure_ascii=True).encode()).hexdigest()

    def get_topic(self, key: str) -> Topic:
        """Return the topic of that key."""
        return next(topic for topic in self.topics if topic.key == key)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "Catalogue":
        """Read what :meth:`to_dict` gave."""
        return cls(
            features=tuple(Feature(**entry) for entry in content["features"]),
            topics=tuple(Topic(**entry) for entry in content["topics"]),
        )


def slugify(text: str, taken: Iterable[str] = ()) -> str:
    """Turn any text into a column name of ASCII letters, digits and underscores.

    Parameters
    ----------
    text : str
        Any text, e.g. the name of an activity type.
    taken : iterable of str
        Names that may not be given again; a number is added where one would be.

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
