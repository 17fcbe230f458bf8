"""Evidence is counted over snapshots, says how many leads stand behind it, and hides what too few had."""

import numpy as np
import pandas as pd
import pytest

from leadlight.features.catalogue import Catalogue, Feature, Topic
from leadlight.features.display import WINDOWS, Display
from leadlight.models.scoring.win_rates import count_win_rates_by_bin

VALUE = Display("value")
INDUSTRY = Feature("attribute__industry", "attribute", "industry", "fit", "category", 0, "Industry.", {}, VALUE)
EMPLOYEES = Feature("attribute__employees", "attribute", "employees", "fit", "number", 0, "Size.", {}, VALUE)
COUNTS = {f"count_{days}d": Display("count", window_days=days) for days in WINDOWS}
DEMO = [
    Feature(f"{family}__demo", family, "demo", "engagement", "number", 1, "Demo.", {}, display)
    for family, display in (COUNTS | {"days_since_last": Display("recency")}).items()
]
CATALOGUE = Catalogue(
    (INDUSTRY, EMPLOYEES, *DEMO),
    (
        Topic("industry", "attribute", "fit", {}),
        Topic("employees", "attribute", "fit", {}),
        Topic("demo", "signal", "engagement", {}),
    ),
)


def snapshots(text):
    """Drawn: lead, industry, employees, demos in 7, 30 and 90 days, days since the last, won, how often."""
    rows = []
    for line in text.strip().splitlines():
        lead, industry, employees, *demo, won, times = line.split()
        first = [None if industry == "-" else industry, float(employees.replace("-", "nan"))]
        numbers = [float(number.replace("-", "nan")) for number in demo]
        names = range(int(lead.split("..")[0]), int(lead.split("..")[-1]) + 1)
        rows += [(f"L{name}", *first, *numbers, int(won)) for name in names for _ in range(int(times))]
    frame = pd.DataFrame(rows, columns=["lead", *CATALOGUE.names, "won"])
    return frame.astype({"attribute__industry": "str"})


def counted(text, spellings=None):
    frame = snapshots(text)
    return count_win_rates_by_bin(frame, frame["won"].to_numpy(), frame["lead"], CATALOGUE, spellings or {})


WORLD = """
1..10   steel  10   2 2 2 1    1 1
1..10   steel  10   0 3 4 9    0 3
11..19  food   20   0 0 7 50   0 50
20      food   20   0 0 7 50   1 1
21..29  rare   -    0 0 0 200  0 2
30..31  odd    -    0 0 0 -    1 1
"""


def test_counts_are_those_done_by_hand():
    found = counted(WORLD, {"industry": {"steel": "Steel"}})
    assert found["all"] == [40 + 451 + 18 + 2, 31, 13]
    topics = found["topics"]
    assert topics["industry"]["ranges"] == {
        "=Steel": [40, 10, 10],
        "=food": [451, 10, 1],
        "rare": [20, 11, 2],  # 9 leads and 2: neither can be told of alone
    }
    assert topics["employees"]["edges"] == [20.0]
    assert topics["employees"]["ranges"] == {"0": [40, 10, 10], "1": [451, 10, 1], "unknown": [20, 11, 2]}
    assert topics["demo"]["ranges"] == {"7d:2": [10, 10, 10], "30d:3-4": [30, 10, 0], "90d:5+": [451, 10, 1]}


@pytest.mark.parametrize(("leads", "shown"), [(9, False), (10, True)])
def test_what_fewer_than_ten_leads_had_is_hidden_however_many_snapshots_they_have(leads, shown):
    found = counted(f"1..{leads} steel 10 2 2 2 1 0 50\n50..949 food 20 0 0 0 - 0 1")["topics"]
    for topic, key in (("industry", "=steel"), ("demo", "7d:2"), ("employees", "0")):
        assert (key in found[topic]["ranges"]) is shown
    assert "rare" not in found["industry"]["ranges"]


def test_the_rate_is_over_snapshots_that_count_once_each():
    # every lead wins in the end: over leads the rate would be 1, and tell of the future
    found = counted("1..10 steel 10 1 1 1 1 0 4\n1..10 steel 10 1 1 1 1 1 1")
    assert found["topics"]["demo"]["ranges"]["7d:1"] == [50, 10, 10]


def test_only_the_commonest_texts_have_a_range_of_their_own():
    lines = [f"{100 * i}..{100 * i + 9 + i % 2} text{i:02d} 1 0 0 0 - 0 1" for i in range(1, 61)]
    ranges = counted("\n".join(lines))["topics"]["industry"]["ranges"]
    assert len(ranges) == 51
    assert ranges["rare"] == [100, 100, 0]  # those of ten leads, not those of eleven
    assert all(f"=text{i:02d}" in ranges for i in range(1, 61, 2))


def test_the_order_of_snapshots_changes_nothing():
    frame = snapshots(WORLD)
    mixed = frame.sample(frac=1.0, random_state=np.random.RandomState(3)).reset_index(drop=True)
    told = [count_win_rates_by_bin(f, f["won"].to_numpy(), f["lead"], CATALOGUE, {}) for f in (frame, mixed)]
    assert told[0] == told[1]
