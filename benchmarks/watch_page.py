"""Figures of the benchmark of alarms in docs/watch.md."""

import json
from pathlib import Path
from typing import Any

__all__ = ["BEGIN", "END", "SAVED", "render_figures", "write_figures"]

SAVED, PAGE = Path("docs/results/bench_watch.json"), Path("docs/watch.md")
BEGIN, END = "<!-- figures of bench_watch.json -->\n", "<!-- end of figures -->\n"


def render_figures(saved: dict[str, Any]) -> str:
    """Render the sentence and the table of what was found."""
    refused = sum(row["exit_code"] not in (0, 10) for row in saved["faults"])
    crms = len({row["seed"] for row in saved["faults"]})
    quiet = len({row["seed"] for row in saved["quiet"]})
    lines = [
        f"Of {saved['planted']} planted faults ({saved['planted'] // crms} on each of {crms} simulated CRMs) {saved['found']} "
        f"({saved['found'] / saved['planted']:.0%}) end in exit code 10 or a refusal of the night ({refused} refusals). Of "
        f"{saved['nights']} undisturbed nights of {quiet} other CRMs {saved['alarms']} call for action. None of these CRMs was "
        "used to set limits.",
        "",
        "| kind of fault | planted | found |",
        "|---|---|---|",
        *(f"| {kind} | {row['planted']} | {row['found']} |" for kind, row in saved["kinds"].items()),
    ]
    missed = [f"{row['fault']} ({row['kind']})" for row in saved["faults"] if row["exit_code"] == 0]
    if missed:
        lines += ["", f"Not found: {'; '.join(f'{name}, {missed.count(name)}' for name in dict.fromkeys(missed))}."]
    return "\n".join(lines) + "\n"


def write_figures(root: Path) -> None:
    """Write the saved figures into the page."""
    page = root / PAGE
    text = page.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    saved = json.loads((root / SAVED).read_text(encoding="utf-8"))
    page.write_text(before + BEGIN + render_figures(saved) + END + rest.split(END)[1], encoding="utf-8")
