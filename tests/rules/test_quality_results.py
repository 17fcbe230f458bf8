"""The quality benchmark: what it saved against its bars, and the page that it makes."""

import copy
import json

import pytest

SIMULATED = ("simulated_7", "simulated_11", "simulated_23")
REAL = ("bank_marketing", "bpic2012", "olist", "x_education")


@pytest.fixture(scope="module")
def page(benchmarks):
    """The module that makes the page."""
    import quality_page

    return quality_page


@pytest.fixture(scope="module")
def saved(root, lacking):
    path = root / "docs" / "results" / "bench_quality.json"
    if not path.exists():
        lacking("The result of `make bench-quality` must be saved. It is missing.")
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def complete(saved, lacking):
    missing = {*SIMULATED, *REAL} - set(saved["rows"])
    if missing:
        lacking(f"The saved result must hold seven rows. It lacks {', '.join(sorted(missing))}.")
    return saved


def difference(row, rival):
    return row["contestants"][rival]["difference"]


def regret(row, who):
    return row["contestants"][who]["truth"]["regret"]


def behind(saved):
    """Rows on which some rival is better beyond chance. Bar: none, so each is lowest or tied."""
    return [
        name
        for name in (*SIMULATED, *REAL)
        if any(
            difference(saved["rows"][name], rival)["high"] < 0
            for rival in saved["rows"][name]["contestants"]
            if rival != "leadlight"
        )
    ]


def better_than_default_lightgbm(saved):
    """Rows on which the interval against default LightGBM lies above zero. Bar: five of seven."""
    return [
        name for name in (*SIMULATED, *REAL) if difference(saved["rows"][name], "default_lightgbm")["low"] > 0
    ]


def far_from_the_truth(saved):
    """Simulated rows with regret above 0.20 and above half of default LightGBM's. Bar: none."""
    rows = saved["rows"]
    return [
        name
        for name in SIMULATED
        if regret(rows[name], "leadlight") > max(0.20, regret(rows[name], "default_lightgbm") / 2)
    ]


def badly_calibrated(saved):
    """Simulated rows with a slope outside 0.9 to 1.1 or an ECE above what luck alone makes. Bar: none."""
    found = []
    for name in SIMULATED:
        row = saved["rows"][name]
        slope, ece = row["calibration"]["slope"]["value"], row["calibration"]["ece"]
        if not 0.9 <= slope <= 1.1 or ece["value"] > ece["by_chance"]:
            found.append(name)
    return found


def bank_is_honest(saved):
    """Either the corrected base rate is better in log loss and Brier, or the check says that it failed."""
    found = saved["rows"]["bank_marketing"]["calibration"]
    if found["passed"] is False:
        return True
    base = found.get("base_rate") or {}
    corrected, uncorrected = base.get("corrected"), base.get("uncorrected")
    if not (corrected and uncorrected):
        return False
    return all(corrected[figure] < uncorrected[figure] for figure in ("log_loss", "brier"))


BARS = {
    "lowest or tied on all rows": lambda saved: not behind(saved),
    "better than default LightGBM on five": lambda saved: len(better_than_default_lightgbm(saved)) >= 5,
    "close to the truth": lambda saved: not far_from_the_truth(saved),
    "calibrated": lambda saved: not badly_calibrated(saved),
    "honest about the bank": bank_is_honest,
}


@pytest.mark.parametrize("bar", BARS)
def test_the_saved_result_meets_its_bar(complete, bar):
    assert BARS[bar](complete), bar


def test_saved_differences_are_those_of_the_saved_figures(saved, page):
    for name, row in saved["rows"].items():
        ours = row["contestants"]["leadlight"]["figures"]["log_loss"]
        assert set(row["contestants"]) == set(page.WORDS), name
        for rival, entry in row["contestants"].items():
            if rival != "leadlight":
                apart = entry["difference"]
                assert apart["value"] == pytest.approx(entry["figures"]["log_loss"] - ours, abs=3e-6)
                assert apart["low"] <= apart["value"] <= apart["high"]
        for figure, span in row["intervals"].items():
            assert span["low"] < span["high"], figure


def test_the_page_of_quality_is_made_from_the_saved_result(saved, page, root):
    assert (root / "docs" / "quality.md").read_text(encoding="utf-8") == page.quality_page(root)


# made up, to see that bars, verdicts and the page can tell good from bad


def made_up():
    def rival(value, low, high, truth):
        figures = dict.fromkeys(("brier", "auc", "average_precision", "ece", "lift_at_10_percent"), 0.5)
        entry = {"figures": figures | {"log_loss": 0.3 + value}, "note": "", "seconds": 2.0}
        entry |= {"difference": {"value": value, "low": low, "high": high}}
        return entry | ({"truth": {"regret": 0.5, "mean_absolute_error": 0.05}} if truth else {})

    rows, slope = {}, {"value": 1.02, "low": 0.9, "high": 1.1}
    window = {
        "snapshots": 10,
        "leads": 8,
        "wins": 2,
        "base_rate": 0.2,
        "from": "2025-01-01",
        "to": "2025-02-01",
    }
    for name in (*SIMULATED, *REAL):
        truth = name in SIMULATED
        others = (
            "constant",
            "naive_bayes_fit",
            "naive_bayes",
            "plain_logistic",
            "calibrated_boosting",
            "automl",
        )
        ours = rival(0.0, 0.0, 0.0, truth)
        if truth:
            ours["truth"]["regret"] = 0.15
        rows[name] = {
            "contestants": {
                "leadlight": {k: v for k, v in ours.items() if k != "difference"},
                "default_lightgbm": rival(0.02, 0.01, 0.03, truth),
                **{other: rival(0.01, -0.01, 0.03, truth) for other in others},
            },
            "intervals": {figure: {"low": 0.2, "high": 0.4} for figure in ours["figures"]},
            "calibration": {
                "slope": slope.copy(), "ece": {"value": 0.01, "by_chance": 0.02}, "passed": True
            },
            "test": window,
            "past": window,
            "seconds": {"train": 20.0},
            "seconds_to_train": 20.0,
        }  # fmt: skip
    rows["bank_marketing"]["calibration"]["base_rate"] = {
        "helps": True,
        "saved": 0.1,
        "error": 0.01,
        "corrected": {"log_loss": 0.3, "brier": 0.1, "ece": 0.1},
        "uncorrected": {"log_loss": 0.4, "brier": 0.2, "ece": 0.1},
    }
    machine = {"cores": 2, "system": "Linux", "date": "2026-01-01", "versions": {"Python": "3.11"}}
    return {"machine": machine, "draws": 10, "rows": rows}


def rival_wins(found):
    difference(found["rows"]["olist"], "naive_bayes")["high"] = -0.001


def lightgbm_draws_thrice(found):
    for name in REAL[:3]:
        difference(found["rows"][name], "default_lightgbm")["low"] = -0.001


def regret_grows(found):
    found["rows"]["simulated_11"]["contestants"]["leadlight"]["truth"]["regret"] = 0.26


def slope_falls(found):
    found["rows"]["simulated_23"]["calibration"]["slope"]["value"] = 0.89


def ece_leaves_its_noise(found):
    found["rows"]["simulated_7"]["calibration"]["ece"]["value"] = 0.021


def correction_harms(found):
    found["rows"]["bank_marketing"]["calibration"]["base_rate"]["corrected"]["brier"] = 0.21


def nothing_is_said_of_the_correction(found):
    del found["rows"]["bank_marketing"]["calibration"]["base_rate"]


def test_bars_can_be_met():
    assert [bar for bar, met in BARS.items() if not met(made_up())] == []


@pytest.mark.parametrize(
    ("tamper", "bar"),
    [
        (rival_wins, "lowest or tied on all rows"),
        (lightgbm_draws_thrice, "better than default LightGBM on five"),
        (regret_grows, "close to the truth"),
        (slope_falls, "calibrated"),
        (ece_leaves_its_noise, "calibrated"),
        (correction_harms, "honest about the bank"),
        (nothing_is_said_of_the_correction, "honest about the bank"),
    ],
)
def test_a_bar_that_is_missed_is_seen(tamper, bar):
    found = copy.deepcopy(made_up())
    tamper(found)
    assert [name for name, met in BARS.items() if not met(found)] == [bar]


def test_regret_above_a_fifth_is_enough_where_default_lightgbm_is_twice_as_far():
    found = made_up()
    found["rows"]["simulated_7"]["contestants"]["leadlight"]["truth"]["regret"] = 0.24
    assert far_from_the_truth(found) == []


def test_a_check_that_failed_and_says_so_is_honest():
    found = made_up()
    correction_harms(found)
    found["rows"]["bank_marketing"]["calibration"]["passed"] = False
    assert bank_is_honest(found)


@pytest.mark.parametrize(
    ("difference", "expected"),
    [
        ((0.02, 0.01, 0.03), ("lowest", "strictly better")),
        ((0.02, -0.01, 0.05), ("tied", "lower")),
        ((-0.02, -0.05, 0.01), ("tied", "not lower")),
        ((-0.02, -0.05, -0.01), ("behind", "behind")),
    ],
)
def test_verdicts_follow_from_the_interval(page, difference, expected):
    value, low, high = difference
    rival = {"figures": {"log_loss": 0.3 + value}, "difference": {"value": value, "low": low, "high": high}}
    far = {"figures": {"log_loss": 0.9}, "difference": {"value": 0.6, "low": 0.5, "high": 0.7}}
    row = {"contestants": {"leadlight": {"figures": {"log_loss": 0.3}}, "automl": rival, "constant": far}}
    assert (page.verdict(row), page.against(row, "automl")) == expected


def test_the_page_says_what_is_missing_and_where_a_rival_is_better(page, tmp_path):
    found = made_up()
    rival_wins(found)
    difference(found["rows"]["olist"], "naive_bayes")["value"] = -0.005
    del found["rows"]["simulated_23"]
    (tmp_path / "docs" / "results").mkdir(parents=True)
    (tmp_path / "docs" / "results" / "bench_quality.json").write_text(json.dumps(found), encoding="utf-8")
    page.write_page(tmp_path)
    text = (tmp_path / "docs" / "quality.md").read_text(encoding="utf-8")
    assert "**A trial: simulated CRM, seed 23 not run.**" in text
    assert "- olist: naive Bayes, everything, -5.0 [-10.0, -1.0] (beyond chance)" in text
    assert text.count("| behind |") == 1
    for line in text.splitlines():  # every table is whole
        assert not line.startswith("|") or line.endswith("|"), line
