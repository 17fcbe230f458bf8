"""The benchmark of explaining: what it saved, against its bars."""

import copy
import json

import pytest

#: times as fast as shap
FASTER = {"interactions_7": 4}
#: log-odds
PARTS, SUM, ALONE = 1e-4, 1e-6, 1e-9
#: MiB beside input and result, which is as large as the input; bounded by chunks
MEMORY = 200


@pytest.fixture(scope="module")
def saved(root):
    return json.loads((root / "docs" / "results" / "bench_explaining.json").read_text(encoding="utf-8"))


def missed(found):
    """Name the bars that a result misses."""
    kinds = found["kinds"]
    bars = {
        "size": (found["leads"], found["features"], found["trees"]) == (200_000, 60, 300),
        "kinds": {name: kinds[name]["leaves"] for name in FASTER} == {"interactions_7": 7},
        "speed": all(kinds[name]["times_faster"] >= times for name, times in FASTER.items()),
        "parts": all(kind["largest_difference"] <= PARTS for kind in kinds.values()),
        "sum": all(kind["largest_gap"] <= SUM for kind in kinds.values()),
        "alone": all(kind["alone_against_night"] <= ALONE for kind in kinds.values()),
        "memory": all(0 < kind["peak_mib"] <= found["input_mib"] + MEMORY for kind in kinds.values()),
    }
    return [name for name, met in bars.items() if not met]


def test_the_saved_benchmark_of_explaining_meets_its_bars(saved):
    assert missed(saved) == []


def test_its_ratios_are_those_of_its_seconds(saved):
    for kind in saved["kinds"].values():
        rounds = sorted(kind["seconds_of_each_round"])
        assert kind["seconds"] == rounds[len(rounds) // 2]
        assert kind["times_faster"] == pytest.approx(kind["shap_seconds"] / kind["seconds"])


@pytest.mark.parametrize(
    ("bar", "kind", "figure", "value"),
    [
        ("speed", "interactions_7", "times_faster", 3.9),
        ("parts", "interactions_7", "largest_difference", 2e-4),
        ("sum", "interactions_7", "largest_gap", 2e-6),
        ("alone", "interactions_7", "alone_against_night", 1e-8),
        ("memory", "interactions_7", "peak_mib", 5000.0),
        ("kinds", "interactions_7", "leaves", 31),
    ],
)
def test_a_bar_of_explaining_that_is_missed_is_seen(saved, bar, kind, figure, value):
    spoiled = copy.deepcopy(saved)
    spoiled["kinds"][kind][figure] = value
    assert missed(spoiled) == [bar]
