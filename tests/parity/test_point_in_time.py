"""A feature sees what was known strictly before its moment, and nothing else."""

import datetime as dt
import math

import ibis
import pyarrow as pa
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from features.build import FeatureSet, Tables
from features.catalogue import AttributeSpec, SignalSpec
from features.known import open_leads
from features.labels import first_closings

LEADS = ("ada", "bob", "cy")
START = dt.datetime(2025, 3, 1)
SPAN = 120 * 86_400

MOMENT, TEXT = pa.timestamp("us"), pa.string()
SCHEMAS = {
    "leads": pa.schema({"lead_id": TEXT, "created_at": MOMENT}),
    "attributes": pa.schema({"lead_id": TEXT, "industry": TEXT, "size": TEXT, "country": TEXT}),
    "activities": pa.schema({"lead_id": TEXT, "occurred_at": MOMENT, "type": TEXT}),
    "history": pa.schema({"lead_id": TEXT, "attribute": TEXT, "value": TEXT, "changed_at": MOMENT}),
    "deals": pa.schema({"lead_id": TEXT, "closed_at": MOMENT, "won": pa.bool_()}),
    "moments": pa.schema({"lead_id": TEXT, "as_of": MOMENT}),
}
FEATURES = FeatureSet(
    attributes=(
        AttributeSpec("industry", "category", historised=True),
        AttributeSpec("size", "number", historised=True),
        AttributeSpec("country", "category"),
    ),
    signals=(SignalSpec("demo", 1), SignalSpec("unsubscribe", -1)),
    has_activities=True,
    ages=True,
)

# a failing world is shown as it was drawn: making it smaller takes minutes on an engine
moderate = settings(deadline=None, derandomize=True, max_examples=40, phases=[Phase.explicit, Phase.generate])

# seconds from the start; few enough different ones that records and moments often meet in one second
seconds = st.one_of(
    st.integers(0, 120).map(lambda days: days * 86_400),
    st.integers(0, 20).map(lambda weeks: weeks * 7 * 86_400 - weeks % 3),
    st.integers(0, SPAN),
).map(lambda number: min(max(number, 0), SPAN))
moments = seconds.map(lambda number: START + dt.timedelta(seconds=number))
leads = st.sampled_from(LEADS)
types = st.sampled_from(["demo", "unsubscribe", "newsletter"])
values = st.one_of(st.none(), st.sampled_from(["Retail", " energy", "Health  Care", "12", "7.5", "", "x"]))
activities = st.fixed_dictionaries({"lead_id": leads, "occurred_at": moments, "type": types})
changes = st.fixed_dictionaries(
    {
        "lead_id": leads,
        "attribute": st.sampled_from(["industry", "size", "country"]),
        "value": values,
        "changed_at": moments,
    }
)
deals = st.fixed_dictionaries({"lead_id": leads, "closed_at": moments, "won": st.booleans()})
attribute_rows = st.fixed_dictionaries(dict.fromkeys(("industry", "size", "country"), values))


@st.composite
def worlds(draw):
    """Leads with what happened to them, and moments at which they exist."""
    created = {lead: draw(moments) for lead in LEADS}
    looked_at = draw(
        st.lists(st.tuples(leads, moments), min_size=1, max_size=8).map(
            lambda pairs: sorted({(lead, max(moment, created[lead])) for lead, moment in pairs})
        )
    )
    lead, as_of = draw(st.sampled_from(looked_at))
    twice = {"lead_id": lead, "attribute": "industry", "changed_at": as_of - dt.timedelta(seconds=1)}
    texts = draw(st.lists(values, min_size=2, max_size=3, unique=True))
    history = [*draw(st.lists(changes, max_size=12)), *(twice | {"value": text} for text in texts)]
    return {
        "leads": [{"lead_id": lead, "created_at": moment} for lead, moment in created.items()],
        "attributes": [{"lead_id": lead, **draw(attribute_rows)} for lead in LEADS[:2]],
        "activities": draw(st.lists(activities, max_size=25)),
        "history": draw(st.permutations(history)),
        "deals": draw(st.lists(deals, max_size=3)),
        "moments": [{"lead_id": lead, "as_of": moment} for lead, moment in looked_at],
    }


@st.composite
def poisoned(draw):
    """A world, a snapshot of it, and the world with records added from that snapshot's second on."""
    world = draw(worlds())
    victim = draw(st.sampled_from(world["moments"]))
    delays = st.one_of(st.just(0), st.just(1), st.integers(0, SPAN))
    later = delays.map(lambda number: victim["as_of"] + dt.timedelta(seconds=number))

    def drops(rows, column):
        return draw(st.lists(st.builds(lambda row, moment: row | {column: moment}, rows, later), max_size=8))

    of_victim = st.just({"lead_id": victim["lead_id"], "type": "demo"})
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
    rewritten = draw(values)
    worse["attributes"] = [row | {"industry": rewritten, "size": rewritten} for row in world["attributes"]]
    return world, worse, (victim["lead_id"], victim["as_of"])


class DuckDB:
    """One engine: takes tables by name, compiles an expression once and runs it over new rows."""

    def __init__(self):
        self.connection = ibis.duckdb.connect()

    def load(self, name, rows):
        return self.connection.create_table(name, rows, overwrite=True)

    def rows(self, sql):
        return self.connection.raw_sql(sql).to_arrow_table().to_pylist()


ENGINES = {"duckdb": DuckDB}


class Computer:
    """Computes the features of the open snapshots of a world on an engine."""

    def __init__(self, engine):
        self.engine = engine
        held = {name: engine.load(name, schema.empty_table()) for name, schema in SCHEMAS.items()}
        snapshots = open_leads(held["moments"], held["leads"], first_closings(held["deals"]))
        known = Tables(*(held[name] for name in ("leads", "attributes", "activities", "history")))
        self.sql = engine.connection.compile(FEATURES.table(snapshots, known))

    def __call__(self, world):
        for name, schema in SCHEMAS.items():
            self.engine.load(name, pa.Table.from_pylist(world[name], schema=schema))
        rows = self.engine.rows(self.sql)
        result = {(row.pop("lead_id"), row.pop("as_of")): row for row in rows}
        assert len(result) == len(rows)
        return result


@pytest.fixture(scope="module", params=ENGINES)
def compute(request):
    return Computer(ENGINES[request.param]())


def exactly(row):
    """Text that tells any two values apart, also -0.0 from 0.0."""
    return {name: repr(value) for name, value in row.items()}


def demand_close(one, other):
    assert one.keys() == other.keys()
    for name, value in one.items():
        if isinstance(value, float) and isinstance(other[name], float):
            assert math.isclose(value, other[name], rel_tol=1e-9, abs_tol=1e-9), name
        else:
            assert value == other[name], name


@moderate
@given(case=poisoned())
def test_nothing_recorded_at_a_moment_or_later_changes_a_feature_of_it(compute, case):
    world, worse, victim = case
    clean, dirty = compute(world), compute(worse)
    assert (victim in clean) == (victim in dirty)
    untouched = {key for key in clean if key[1] <= victim[1]}
    assert untouched <= set(dirty)
    for key in untouched:
        assert exactly(dirty[key]) == exactly(clean[key])


@moderate
@given(world=worlds(), data=st.data())
def test_a_lead_alone_has_the_features_it_has_among_others(compute, world, data):
    lead = data.draw(st.sampled_from(world["moments"]))["lead_id"]
    together = {key: row for key, row in compute(world).items() if key[0] == lead}
    alone = compute({name: [r for r in rows if r["lead_id"] == lead] for name, rows in world.items()})
    assert alone.keys() == together.keys()
    for key, row in together.items():
        demand_close(alone[key], row)


@moderate
@given(world=worlds(), random=st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(compute, world, random):
    drawn = compute(world)
    turned_round = {name: rows[::-1] for name, rows in world.items()}
    shuffled = {name: random.sample(rows, len(rows)) for name, rows in world.items()}
    for mixed in (compute(turned_round), compute(shuffled)):
        assert mixed.keys() == drawn.keys()
        for key, row in drawn.items():
            demand_close(mixed[key], row)


def test_what_was_recorded_a_second_before_does_change_features(compute):
    """Or the promise above would hold of features that see nothing."""
    as_of = START + dt.timedelta(days=100)
    world = {
        "leads": [{"lead_id": "ada", "created_at": START}],
        "attributes": [{"lead_id": "ada", "country": "de"}],
        "activities": [],
        "history": [],
        "deals": [],
        "moments": [{"lead_id": "ada", "as_of": as_of}],
    }
    before = as_of - dt.timedelta(seconds=1)
    told = world | {
        "activities": [
            {"lead_id": "ada", "occurred_at": before, "type": name} for name in ("demo", "unsubscribe", "x")
        ],
        "history": [
            {"lead_id": "ada", "attribute": "industry", "value": "Retail", "changed_at": before},
            {"lead_id": "ada", "attribute": "size", "value": "12", "changed_at": before},
        ],
    }
    (without,), (with_it,) = compute(world).values(), compute(told).values()
    same = {name for name, value in without.items() if value == with_it[name]}
    assert same == {"attribute__country", "age_days"}
    closed = world | {"deals": [{"lead_id": "ada", "closed_at": before, "won": False}]}
    assert compute(closed) == {}
