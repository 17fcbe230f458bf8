"""A feature sees what was known strictly before its moment, and nothing else.

Worlds are drawn by the dozen and computed in one query, for a query takes Spark a second however little it
reads.
"""

import datetime as dt
import math

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from leadlight.features.catalogue import AttributeSpec, SignalSpec
from leadlight.features.feature_set import FeatureSet

LEADS = ("ada", "bob", "cy")
START = dt.datetime(2025, 3, 1)
SPAN = 120 * 86_400
CLOCKS = dt.timedelta(hours=2)  # what the business is ahead of UTC

FEATURES = FeatureSet(
    attributes=(
        AttributeSpec("industry", "category", has_history=True),
        AttributeSpec("size", "number", has_history=True),
        AttributeSpec("title", "job_title", has_history=True),
        AttributeSpec("email", "email"),
        AttributeSpec("country", "category"),
    ),
    signals=(
        SignalSpec("demo", 1, has_value=True, has_objects=True),
        SignalSpec("unsubscribe", -1),
        SignalSpec("call", by_sales=True),
        SignalSpec("mail", by_sales=True),
    ),
    has_activities=True,
    has_age=True,
    has_objects=True,
)

# a failing world is shown as it was drawn: making it smaller takes minutes on an engine
moderate = settings(
    deadline=None,
    derandomize=True,
    max_examples=4,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.data_too_large, HealthCheck.too_slow, HealthCheck.large_base_example],
)
WORLDS = 12

# seconds from the start; few enough different ones that records and moments often meet in one second
seconds = st.one_of(
    st.integers(0, 120).map(lambda days: days * 86_400),
    st.integers(0, 20).map(lambda weeks: weeks * 7 * 86_400 - weeks % 3),
    st.integers(0, SPAN),
).map(lambda number: min(max(number, 0), SPAN))
moments = seconds.map(lambda number: START + dt.timedelta(seconds=number))
leads = st.sampled_from(LEADS)
types = st.sampled_from(["demo", "unsubscribe", "call", "mail", "newsletter"])
texts = ["retail", "energy", "12", "7.5", "x", "ceo", "leiter einkauf", "gmx.de", "acme.com"]
values = st.one_of(st.none(), st.sampled_from(texts))
named = ("industry", "size", "title", "email", "country")


def number_of(text):
    """Read text as ingest does."""
    try:
        return float(text)
    except (TypeError, ValueError):
        return None


def counted(row):
    """A change with its value as a number beside it."""
    return row | {"number": number_of(row["value"])}


activities = st.fixed_dictionaries(
    {
        "lead_id": leads,
        "occurred_at": moments,
        "type": types,
        "value": st.sampled_from([None, 0.0, 1.5, -3.25, 1e9]),
        "object": st.sampled_from([None, "/", "/price"]),
    }
)
changes = st.fixed_dictionaries(
    {"lead_id": leads, "attribute": st.sampled_from(named), "value": values, "changed_at": moments}
).map(counted)
deals = st.fixed_dictionaries({"lead_id": leads, "closed_at": moments, "won": st.booleans()})
attribute_rows = st.fixed_dictionaries(dict.fromkeys(named, values)).map(
    lambda row: row | {"size": number_of(row["size"])}
)


def told_locally(world):
    """The same world, each activity with the time that the clocks of the business showed."""
    rows = [row | {"local_at": row["occurred_at"] + CLOCKS} for row in world["activities"]]
    return world | {"activities": rows}


@st.composite
def worlds(draw):
    """Leads with what happened to them, and moments at which they exist."""
    created = {lead: draw(moments) for lead in LEADS}
    looked_at = draw(
        st.lists(st.tuples(leads, moments), min_size=1, max_size=6).map(
            lambda pairs: sorted({(lead, max(moment, created[lead])) for lead, moment in pairs})
        )
    )
    lead, as_of = draw(st.sampled_from(looked_at))
    twice = {"lead_id": lead, "attribute": "industry", "changed_at": as_of - dt.timedelta(seconds=1)}
    two = draw(st.lists(values, min_size=2, max_size=3, unique=True))
    history = [*draw(st.lists(changes, max_size=10)), *(counted(twice | {"value": text}) for text in two)]
    return told_locally(
        {
            "leads": [{"lead_id": lead, "created_at": moment} for lead, moment in created.items()],
            "attributes": [{"lead_id": lead, **draw(attribute_rows)} for lead in LEADS[:2]],
            "activities": draw(st.lists(activities, max_size=15)),
            "history": draw(st.permutations(history)),
            "deals": draw(st.lists(deals, max_size=3)),
            "moments": [{"lead_id": lead, "as_of": moment} for lead, moment in looked_at],
        }
    )


@st.composite
def poisoned(draw):
    """A world, a snapshot of it, and the world with records added from that snapshot's second on."""
    world = draw(worlds())
    victim = draw(st.sampled_from(world["moments"]))
    delays = st.one_of(st.just(0), st.just(1), st.integers(0, SPAN))
    later = delays.map(lambda number: victim["as_of"] + dt.timedelta(seconds=number))

    def drops(rows, column):
        return draw(st.lists(st.builds(lambda row, moment: row | {column: moment}, rows, later), max_size=5))

    of_victim = st.just({"lead_id": victim["lead_id"], "type": "demo", "value": 7.0, "object": "/new"})
    added = {
        "activities": [*drops(of_victim, "occurred_at"), *drops(activities, "occurred_at")],
        "history": [
            *({**row, "lead_id": victim["lead_id"]} for row in drops(changes, "changed_at")),
            *drops(changes, "changed_at"),
        ],
        "deals": [{**row, "lead_id": victim["lead_id"]} for row in drops(deals, "closed_at")],
    }
    first = draw(st.booleans())  # added before or after what was there
    worse = {
        name: ([*added[name], *rows] if first else [*rows, *added[name]]) if name in added else rows
        for name, rows in world.items()
    }
    # what an attribute with a history is now may have been written at any time
    text, other = draw(values), draw(attribute_rows)
    now = {"industry": text, "size": number_of(text), "title": text}
    # and another lead is none of the victim's business
    worse["attributes"] = [
        row | now if row["lead_id"] == victim["lead_id"] else {"lead_id": row["lead_id"], **other}
        for row in world["attributes"]
    ]
    return world, told_locally(worse), (victim["lead_id"], victim["as_of"])


batches = st.lists(worlds(), min_size=WORLDS, max_size=WORLDS)
poisoned_batches = st.lists(poisoned(), min_size=WORLDS, max_size=WORLDS)


@pytest.fixture(scope="module", params=["duckdb", pytest.param("spark", marks=pytest.mark.spark)])
def compute(request, computer):
    return computer(request.param, FEATURES)


def compute_both(compute, together, first, second):
    """Compute two lists of as many worlds in one query, and return the features of each."""
    found = compute(together([*first, *second]))
    number = {key: int(key[0].partition("/")[0]) for key in found}
    shift = len(first)
    return (
        {key: row for key, row in found.items() if number[key] < shift},
        {
            (f"{number[key] - shift}/{key[0].partition('/')[2]}", *key[1:]): row
            for key, row in found.items()
            if number[key] >= shift
        },
    )


def exactly(row):
    """Text that tells any two values apart, also -0.0 from 0.0."""
    return {name: repr(value) for name, value in row.items()}


def demand_close(one, other):
    assert one.keys() == other.keys()
    for key, row in one.items():
        for name, value in row.items():
            if isinstance(value, float) and isinstance(other[key][name], float):
                assert math.isclose(value, other[key][name], rel_tol=1e-9, abs_tol=1e-9), (key, name)
            else:
                assert value == other[key][name], (key, name)


@moderate
@given(cases=poisoned_batches)
def test_nothing_recorded_at_a_moment_or_later_changes_a_feature_of_it(compute, together, cases):
    clean, dirty = compute_both(compute, together, [world for world, _, _ in cases], [worse for _, worse, _ in cases])
    for n, (_, _, (lead, as_of)) in enumerate(cases):
        victim = (f"{n}/{lead}", as_of)
        assert (victim in clean) == (victim in dirty)
        of_victim = {key for key in clean if key[0] == victim[0] and key[1] <= as_of}
        assert of_victim <= set(dirty)
        for key in of_victim:
            assert exactly(dirty[key]) == exactly(clean[key])
        # of the other leads, what has no history was written anew
        others = {key for key in clean if key[0].startswith(f"{n}/") and key[1] <= as_of} - of_victim
        assert others <= set(dirty)
        for key in others:
            moved = {name for name, value in exactly(clean[key]).items() if repr(dirty[key][name]) != value}
            assert moved <= {"email_domain__email", "attribute__country"}


@moderate
@given(drawn=batches)
def test_a_lead_alone_has_the_features_it_has_among_others(compute, together, drawn):
    chosen = [world["moments"][0]["lead_id"] for world in drawn]
    alone = [
        {name: [row for row in rows if row["lead_id"] == lead] for name, rows in world.items()}
        for lead, world in zip(chosen, drawn, strict=True)
    ]
    wanted = {f"{n}/{lead}" for n, lead in enumerate(chosen)}
    found, found_alone = compute_both(compute, together, drawn, alone)
    demand_close(found_alone, {key: row for key, row in found.items() if key[0] in wanted})


@moderate
@given(drawn=batches, random=st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(compute, together, drawn, random):
    reversed_rows = [{name: rows[::-1] for name, rows in world.items()} for world in drawn]
    found, found_reversed = compute_both(compute, together, drawn, reversed_rows)
    demand_close(found_reversed, found)
    world = together(drawn)
    demand_close(compute({name: random.sample(rows, len(rows)) for name, rows in world.items()}), found)


def test_what_was_recorded_a_second_before_does_change_features(compute):
    """Or the promise above would hold of features that see nothing."""
    as_of = START + dt.timedelta(days=100)
    world = {
        "leads": [{"lead_id": "ada", "created_at": START}],
        "attributes": [{"lead_id": "ada", "country": "de", "email": "acme.com"}],
        "activities": [],
        "history": [],
        "deals": [],
        "moments": [{"lead_id": "ada", "as_of": as_of}],
    }
    before = as_of - dt.timedelta(seconds=1)
    done = {"lead_id": "ada", "occurred_at": before, "value": 2.0, "object": "/price"}
    set_to = [("industry", "retail"), ("size", "12"), ("title", "ceo")]
    told = told_locally(
        world
        | {
            "activities": [
                done | {"type": name, "occurred_at": before - dt.timedelta(seconds=n)}
                for n, name in enumerate(["call", "mail", "demo", "unsubscribe", "x"])
            ],
            "history": [
                counted({"lead_id": "ada", "attribute": name, "value": value, "changed_at": before})
                for name, value in set_to
            ],
        }
    )
    (without,), (with_it,) = compute(world).values(), compute(told).values()
    same = {name for name, value in without.items() if value == with_it[name]}
    assert same == {"attribute__country", "email_domain__email", "age_days"}
    closed = world | {"deals": [{"lead_id": "ada", "closed_at": before, "won": False}]}
    assert compute(closed) == {}
