"""A column that is written no more is found with its day; slow, seasonal and ebbing ones of twenty worlds are not."""

import numpy as np
import pandas as pd
import pytest

from leadlight.pipelines.audit.dataset import AuditDataset
from leadlight.pipelines.audit.frozen import find_frozen
from leadlight.pipelines.profile.columns import profile_column

START, END = pd.Timestamp("2022-01-01"), pd.Timestamp("2025-07-01")
DAYS = (END - START).days
FREEZE = pd.Timestamp("2025-01-15")
FROZEN_AT = (FREEZE - START).days
SEEDS = range(20)


class Crm:
    """Leads of three and a half years with a history of a stage that changes at all times."""

    def __init__(self, seed: int, leads: int = 1500) -> None:
        self.rng = np.random.default_rng(seed)
        self.created = np.sort(self.rng.uniform(0, DAYS, leads))
        self.columns: dict[str, np.ndarray] = {}
        self.rows: list[pd.DataFrame] = []
        self.change("stage", self.rng.uniform(0, DAYS, 3000))

    def change(self, name: str, at: np.ndarray, values: np.ndarray | None = None) -> None:
        """Add changes at days since the start, each of a lead that exists by then."""
        at = at[at > self.created[0] + 1]
        lead = (self.rng.uniform(size=len(at)) * np.searchsorted(self.created, at - 1)).astype(int)
        values = self.rng.integers(0, 10**6, len(at)) if values is None else values
        frame = pd.DataFrame({"lead_id": lead.astype("str"), "attribute": name, "value": values.astype("str")})
        self.rows.append(frame.assign(changed_at=START + pd.to_timedelta(at, unit="D")))

    def find(self) -> list[tuple[str, str, str, str]]:
        ids = np.arange(len(self.created)).astype("str")
        created = START + pd.to_timedelta(self.created, unit="D")
        columns = pd.DataFrame(self.columns, index=range(len(ids)), dtype="str")
        dataset = AuditDataset(
            params=Source, report={"time": "dates", "known_until": str(END)},
            profiles={("leads", name): profile_column(columns[name]) for name in columns},
            leads=pd.DataFrame({"lead_id": ids, "created_at": created}), columns=columns,
            tables={"history": pd.concat(self.rows, ignore_index=True)}, truncation=None, deal_columns=pd.DataFrame(),
            by_day=(), quarantine=pd.DataFrame(), won_rows={},
        )  # fmt: skip
        return [(f.severity, f.column, str(f.figures["since"]), f.sentence) for f in find_frozen(dataset)]


class Source:
    """Stands for params: only the roles of columns of leads are read."""

    class source:  # noqa: N801
        class leads:  # noqa: N801
            lead_id, order, created_at, outcome = "id", None, None, None


def number(crm: Crm, until: float = DAYS) -> np.ndarray:
    return np.where(crm.created <= until, crm.rng.integers(1, 99, len(crm.created)).astype(object), None)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_score_that_is_computed_no_more_is_found_with_its_day(seed):
    crm = Crm(seed)
    crm.change("score", crm.rng.uniform(0, FROZEN_AT, 4000))
    crm.columns["score"] = number(crm, FROZEN_AT)
    ((severity, column, since, sentence),) = crm.find()
    assert (severity, column) == ("suspect", "score")
    assert FREEZE - pd.Timedelta(days=3) < pd.Timestamp(since) <= FREEZE
    assert f"has not changed since {since}" in sentence
    expected = int(sentence.split("rate before, ")[1].split()[0].replace(",", ""))
    assert 0.6 < expected / (4000 / FROZEN_AT * (DAYS - FROZEN_AT)) < 1.05
    assert "leads that were created since has a value of its own" in sentence


def test_a_silence_of_more_than_a_year_needs_no_year_before_it():
    crm = Crm(0)
    crm.change("score", crm.rng.uniform(0, 250, 1000))
    ((_, _, since, _),) = crm.find()
    assert since.startswith("2022-09-0")


def test_where_new_leads_still_get_different_values_it_is_a_note():
    crm = Crm(0)
    crm.change("size", crm.rng.uniform(0, FROZEN_AT, 4000))
    crm.columns["size"] = number(crm)
    ((severity, _, _, sentence),) = crm.find()
    assert severity == "note"
    assert "still have different values" in sentence


def test_values_at_creation_and_repeated_values_are_no_changes():
    crm = Crm(0)
    crm.change("score", crm.rng.uniform(0, FROZEN_AT, 4000))
    first = pd.DataFrame({"lead_id": np.arange(1500).astype("str"), "attribute": "score", "value": "0"})
    crm.rows.insert(0, first.assign(changed_at=START + pd.to_timedelta(crm.created, unit="D")))
    last = pd.concat(crm.rows).sort_values("changed_at").drop_duplicates(["lead_id", "attribute"], keep="last")
    crm.rows.append(last[last["attribute"] == "score"].assign(changed_at=END - pd.Timedelta(days=1)))
    assert [(column, severity) for severity, column, _, _ in crm.find()] == [("score", "suspect")]


def slow(crm):
    crm.change("planted", crm.rng.uniform(0, DAYS, 25))


def slow_and_silent_by_chance(crm):
    crm.change("planted", crm.rng.uniform(0, FROZEN_AT, 25))


def each_winter(crm):
    at = np.concatenate([365 * year + crm.rng.uniform(-40, 50, 400) for year in range(4)])
    crm.change("planted", at[(at > 0) & (at < DAYS)])


def yearly_update(crm):
    crm.change("planted", np.concatenate([365.0 * year + crm.rng.uniform(14, 15, 500) for year in range(4)]))


def batches(crm):
    day = crm.rng.uniform(0, DAYS, 20)
    crm.change("planted", np.repeat(day, 200) + crm.rng.uniform(0, 0.1, 4000))


def ebbing_away(crm):
    at = crm.rng.exponential(250, 4000)
    crm.change("planted", at[at < DAYS])


def new_since_this_year(crm):
    crm.change("planted", crm.rng.uniform(DAYS - 200, DAYS - 65, 500))


def stopped_a_month_ago(crm):
    crm.change("planted", crm.rng.uniform(0, DAYS - 30, 4000))


HONEST = [
    slow, slow_and_silent_by_chance, each_winter, yearly_update, batches, ebbing_away, new_since_this_year,
    stopped_a_month_ago,
]  # fmt: skip


@pytest.mark.parametrize("plant", HONEST, ids=lambda plant: plant.__name__)
def test_what_is_slow_seasonal_or_short_is_not_frozen(plant):
    found = []
    for seed in SEEDS:
        crm = Crm(seed)
        plant(crm)
        found += crm.find()
    assert found == []


def test_where_the_whole_history_ends_nothing_is_frozen():
    crm = Crm(0)
    crm.rows = []
    for name in ("stage", "score"):
        crm.change(name, crm.rng.uniform(0, FROZEN_AT, 3000))
    assert crm.find() == []


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("constant", [None, "0"], ids=["no value", "zero"])
def test_a_number_that_new_leads_lack_or_have_alike_is_found_without_a_history(seed, constant):
    crm = Crm(seed)
    old = number(crm, FROZEN_AT)
    missing = crm.rng.uniform(size=len(old)) < 0.3
    old[missing] = constant
    crm.columns["points"] = np.where(crm.created > FROZEN_AT, constant, old)
    ((severity, column, since, sentence),) = crm.find()
    assert (severity, column) == ("suspect", "points")
    assert FREEZE - pd.Timedelta(days=20) < pd.Timestamp(since) <= FREEZE
    assert ("lack a value" if constant is None else "have 0") in sentence


def rare(crm):
    return np.where(crm.rng.uniform(size=len(crm.created)) < 0.02, number(crm), None)


def in_winter_only(crm):
    return np.where((crm.created + 40) % 365 < 90, number(crm), None)


def introduced_lately(crm):
    return np.where(crm.created > DAYS - 100, number(crm), None)


def given_up_a_month_ago(crm):
    return number(crm, DAYS - 30)


def all_the_same_but_once(crm):
    return np.where(np.arange(len(crm.created)) == 700, 5, 3)


@pytest.mark.parametrize(
    "draw", [number, rare, in_winter_only, introduced_lately, given_up_a_month_ago, all_the_same_but_once]
)
def test_a_number_that_is_rare_seasonal_or_new_is_not_frozen(draw):
    found = []
    for seed in SEEDS:
        crm = Crm(seed)
        crm.columns["points"] = draw(crm)
        found += crm.find()
    assert found == []
