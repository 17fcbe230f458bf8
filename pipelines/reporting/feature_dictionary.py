"""The feature dictionary: all features of a catalogue as a Markdown page."""

from collections.abc import Iterator

from leadlight.features.catalogue import Catalogue

__all__ = ["render_feature_dictionary"]

HEAD = """# Feature dictionary

The features of the root `params.yaml`, made from the catalogue; a test keeps this page current. What one
compiles to: `leadlight sql FEATURE`. Only what was known strictly before `as_of` counts. The arrow is the
expected direction: with ↑ (↓) a model may only rise (fall) as the value grows.
"""
GROUPS = {"fit": "Fit", "engagement": "Engagement"}
ARROWS = {1: "↑", -1: "↓", 0: ""}


def render_feature_dictionary(catalogue: Catalogue) -> str:
    """Return the page as Markdown."""
    return HEAD + "".join(line for group in GROUPS for line in _render_group(catalogue, group))


def _render_group(catalogue: Catalogue, group: str) -> Iterator[str]:
    features = [feature for feature in catalogue.features if feature.group == group]
    if not features:
        return
    yield f"\n## {GROUPS[group]}\n\n| feature | English | German | says | |\n|---|---|---|---|---|\n"
    for topic in catalogue.topics:
        for feature in features:
            if feature.topic == topic.key:
                label, arrow = feature.label, ARROWS[feature.monotonicity]
                yield f"| `{feature.name}` | {label['en']} | {label['de']} | {feature.doc} | {arrow} |\n"
