"""docs/worlds.md from the saved results; a test keeps it current."""

import json
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from worlds.laws import JUDGED, LAWS, SEEDS

__all__ = ["judge_bars", "render_page", "write_page"]

RIVALS = ("lightgbm", "logistic")
WORDS = {"leadlight": "Leadlight", "lightgbm": "LightGBM", "logistic": "logistic"}
#: bars, set before any run
MAX_REGRET, MAX_BEHIND, MAX_LEVEL, MAX_FAR_LEVEL, MIN_LEVEL_SHARE = 0.14, 0.03, 0.10, 0.25, 0.8
World = dict[str, Any]


def write_page(root: Path) -> None:
    """Write the page."""
    (root / "docs" / "worlds.md").write_text(render_page(root), encoding="utf-8")


def render_page(root: Path) -> str:
    """Return the page as Markdown."""
    return _render(json.loads((root / "docs" / "results" / "bench_worlds.json").read_text(encoding="utf-8")))


def judge_bars(worlds: list[World]) -> list[tuple[str, str, bool]]:
    """Judge the results by the bars.

    Parameters
    ----------
    worlds : list of dict
        As of :func:`worlds.evaluation.run_world`.

    Returns
    -------
    list of (str, str, bool)
        Each bar, what was found, and whether it is met. A world that Leadlight could not score meets none.
    """
    signal = [world for world in worlds if LAWS[world["law"]].signal]
    none = [world for world in worlds if not LAWS[world["law"]].signal]
    scored = [world for world in signal if "leadlight" in world["contestants"]]
    lost = len(signal) - len(scored)
    regrets = sorted([_find(world, "regret") for world in scored] + [float("inf")] * lost)
    behind = {_name(world): _find(world, "regret") - _find_best_rival(world) for world in scored}
    levels = {_name(world): abs(_find(world, "level")) for world in scored}
    far = {name: level for name, level in levels.items() if not name.startswith("campaign")}
    near = sum(level <= MAX_LEVEL for level in levels.values())
    # without a signal the base rate serves, whose level is right or wrong too
    near_none = sum(abs(_find(world, "level")) <= MAX_LEVEL for world in none if "leadlight" in world["contestants"])
    serving = [world for world in none if world["leadlight"]["serves"]]
    failed = [world for world in none if world["leadlight"]["error"]]
    bars = [
        (
            f"median regret of all worlds with a signal at most {MAX_REGRET}",
            f"{median(regrets):.3f}" if regrets else "not run",
            bool(regrets) and median(regrets) <= MAX_REGRET,
        ),
        (
            f"regret at most {MAX_BEHIND} above that of the better rival, in every world",
            _format_worst(behind, "+.3f"),
            not lost and bool(behind) and max(behind.values()) <= MAX_BEHIND,
        ),
        (
            f"level within {MAX_LEVEL:.2f} of zero in {MIN_LEVEL_SHARE:.0%} of the worlds",
            f"{near + near_none} of {len(worlds)}; of those with a signal {near} of {len(signal)}",
            bool(signal) and near + near_none >= MIN_LEVEL_SHARE * len(worlds),
        ),
        (
            f"level within {MAX_FAR_LEVEL} of zero in all but the campaign worlds",
            _format_worst(far, ".3f"),
            not lost and bool(far) and max(far.values()) <= MAX_FAR_LEVEL,
        ),
        (
            "no model serves in a world without signal",
            f"a model serves in {len(serving)} of {len(none)}, {len(failed)} failed" if none else "not run",
            bool(none) and not serving and not failed,
        ),
    ]
    if lost:
        bars.append(("every world is scored", f"{lost} of {len(signal)} are not", False))
    return bars


def _find(world: World, figure: str, who: str = "leadlight", age: str = "all") -> float:
    return float(world["contestants"][who][age][figure])


def _find_best_rival(world: World) -> float:
    return min(_find(world, "regret", rival) for rival in RIVALS)


def _name(world: World) -> str:
    return f"{world['law']}, seed {world['seed']}"


def _format_worst(values: dict[str, float], form: str) -> str:
    if not values:
        return "not run"
    worst = max(values, key=lambda name: values[name])
    return f"at worst {values[worst]:{form}} ({worst})"


def _render(saved: dict[str, Any]) -> str:
    worlds, machine = saved["worlds"], saved["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items() if name != "flaml")
    laws = [name for name in LAWS if any(world["law"] == name for world in worlds)]
    lacking = [f"{name}, seed {seed}" for name in LAWS for seed in SEEDS
               if not any((world["law"], world["seed"]) == (name, seed) for world in worlds)]  # fmt: skip
    trial = f"\n**A trial: {len(lacking)} of {len(LAWS) * len(SEEDS)} worlds were not run.**\n" if lacking else ""
    bars = "\n".join(
        f"| {bar} | {found} | {'met' if met else '**not met**'} |" for bar, found, met in judge_bars(worlds)
    )
    return f"""# Worlds with a known truth

Generated from `docs/results/bench_worlds.json` by `make bench-worlds`; a test keeps this page current. One run on {machine["date"]},
{machine["cores"]} cores, {machine["system"]}, {versions}.
{trial}
Simulated CRMs of laws unlike the demo's: 16,000 to 20,000 leads over 600 days, about 1,250 wins, a horizon of 90 days, 30 % of
the numbers of employees and 8 % of the industries missing. Each is exported, `leadlight run` trains on the export, and `leadlight score`
scores the night on which it ends. Nothing of the law is in `params.yaml` but the signs of the activity types.

**Truth.** For each open lead 300 futures are simulated. Their daily chances to win are added up, weighted with the chance of being
open still: no win is drawn. **Regret** is the expected log loss above the truth's, as a share of what the truth saves against its mean: 0
for the truth, 1 for a model that knows only the true mean. **Level** is the log of mean predicted over mean true probability: 0.1 is
10 % too high. **Given the export** is the truth with everything averaged over what is not exported (missing attributes by their
shares among all leads and by having stayed open so far): no model can be expected to have less regret. **New** leads are at most 7 days old.

**Rivals** learn from every matured snapshot, with Leadlight's features, at ages of 1, 3 and 7 days and on a grid of 10 days: *LightGBM*
with 7 leaves, bagged with three seeds, the number of trees chosen on the newest fifth; *logistic*, a logistic regression on broken lines of
numbers and on categories, with a ridge of 25 on the rises. They are fitted without signs.

Four laws ({", ".join(JUDGED)}) were named before the first run and kept for the last judgement: only
`make bench-worlds JUDGED=1` runs them. `FOLDER=path` keeps simulations, truths and rivals for the next time.

## Bars

| bar | found | |
|---|---|---|
{bars}

## All open leads

Median over seeds, and range in brackets.

{_render_table(worlds, laws, "all")}

## New leads

{_render_table(worlds, laws, "new")}

## Laws

| | law | leads | wins | open | mean true probability | no model serves |
|---|---|---|---|---|---|---|
{chr(10).join(_render_law(name, [world for world in worlds if world["law"] == name]) for name in laws)}

## Not tested

Laws that are no daily hazards; effects of attributes that change over time; sales that act on the scores; other horizons; explainable
boosting machines and other rivals that are not installed. The fewer wins a world has, the more regret is unavoidable.
"""


def _render_table(worlds: list[World], laws: list[str], age: str) -> str:
    lines = [
        "| | Leadlight | LightGBM | logistic | truth given the export | Leadlight, beyond the export | level of Leadlight | LightGBM | logistic |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for law in laws:
        of_law = [world for world in worlds if world["law"] == law]

        def cell(read: Callable[[World], float | None], form: str = ".3f", of_law: list[World] = of_law) -> str:
            return _format_range([value for world in of_law if (value := read(world)) is not None], form)

        regrets = [cell(lambda world, who=who: _read(world, who, age, "regret")) for who in WORDS]
        levels = [cell(lambda world, who=who: _read(world, who, age, "level"), "+.2f") for who in WORDS]
        given = cell(lambda world: world["given_export"][age]["regret"])
        beyond = cell(lambda world: _read(world, "leadlight", age, "regret_given_export"))
        lines.append(f"| {law} | {' | '.join([*regrets, given, beyond, *levels])} |")
    return "\n".join(lines)


def _read(world: World, who: str, age: str, figure: str) -> float | None:
    value: float | None = world["contestants"].get(who, {}).get(age, {}).get(figure)
    return value


def _format_range(values: list[float], form: str) -> str:
    if not values:
        return "none"
    middle = f"{median(values):{form}}"
    return middle if len(values) == 1 else f"{middle} [{min(values):{form}}, {max(values):{form}}]"


def _render_law(name: str, worlds: list[World]) -> str:
    counts = (_format_range([world[key] for world in worlds], ",.0f") for key in ("leads", "wins", "open"))
    silent = sum(not (world["leadlight"]["serves"] or world["leadlight"]["error"]) for world in worlds)
    title = LAWS[name].name + (" (kept)" if name in JUDGED else "")
    return (
        f"| {name} | {title} | {' | '.join(counts)} | {_format_range([world['mean_truth'] for world in worlds], '.1%')} | "
        f"{silent} of {len(worlds)} |"
    )
