"""The feature dictionary: every feature that params give rise to, as a page."""

from collections.abc import Iterator

from features.catalogue import Catalogue, Topic

__all__ = ["dictionary"]

HEAD = """# Feature dictionary

The features of the root `params.yaml`, made from the catalogue; a test keeps this page current. What one
compiles to: `leadlight sql FEATURE`. Only what was known strictly before `as_of` counts. The arrow is the
expected direction: with ↑ (↓) a model may only rise (fall) as the value grows.

| topic | German | feature | says | |
|---|---|---|---|---|
"""
ARROWS = {1: "↑", -1: "↓", 0: ""}


def dictionary(catalogue: Catalogue) -> str:
    """Return the page as Markdown."""
    return HEAD + "".join(line for topic in catalogue.topics for line in _lines(catalogue, topic))


def _lines(catalogue: Catalogue, topic: Topic) -> Iterator[str]:
    for place, feature in enumerate(f for f in catalogue.features if f.topic == topic.key):
        english, german = f"{topic.label['en']} ({topic.group})", topic.label["de"]
        if place > 0:
            english = german = ""
        arrow = ARROWS[feature.direction]
        yield f"| {english} | {german} | `{feature.name}` | {feature.doc} | {arrow} |\n"
