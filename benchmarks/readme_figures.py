"""Figures of README.md and of the page on score and chance from the saved results; a test keeps them current."""

import json
from pathlib import Path
from typing import Any

__all__ = ["render_anchors", "render_figures"]

#: columns of the table: contestant of docs/results/bench_quality.json -> heading
CONTESTANTS = {
    "constant": "base rate",
    "plain_logistic": "logistic",
    "default_lightgbm": "LightGBM",
    "automl": "FLAML",
    "leadlight": "Leadlight",
}
ROWS = {
    "simulated_7": "simulated CRM",
    "bank_marketing": "bank_marketing",
    "bpic2012": "bpic2012",
    "olist": "olist",
    "x_education": "x_education",
}


def render_figures(root: Path) -> dict[str, str]:
    """Return the text between the markers of the README, by the name of the marker."""
    saved = json.loads((root / "docs" / "results" / "bench_quality.json").read_text(encoding="utf-8"))
    demo = read_demo(root)
    rows = {name: saved["rows"][name] for name in ROWS}
    failed = [f"`{ROWS[name]}`" for name, row in rows.items() if row["calibration"]["answer"] != "holds"]
    return {
        "words": _render_words(demo),
        "figures": _render_table(rows, demo["figures"]["points_table"]["log_loss"]),
        "failed": ", ".join(failed) or "nowhere here",
        "verdicts": _render_verdicts(rows),
        "regret": _render_regret(demo["truth"]),
    }


def render_anchors(root: Path) -> dict[str, str]:
    """Return the text between the markers of docs/explanation/score-and-chance.md, by the name of the marker."""
    stages = read_demo(root)["stages"]
    sales, marketing = (100 * stages[name]["win_rate"] for name in ("sales_qualified", "marketing_qualified"))
    return {
        "anchors": f"In the demo, {sales:.0f} % of the test snapshots at 80 or more were won, and {marketing:.0f} % of "
        "those from 50 to 79. A lead at exactly 80 wins less often than all at 80 or more together."
    }


def read_demo(root: Path) -> dict[str, Any]:
    """Return the metrics of the demo; details.json beside metrics.json counts as a part of them."""
    found: dict[str, Any] = {}
    for name in ("metrics.json", "details.json"):
        path = root / "work" / name
        if path.exists():
            found |= json.loads(path.read_text(encoding="utf-8"))
    return found


def _render_words(demo: dict[str, Any]) -> str:
    held = {name: demo["figures"][name]["lift_at_10_percent"] for name in ("leadlight", "points_table")}
    return (
        f"On the simulated CRM, the top tenth of leads holds {held['leadlight']:.0f} of 10 wins; "
        f"the top tenth of the points table holds {held['points_table']:.0f}."
    )


def _render_table(rows: dict[str, dict[str, Any]], points: float) -> str:
    """Return the table: the lowest log loss of each row is bold, all of them where printed figures are equal."""
    lines = [
        f"| | snapshots (won) | points table | {' | '.join(CONTESTANTS.values())} | saved | wins in the top tenth |",
        "|---" * (len(CONTESTANTS) + 5) + "|",
    ]
    for name, row in rows.items():
        contestants, window = row["contestants"], row["test"]
        losses = [points if name == "simulated_7" else None]
        losses += [contestants[key]["figures"]["log_loss"] for key in CONTESTANTS]
        printed = ["" if loss is None else f"{loss:.4f}" for loss in losses]
        lowest = min(filter(None, printed))
        base = contestants["constant"]
        share = [100 * base["difference"][key] / base["figures"]["log_loss"] for key in ("value", "low", "high")]
        lines.append(
            f"| {ROWS[name]} | {window['snapshots']:,} ({window['base_rate']:.1%}) | "
            + " | ".join(f"**{text}**" if text == lowest else text or "none" for text in printed)
            + f" | {share[0]:.0f} % [{share[1]:.0f}, {share[2]:.0f}] | "
            + f"{10 * contestants['leadlight']['figures']['lift_at_10_percent']:.0f} % |"
        )
    return "\n" + "\n".join(lines) + "\n"


def _render_verdicts(rows: dict[str, dict[str, Any]]) -> str:
    """Count the rows in which Leadlight is better than, tied with or worse than the rivals, by the intervals."""
    rivals = [key for key in CONTESTANTS if key not in {"constant", "leadlight"}]
    sentences = []
    for label, keys in (("the best rival", rivals), ("default LightGBM", ["default_lightgbm"])):
        counts = {"better": 0, "tied": 0, "worse": 0}
        for row in rows.values():
            best = min((row["contestants"][key] for key in keys), key=lambda entry: entry["figures"]["log_loss"])
            difference = best["difference"]
            counts["better" if difference["low"] > 0 else "worse" if difference["high"] < 0 else "tied"] += 1
        verdicts = " and ".join(f"{verdict} on {n}" for verdict, n in counts.items() if n)
        sentences.append(f"compared with {label}, {verdicts}")
    return f"By 95 % intervals on these {len(rows)} sets, Leadlight is, {'; '.join(sentences)}."


def _render_regret(truth: dict[str, dict[str, float]]) -> str:
    regret = {name: figures["regret"] for name, figures in truth.items()}
    return (
        "of the log loss that knowing it would save, "
        f"Leadlight saves {100 - 100 * regret['leadlight']:.0f} %, "
        f"default LightGBM {100 - 100 * regret['default_lightgbm']:.0f} %, "
        f"the points table {100 - 100 * regret['points_table']:.0f} %"
    )
