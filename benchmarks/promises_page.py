"""docs/promises.md from the saved results; a test keeps it current."""

import json
from pathlib import Path
from typing import Any

__all__ = ["KINDS", "list_kinds_outside", "render_page", "write_page"]

KINDS = ("thresholds", "grades")
NAMES = {"marketing_qualified": "MQL", "sales_qualified": "SQL"}
FIGURES = {"precision": "won", "recall": "of all wins", "share": "of all leads", "win_rate": "won"}


def write_page(root: Path) -> None:
    """Write the page."""
    (root / "docs" / "promises.md").write_text(render_page(root), encoding="utf-8")


def list_kinds_outside(worlds: dict[str, Any]) -> list[str]:
    """List seed and kind wherever a figure lies outside the joint interval of its kind.

    Parameters
    ----------
    worlds : dict
        Saved results by seed; ``outside`` lists figures as ``thresholds...``, ``fit...`` or ``engagement...``.

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


def render_page(root: Path) -> str:
    """Return the page as Markdown."""
    found, earlier = (
        json.loads((root / "docs" / "results" / f"{name}.json").read_text(encoding="utf-8"))
        for name in ("bench_promises", "bench_promises_earlier")
    )
    worlds, bar, machine = found["worlds"], found["bar"], found["machine"]
    kept = len(list_kinds_outside(worlds)) <= bar["outside_at_most"]
    return f"""# Backtest of grades and thresholds

Generated from `docs/results/bench_promises.json` by `make bench-promises`; a test keeps this page current. One run on {machine["date"]},
{machine["cores"]} cores, {machine["system"]}.

Simulated CRMs like the demo with other seeds, each trained like the demo and judged once on its own test window by the rule of
[decision 20](decisions/0020-what-a-threshold-promises.md), which was fixed before. A threshold has an expected precision, recall and share of
leads; a grade has an expected win rate.

{_count_outside(worlds)} The bar, set before, is at most {bar["outside_at_most"]}, which chance alone meets in 95 of 100 cases. It is {"**met**" if kept else "**not met**"}.

{_render_table(worlds)}

A figure outside moved further than resampling of leads, their ages, and differences between earlier periods explain.

## Earlier rules

A rule is judged on seeds not used for its development. Earlier rules and their results:

{_render_earlier(earlier["runs"])}

Limits: these simulations do not drift. In a market that drifts, expectations fail, and `leadlight watch` detects it.
"""


def _count_outside(worlds: dict[str, Any]) -> str:
    kinds, every = len(list_kinds_outside(worlds)), len(KINDS) * len(worlds)
    judged = sum(world["judged"] for world in worlds.values())
    outside = sum(len(world["outside"]) for world in worlds.values())
    alone = sum(len(world["outside_alone"]) for world in worlds.values())
    return (
        f"{kinds} of {every} sets of thresholds or grades left their joint intervals: "
        f"{outside} of {judged} figures. {alone} ({alone / judged:.1%}) lie outside their own 95 % prediction interval."
    )


def _render_earlier(runs: list[dict[str, Any]]) -> str:
    return "\n".join(
        f"- {run['rule']} ({run['date']}, seeds {', '.join(sorted(run['worlds'], key=int))}): {_count_outside(run['worlds'])}"
        for run in runs
    )


def _render_table(worlds: dict[str, Any]) -> str:
    lines = [
        "| seed | serves | thresholds inside | grades inside | outside | observed | interval |",
        "|---|---|---|---|---|---|---|",
    ]
    for seed, world in sorted(worlds.items(), key=lambda item: int(item[0])):
        missed = {name: world["figures"][name] for name in world["outside"]}
        held = {name: figure["prediction_interval"] for name, figure in missed.items()}
        cells = [
            "; ".join(_format_title(name) for name in missed) or "none",
            "; ".join(_format_value(figure["shown"]["value"], name) for name, figure in missed.items()),
            "; ".join(
                f"{_format_value(to['low'], name)} to {_format_value(to['high'], name)}" for name, to in held.items()
            ),
        ]
        lines.append(
            f"| {seed} | {world['candidate']} | {_count_inside(world, True)} | {_count_inside(world, False)} | "
            f"{' | '.join(cells)} |"
        )
    return "\n".join(lines)


def _count_inside(world: dict[str, Any], thresholds: bool) -> str:
    names = [name for name in world["figures"] if name.startswith("thresholds.") == thresholds]
    return f"{sum(world['figures'][name]['inside'] for name in names)} of {len(names)}"


def _format_title(name: str) -> str:
    kind, of, figure = name.split(".")
    words = FIGURES.get(figure, "times the average")
    return f"{NAMES.get(of, f'{kind} {of}')}, {words}"


def _format_value(value: float, name: str) -> str:
    return f"{value:.2f}" if name.endswith("lift") else f"{value:.1%}"
