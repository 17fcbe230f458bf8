"""docs/promises.md from the saved results; a test keeps it current."""
# ruff: noqa: E501  (lines of a page, not of code)

import json
from pathlib import Path
from typing import Any

__all__ = ["KINDS", "kinds_outside", "promises_page", "write_page"]

KINDS = ("thresholds", "grades")
NAMES = {"marketing_qualified": "MQL", "sales_qualified": "SQL"}
FIGURES = {"precision": "won", "recall": "of all wins", "share": "of all leads", "win_rate": "won"}


def write_page(root: Path) -> None:
    """Write the page anew."""
    (root / "docs" / "promises.md").write_text(promises_page(root), encoding="utf-8")


def kinds_outside(worlds: dict[str, Any]) -> list[str]:
    """Name the kinds of each world of which a figure lies outside what all of the kind are held to.

    Parameters
    ----------
    worlds : dict
        By seed, as saved: ``outside`` names figures as ``thresholds...``, ``fit...`` or ``engagement...``.

    Returns
    -------
    list of str
        Seed and kind.
    """
    return [
        f"{seed} {kind}"
        for seed, world in worlds.items()
        for kind in KINDS
        if any(name.startswith("thresholds.") == (kind == "thresholds") for name in world["outside"])
    ]


def promises_page(root: Path) -> str:
    """Return the page as Markdown."""
    found, earlier = (
        json.loads((root / "docs" / "results" / f"{name}.json").read_text(encoding="utf-8"))
        for name in ("bench_promises", "bench_promises_earlier")
    )
    worlds, bar, machine = found["worlds"], found["bar"], found["machine"]
    kept = len(kinds_outside(worlds)) <= bar["outside_at_most"]
    return f"""# What grades and thresholds promise, and whether they keep it

Made from `docs/results/bench_promises.json` by `make bench-promises`; a test keeps this page current. One run on {machine["date"]},
{machine["cores"]} cores, {machine["system"]}.

Simulated CRMs like that of the demo, with other seeds, each trained as the demo is and judged once on its own test window by the
rule of [decision 20](decisions/0020-what-a-threshold-promises.md), which was written down before. A threshold promises how many above it
win, how many of all wins and of all leads stand there; a grade, how many win.

{_counted(worlds)} The bar, set before: at most {bar["outside_at_most"]}, as in 95 of 100 cases by chance alone. It is {"**kept**" if kept else "**not kept**"}.

{_table(worlds)}

A figure outside moved further than leads drawn anew, the ages of leads and the differences between earlier periods explain.

## Rules before this one

A rule is judged in worlds that nobody had looked at while it was made. Those that were judged before it came to stand:

{_before(earlier["runs"])}

What this does not say: these worlds keep their law. Where a market moves, promises break, and `leadlight watch` is there to see it.
"""


def _counted(worlds: dict[str, Any]) -> str:
    kinds, every = len(kinds_outside(worlds)), len(KINDS) * len(worlds)
    judged = sum(world["judged"] for world in worlds.values())
    outside = sum(len(world["outside"]) for world in worlds.values())
    alone = sum(len(world["outside_alone"]) for world in worlds.values())
    return (
        f"{kinds} of {every} times the thresholds or the grades of a world left what all of their kind are held to together: "
        f"{outside} of {judged} figures. {alone} ({alone / judged:.1%}) lie outside the 95 % prediction interval of their own."
    )


def _before(runs: list[dict[str, Any]]) -> str:
    return "\n".join(
        f"- {run['rule']} ({run['date']}, seeds {', '.join(sorted(run['worlds'], key=int))}): {_counted(run['worlds'])}"
        for run in runs
    )


def _table(worlds: dict[str, Any]) -> str:
    lines = [
        "| seed | serves | thresholds inside | grades inside | outside | shown | held to |",
        "|---|---|---|---|---|---|---|",
    ]
    for seed, world in sorted(worlds.items(), key=lambda item: int(item[0])):
        missed = {name: world["figures"][name] for name in world["outside"]}
        held = {name: figure["held_to"] for name, figure in missed.items()}
        cells = [
            "; ".join(_title(name) for name in missed) or "none",
            "; ".join(_value(figure["shown"]["value"], name) for name, figure in missed.items()),
            "; ".join(
                f"{_value(to['low'], name)} to {_value(to['high'], name)}" for name, to in held.items()
            ),
        ]
        lines.append(
            f"| {seed} | {world['candidate']} | {_inside(world, True)} | {_inside(world, False)} | "
            f"{' | '.join(cells)} |"
        )
    return "\n".join(lines)


def _inside(world: dict[str, Any], thresholds: bool) -> str:
    own = [name for name in world["figures"] if name.startswith("thresholds.") == thresholds]
    return f"{sum(world['figures'][name]['inside'] for name in own)} of {len(own)}"


def _title(name: str) -> str:
    kind, of, figure = name.split(".")
    told = FIGURES.get(figure, "times the average")
    return f"{NAMES.get(of, f'{kind} {of}')}, {told}"


def _value(value: float, name: str) -> str:
    return f"{value:.2f}" if name.endswith("lift") else f"{value:.1%}"
