"""The whole feature table is the same on DuckDB, on Spark, and for each lead alone.

Worlds hold what clean tables may hold and more. Many leads are drawn for one query, for a query takes Spark a
second however little it reads.
"""

import datetime as dt
import math
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from leadlight.features.catalogue import AttributeSpec, SignalSpec
from leadlight.features.feature_set import FeatureSet
from leadlight.features.text_normalization import normalize_text

BERLIN = ZoneInfo("Europe/Berlin")
LEADS = 10
FEATURES = FeatureSet(
    attributes=(
        AttributeSpec("industry", "category"),
        AttributeSpec("size", "number"),
        AttributeSpec("email", "email"),
        AttributeSpec("title", "job_title"),
        AttributeSpec("Branche", "category", has_history=True),
        AttributeSpec("Größe", "number", has_history=True),
        AttributeSpec("E-Mail", "email", has_history=True),
        AttributeSpec("Position", "job_title", has_history=True),
    ),
    signals=(
        SignalSpec("demo", 1),
        SignalSpec("Bestellung", 1, has_value=True, has_objects=True),
        SignalSpec("Seite 'Preise' %", has_value=True, has_objects=True),
        SignalSpec("電話", by_sales=True),
        SignalSpec("mail", by_sales=True),
        SignalSpec("never", has_value=True, has_objects=True),
    ),
    has_activities=True,
    has_age=True,
    has_objects=True,
)
NAMES = tuple(attribute.name for attribute in FEATURES.attributes)
TYPES = [signal.name for signal in FEATURES.signals[:-1]]

moderate = settings(
    deadline=None,
    derandomize=True,
    max_examples=8,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[
        HealthCheck.data_too_large,
        HealthCheck.too_slow,
        HealthCheck.large_base_example,
        HealthCheck.function_scoped_fixture,
    ],
)

#: looked at: plain midnights, the changes of clocks in Berlin and what is around them, a leap day, the epoch
AS_OF = [
    dt.datetime(2025, 6, 10),
    dt.datetime(2025, 6, 10, 12, 34, 56),
    dt.datetime(2024, 3, 31, 1),
    dt.datetime(2024, 3, 31, 2, 30),
    dt.datetime(2024, 10, 27, 1),
    dt.datetime(2024, 10, 27, 0, 59, 59),
    dt.datetime(2024, 2, 29, 23, 59, 59),
    dt.datetime(2025, 1, 1),
]
#: how long before: nothing at all, edges of windows, the same second and the one beside it
EDGES = [0, 1, 60, *(d * 86_400 + s for d in (1, 7, 30, 37, 90) for s in (-1, 0, 1)), 400 * 86_400]
agos = st.one_of(
    st.sampled_from(EDGES), st.integers(-5, 5).map(lambda hours: hours * 3600), st.integers(-(10**6), 10**7)
)
fractions = st.sampled_from([0, 0, 0, 1, 500_000, 999_999])
extremes = [None, 0.0, -0.0, 1.0, -1.0, 0.1, 1e9, -1e9, 999_999_999.999999, 5e-7, 4.9e-7, 1e-9, 1 / 3, 12.5]
values = st.one_of(st.sampled_from(extremes), st.floats(-1e9, 1e9, allow_nan=False))
numbers = st.one_of(
    st.sampled_from([None, 0.0, -0.0, 5e-324, 1.7976931348623157e308, float("inf"), float("nan"), 120.0]),
    st.floats(allow_nan=True, allow_infinity=True),
)
# neither lone surrogates, which are no text, nor NUL, which no table of a customer holds
letters = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
odd = st.text(letters, max_size=8)
types = st.one_of(st.sampled_from(TYPES), st.sampled_from([None, "", "Demo", "demo ", "(other)", "unseen"]), odd)
objects = st.one_of(st.sampled_from([None, "", "/", "/price", "/Price", "/price ", "ﬁ"]), odd)
TITLES = [
    "CEO", "Geschäftsführerin", "Assistant to the CEO", "Vice President Sales", "Teamleiter Einkauf",
    "HEAD OF IT", "İnşaat Müdürü", "Straßenmeister", "ΔΙΕΥΘΥΝΤΗΣ", "r&d", "Sales-Manager (DACH)", "CEO\u00a0",
    "ｉｔ", "\ufeffCEO", "PA\u200b", "it\u2028it",
]  # fmt: skip
DOMAINS = ["gmx.de", "acme.com", "stud.uni-bonn.de", "yahoo.co.uk", "live.acme.com", "localhost", "xn--mller.de"]
jobs = st.lists(st.sampled_from(["chief", "lead", "sales", "it", "-", "&", " ", "leiter", "ä"]), max_size=4)
words = st.one_of(st.sampled_from([None, "", "0", *TITLES, *DOMAINS]), odd, jobs.map("".join), jobs.map(" ".join)).map(
    lambda text: None if text is None else normalize_text(text)
)
domains = st.one_of(st.sampled_from([None, *DOMAINS]), words)


@st.composite
def lives(draw):
    """One lead: when it is looked at, and all that is known of it before and after."""
    as_of = draw(st.sampled_from(AS_OF))

    def before():
        return as_of - dt.timedelta(seconds=draw(agos)) + dt.timedelta(microseconds=draw(fractions))

    def change():
        name, number, at = draw(st.sampled_from(NAMES)), draw(numbers), before().replace(microsecond=0)
        text = draw(domains if name == "E-Mail" else words)
        return {"attribute": name, "value": text, "number": number, "changed_at": at}

    def activity():
        at = before()
        shown = at.replace(tzinfo=dt.UTC).astimezone(BERLIN).replace(tzinfo=None)
        return {
            "occurred_at": at, "local_at": shown, "type": draw(types), "value": draw(values),
            "object": draw(objects),
        }  # fmt: skip

    done = [activity() for _ in range(draw(st.sampled_from([0, 0, 1, 2, 3, 6])))]
    if done and draw(st.booleans()):  # something else in the same second
        done.append(done[0] | {"type": draw(types)})
    read = {"industry": words, "size": numbers, "email": domains, "title": words}
    row = {name: draw(kind) for name, kind in read.items()}
    closed = draw(st.sampled_from([None, dt.timedelta(0), dt.timedelta(seconds=1), -dt.timedelta(days=3)]))
    return {
        "leads": [{"created_at": as_of - dt.timedelta(seconds=draw(st.sampled_from([0, 1, 86_400, 5 * 10**7])))}],
        "attributes": [row] if draw(st.sampled_from([True, True, False])) else [],
        "activities": done,
        "history": [change() for _ in range(draw(st.sampled_from([0, 1, 4])))],
        "deals": [] if closed is None else [{"closed_at": as_of + closed, "won": draw(st.booleans())}],
        "moments": [{"as_of": as_of}, {"as_of": as_of + dt.timedelta(days=draw(st.integers(1, 60)))}],
    }


ids = st.one_of(st.sampled_from(["1", "01", " 1", "a", "A", "ä", "a\u0308", "", "o'x", '"', "\\", "%"]), odd)


@st.composite
def worlds(draw):
    """Several leads in one set of tables."""
    named = draw(st.lists(ids, min_size=LEADS, max_size=LEADS, unique=True))
    return {name: draw(lives()) for name in named}


def as_tables(world):
    return {
        table: [row | {"lead_id": name} for name, life in world.items() for row in life[table]]
        for table in ("leads", "attributes", "activities", "history", "deals", "moments")
    }


def same(one, other):
    if isinstance(one, float) and isinstance(other, float):
        return one == other or math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)
    return one == other and type(one) is type(other)


def demand_the_same(one, other):
    assert one.keys() == other.keys()
    wrong = [
        f"{key} {name}: {value!r} and {other[key][name]!r}"
        for key, row in one.items()
        for name, value in row.items()
        if not same(value, other[key][name])
    ]
    assert not wrong, "\n".join(wrong)


@pytest.fixture(scope="module")
def on_duckdb(computer):
    return computer("duckdb", FEATURES)


@pytest.fixture(scope="module")
def on_spark(computer):
    return computer("spark", FEATURES)


@pytest.mark.spark
@moderate
@given(drawn=st.lists(worlds(), min_size=3, max_size=3))
def test_duckdb_and_spark_say_the_same_of_every_lead(on_duckdb, on_spark, together, drawn):
    world = together([as_tables(one) for one in drawn])
    demand_the_same(on_spark(world), on_duckdb(world))


@moderate
@given(world=worlds())
def test_a_lead_alone_has_the_features_it_has_among_all(on_duckdb, world):
    alone = {}
    for name, life in world.items():
        alone |= on_duckdb(as_tables({name: life}))
    demand_the_same(alone, on_duckdb(as_tables(world)))


@pytest.mark.spark
def test_leads_alone_on_spark_have_the_features_they_have_on_duckdb_among_all(on_duckdb, on_spark):
    lives_ = {
        name: {
            "leads": [{"created_at": dt.datetime(2025, 1, 1)}],
            "attributes": [{"industry": "retail", "email": "gmx.de", "title": "ceo"}][:n],
            "activities": [
                {"occurred_at": dt.datetime(2025, 6, 1 + day), "local_at": dt.datetime(2025, 6, 1 + day, 2),
                 "type": TYPES[(n + day) % 5], "value": 0.1, "object": "/"}
                for day in range(4 * n)
            ],
            "history": [],
            "deals": [],
            "moments": [{"as_of": dt.datetime(2025, 6, 10)}],
        }
        for n, name in enumerate(["nobody", "ada", "bob"])
    }  # fmt: skip
    found = on_duckdb(as_tables(lives_))
    assert len(found) == 3
    for name, life in lives_.items():
        alone = on_spark(as_tables({name: life}))
        demand_the_same(alone, {key: row for key, row in found.items() if key[0] == name})


def test_worlds_are_drawn_in_which_features_say_something(on_duckdb):
    """Or two engines could agree on nothing at all."""
    said = {name: set() for name in FEATURES.catalogue.names}

    @settings(moderate, max_examples=30)
    @given(world=worlds())
    def look(world):
        for row in on_duckdb(as_tables(world)).values():
            for name, value in row.items():
                said[name].add(value)

    look()
    silent = {name for name, told in said.items() if len(told - {None}) < 2}
    assert {name for name in silent if not name.endswith("__never")} == set()


@pytest.mark.spark
def test_whatever_the_zone_of_the_session_spark_computes_in_utc(spark, on_duckdb, computer, monkeypatch):
    from leadlight.pipelines.engines.spark import open_spark

    session = spark._session
    monkeypatch.setenv("TZ", "America/New_York")
    try:
        session.conf.set("spark.sql.session.timeZone", "America/New_York")
        session.conf.set("spark.sql.ansi.enabled", "false")
        assert open_spark()._session is session
        assert session.conf.get("spark.sql.session.timeZone") == "UTC"
        assert session.conf.get("spark.sql.ansi.enabled") == "true"
    finally:
        session.conf.set("spark.sql.session.timeZone", "UTC")
        session.conf.set("spark.sql.ansi.enabled", "true")
    # a second that the clocks of New York never showed, and one that they showed twice
    moments = [dt.datetime(2025, 3, 9, 2, 30), dt.datetime(2025, 11, 2, 1, 30), dt.datetime(2025, 11, 2, 6)]
    world = {
        "leads": [{"lead_id": "ada", "created_at": dt.datetime(2025, 3, 9, 2, 15)}],
        "attributes": [], "history": [], "deals": [],
        "activities": [
            {"lead_id": "ada", "type": "demo", "local_at": at, "occurred_at": at - dt.timedelta(minutes=10)}
            for at in moments
        ],
        "moments": [{"lead_id": "ada", "as_of": at} for at in moments],
    }  # fmt: skip
    found = computer("spark", FEATURES)(world)
    assert {at for _, at in found} == set(moments)
    demand_the_same(found, on_duckdb(world))
