"""Rules of the room of features, kept by reading its source."""

import ast
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadlight.features.catalogue import ACTIVITY, AGE, OTHER, AttributeSpec, Catalogue, SignalSpec
from leadlight.features.feature_set import FeatureSet

TIMES = {"occurred_at", "changed_at", "created_at", "closed_at", "won_at", "as_of"}
ORDERINGS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
MAY_COMPARE_TIMES = {"point_in_time.py", "labels.py"}
NOT_PORTABLE = {"delta", "mode", "first", "asof_join", "isinf", "collect"}
NO_GUESTS = {"pandas", "numpy"}


def speaks_of_time(node):
    """Whether a time column stands in an operand; an age in days is a number, not a time."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "count_days_between":
        return False
    if isinstance(node, ast.Attribute) and node.attr in TIMES:
        return True
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and node.slice.value in TIMES:
        return True
    return any(speaks_of_time(child) for child in ast.iter_child_nodes(node))


def comparisons_of_times(source):
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if (
            isinstance(node, ast.Compare)
            and any(isinstance(operator, ORDERINGS) for operator in node.ops)
            and any(speaks_of_time(operand) for operand in (node.left, *node.comparators))
        )
        or (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "between"
            and speaks_of_time(node.func.value)
        )
    ]


def traps(source):
    """Calls that do not mean the same on every engine."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in NOT_PORTABLE or (name == "count" and any(k.arg == "where" for k in node.keywords)):
            found.append((node.lineno, name))
    return found


def guests(source):
    modules = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            modules += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules.append(node.module or "")
    return [module for module in modules if module.partition(".")[0] in NO_GUESTS]


def test_no_other_package_names_a_family_of_activities(root):
    families = {f.family for f in DECLARED.catalogue.features if f.group == "engagement"}
    families -= {"attribute", "age_days", "silence", "trend"}  # the last two are roles too
    fragments = {family.rstrip("0123456789d") for family in families if family.endswith("d")} | families
    assert {"count_", "count_7d", "days_since_last", "active_days_"} <= fragments
    literals = {
        (path.name, node.value)
        for package in ("models", "serving", "pipelines")
        for path in (root / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and node.value in fragments
    }
    assert literals == set()


@pytest.fixture(scope="module")
def sources(root):
    """Source text of the room by file name."""
    found = {path.name: path.read_text(encoding="utf-8") for path in sorted((root / "features").rglob("*.py"))}
    assert {
        "point_in_time.py",
        "engagement.py",
        "attribute_features.py",
        "feature_set.py",
        "snapshots.py",
        "labels.py",
    } <= set(found)
    return found


def test_only_one_file_compares_times_and_one_more_labels(sources):
    found = {name: comparisons_of_times(text) for name, text in sources.items()}
    assert {name: lines for name, lines in found.items() if lines and name not in MAY_COMPARE_TIMES} == {}
    assert found["point_in_time.py"]  # or the rule no longer sees what it is about


def test_no_feature_uses_a_call_that_engines_understand_differently(sources):
    assert {name: traps(text) for name, text in sources.items() if traps(text)} == {}


def test_the_room_has_no_frames_and_no_arrays(sources):
    assert {name: guests(text) for name, text in sources.items() if guests(text)} == {}


@pytest.mark.parametrize(
    "code",
    [
        "t.occurred_at < s.as_of",
        "moment >= t['changed_at']",
        "_.created_at <= x",
        "a > t.closed_at.truncate('s')",
        "ibis.least(t.occurred_at, x) < y",
        "low < t.created_at + ibis.interval(days=3)",
        "t.occurred_at.between(a, b)",
    ],
)
def test_the_rule_on_times_sees(code):
    assert comparisons_of_times(f"def f(t):\n    return t.filter({code})\n") == [2]


@pytest.mark.parametrize(
    "code", ["t.occurred_at == x", "t.age <= 7", "count_days_between(t.created_at, t.as_of) <= 30.0", "n.between(1, 2)"]
)
def test_the_rule_on_times_lets_pass(code):
    assert comparisons_of_times(code) == []


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("t.count(where=t.x > 1)", "count"),
        ("a.delta(b, unit='second')", "delta"),
        ("t.x.mode()", "mode"),
        ("t.x.first(order_by=t.y)", "first"),
        ("t.asof_join(u, 'x')", "asof_join"),
    ],
)
def test_the_rule_on_engines_sees(code, name):
    assert traps(code) == [(1, name)]


def test_the_rule_on_engines_lets_a_plain_count_pass():
    assert traps("t.count()\nt.x.max(where=t.y)\nfirst_closes = 1") == []


@pytest.mark.parametrize("code", ["import pandas as pd", "import numpy.linalg", "from numpy import nan"])
def test_the_rule_on_imports_sees(code):
    assert guests(code)


NAMES = ["Demo request", "demo-request", "Größe", "groesse", "any", "電話", "Other activity", "{topic}"]
DECLARED = FeatureSet(
    attributes=(
        AttributeSpec("Branche", "category", label={"de": "Branche", "en": "Industry"}),
        AttributeSpec("branche ", "category", "engagement", has_history=True),
        AttributeSpec("size", "number", monotonicity=1, label={"en": "Employees"}),
    ),
    signals=tuple(SignalSpec(name, monotonicity=i % 3 - 1) for i, name in enumerate(NAMES)),
    has_activities=True,
    has_age=True,
)


def demand_well_declared(catalogue):
    assert len(set(catalogue.names)) == len(catalogue.names)
    assert len({topic.key for topic in catalogue.topics}) == len(catalogue.topics)
    topics = {topic.key: topic for topic in catalogue.topics}
    for feature in catalogue.features:
        assert feature.name.isascii()
        assert feature.name.isidentifier()
        assert feature.group in {"fit", "engagement"}
        assert feature.kind in {"number", "category"}
        assert feature.monotonicity in {-1, 0, 1}
        assert feature.doc.strip().endswith(".")
        topic = topics[feature.topic]
        assert catalogue.get_topic(feature.topic) is topic
        assert topic.group == feature.group
        assert all(topic.label[language].strip() for language in ("en", "de"))
    assert {feature.topic for feature in catalogue.features} == set(topics)


def test_every_feature_has_a_name_of_its_own_a_sentence_and_words_in_both_languages():
    demand_well_declared(DECLARED.catalogue)


names = st.lists(
    st.text(min_size=1, max_size=12).filter(lambda text: text not in {ACTIVITY, OTHER, AGE} and text.strip()),
    max_size=10,
    unique=True,
)


@settings(deadline=None, derandomize=True, max_examples=100)
@given(names, st.integers(0, 10), st.booleans(), st.booleans())
def test_whatever_signals_and_attributes_are_called_their_features_are_well_declared(
    texts, split, has_activities, ages
):
    attributes = tuple(AttributeSpec(text, "category") for text in texts[:split])
    signals = tuple(SignalSpec(text) for text in texts[split:])
    demand_well_declared(FeatureSet(attributes, signals, has_activities, ages).catalogue)


def test_the_direction_of_a_signal_is_turned_where_more_days_mean_less_of_it():
    catalogue = FeatureSet((), (SignalSpec("demo", 1), SignalSpec("unsubscribe", -1)), True, False).catalogue
    directions = {f.name: f.monotonicity for f in catalogue.features if f.topic in ("demo", "unsubscribe")}
    assert {name: sign for name, sign in directions.items() if name.startswith("days_since_last")} == {
        "days_since_last__demo": -1,
        "days_since_last__unsubscribe": 1,
    }
    others = {name: sign for name, sign in directions.items() if not name.startswith("days_since_last")}
    assert len(others) == 10
    assert all(sign == (1 if name.endswith("__demo") else -1) for name, sign in others.items())


@pytest.mark.parametrize("index", range(0, len(DECLARED.catalogue.features), 7))
@pytest.mark.parametrize(
    ("field", "value"),
    [("name", "another"), ("kind", "another"), ("topic", "another"), ("monotonicity", 7),
     ("group", "another"),
     ("family", "another")],
)  # fmt: skip
def test_the_checksum_changes_with_anything_a_scorer_relies_on(index, field, value):
    catalogue = DECLARED.catalogue
    changed = list(catalogue.features)
    changed[index] = replace(changed[index], **{field: value})
    assert replace(catalogue, features=tuple(changed)).checksum != catalogue.checksum


def test_the_checksum_changes_with_the_order_and_the_number_of_features():
    catalogue = DECLARED.catalogue
    assert replace(catalogue, features=catalogue.features[::-1]).checksum != catalogue.checksum
    assert replace(catalogue, features=catalogue.features[:-1]).checksum != catalogue.checksum
    assert replace(DECLARED, has_age=False).catalogue.checksum != catalogue.checksum
    assert replace(DECLARED, signals=DECLARED.signals[::-1]).catalogue.checksum != catalogue.checksum


def test_the_checksum_does_not_change_with_words():
    catalogue = DECLARED.catalogue
    said_otherwise = replace(
        DECLARED,
        attributes=tuple(replace(a, label={"en": "Words", "de": "Wörter"}) for a in DECLARED.attributes),
        signals=tuple(replace(s, label={"en": "Words", "de": "Wörter"}) for s in DECLARED.signals),
    ).catalogue
    assert said_otherwise.topics != catalogue.topics
    assert said_otherwise.checksum == catalogue.checksum
    documented = tuple(replace(f, doc="Another sentence.") for f in catalogue.features)
    assert replace(catalogue, features=documented).checksum == catalogue.checksum


def test_a_catalogue_that_was_written_down_is_read_back_the_same():
    catalogue = DECLARED.catalogue
    again = Catalogue.from_dict(catalogue.to_dict())
    assert again == catalogue
    assert again.checksum == catalogue.checksum
