"""docs/quality.md from the saved results; a test keeps it current."""

import json
from pathlib import Path
from typing import Any

__all__ = ["ROWS", "WORDS", "compare_with", "judge", "render_page", "write_page"]

#: rows: folder of the example, and the seed of the simulation
ROWS: dict[str, tuple[str, int | None]] = {
    "simulated_7": ("", 7),
    "simulated_11": ("", 11),
    "simulated_23": ("", 23),
    "bank_marketing": ("bank_marketing", None),
    "bpic2012": ("bpic2012", None),
    "olist": ("olist", None),
    "x_education": ("x_education", None),
}
WORDS = {
    "leadlight": "Leadlight",
    "constant": "constant",
    "naive_bayes_fit": "naive Bayes, attributes",
    "naive_bayes": "naive Bayes, everything",
    "plain_logistic": "plain logistic",
    "default_lightgbm": "default LightGBM",
    "calibrated_boosting": "calibrated boosting",
    "automl": "FLAML",
}
FIGURES = {
    "log_loss": ("log loss", 4),
    "brier": ("Brier", 4),
    "auc": ("AUC", 3),
    "average_precision": ("AP", 3),
    "ece": ("ECE", 4),
    "lift_at_10_percent": ("lift at 10 %", 2),
}


def write_page(root: Path) -> None:
    """Write the page."""
    (root / "docs" / "quality.md").write_text(render_page(root), encoding="utf-8")


def render_page(root: Path) -> str:
    """Return the page as Markdown."""
    path = root / "docs" / "results" / "bench_quality.json"
    found = json.loads(path.read_text(encoding="utf-8"))
    rows = {name: found["rows"][name] for name in ROWS if name in found["rows"]}
    return _render(found | {"rows": {name: _order_contestants(row) for name, row in rows.items()}})


def _order_contestants(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"contestants": {name: row["contestants"][name] for name in WORDS if name in row["contestants"]}}


def find_best_rival(row: dict[str, Any]) -> str:
    """Return the rival with the lowest log loss."""
    losses = {n: c["figures"]["log_loss"] for n, c in row["contestants"].items() if n != "leadlight"}
    return min(losses, key=lambda name: losses[name])


def judge(row: dict[str, Any]) -> str:
    """Judge a row: ``lowest``, ``tied`` or ``behind``.

    Parameters
    ----------
    row : dict
        A saved row: ``contestants``, each rival with its ``difference`` of log loss to Leadlight.

    Returns
    -------
    str
        ``behind`` if any rival's interval lies below zero, ``lowest`` if that of the best rival lies above
        zero, else ``tied``.
    """
    differences = {n: c["difference"] for n, c in row["contestants"].items() if n != "leadlight"}
    if any(difference["high"] < 0 for difference in differences.values()):
        return "behind"
    return "lowest" if differences[find_best_rival(row)]["low"] > 0 else "tied"


def compare_with(row: dict[str, Any], rival: str) -> str:
    """Compare Leadlight with one rival: ``strictly better``, ``lower``, ``not lower`` or ``behind``."""
    difference = row["contestants"][rival]["difference"]
    if difference["high"] < 0:
        return "behind"
    if difference["low"] > 0:
        return "strictly better"
    return "lower" if difference["value"] > 0 else "not lower"


def _render(found: dict[str, Any]) -> str:
    rows, machine = found["rows"], found["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    missing = [name for name in ROWS if name not in rows]
    trial = f"\n**A trial: {', '.join(_format_title(name) for name in missing)} not run.**\n" if missing else ""
    minutes = (
        sum(
            sum(r["seconds"].values()) + sum(c["seconds"] for n, c in r["contestants"].items() if n != "leadlight")
            for r in rows.values()
        )
        / 60
    )
    return f"""# Quality

Generated from `docs/results/bench_quality.json` by `make bench-quality`; a test keeps this page current and checks the bars. One run on {machine["date"]}, about {max(1, round(minutes))} min on {machine["cores"]} cores, {machine["system"]}, {versions}.
{trial}
All models are trained on the same past and scored once on the same newest window. A gap as long as the horizon separates them.
Log loss is in nats, less is better; differences are rival minus Leadlight, **above zero means that
Leadlight is better**, in thousandths, with a 95 % bootstrap interval by lead ({found["draws"]:,} paired resamples).

{_render_summary(rows)}

Verdicts follow from the intervals: *lowest*: that of the best rival lies above zero; *tied*: it contains zero; *behind*: that of
some rival lies below zero. Against default LightGBM: *strictly better* if the interval lies above zero, *lower* if only the
estimate does.

{_render_losses(rows)}

## Contestants

| | |
|---|---|
| constant | the base rate of the past |
| naive Bayes | as in Odoo's predictive lead scoring (`addons/crm/models/crm_lead.py`, `_pls_get_naive_bayes_probabilities`): product of the shares of each value among won and lost, with 0.1 added to each count; missing and unseen values are skipped. Odoo has categories only, so numbers are binned into ten quantiles here. *Attributes* uses the fit group, close to the fields of a CRM; *everything* uses all features, whose correlation naive Bayes ignores |
| plain logistic | scikit-learn's `LogisticRegression` on scaled numbers and one-hot categories |
| default LightGBM | `LGBMClassifier` with its defaults and its categories |
| calibrated boosting | scikit-learn's `HistGradientBoostingClassifier` with native categories in `CalibratedClassifierCV`, both with their defaults, five folds by lead |
| FLAML | `AutoML` with log loss as its metric and folds by lead, for the training and calibration time of Leadlight on that row, at least 20 s; it chooses among LightGBM, histogram boosting, random forest, extra trees and L1 logistic regression (XGBoost and CatBoost are not installed) |

All use the features of Leadlight: this compares models, not features. A search with a time budget is not exactly repeatable.

## By row

{chr(10).join(_render_detail(name, row) for name, row in rows.items())}
{_render_simulated(rows)}{_render_bank(rows)}
## Not tested

Other AutoML systems and longer budgets; rivals tuned by hand; features of others; commercial lead scoring, which cannot be run here;
the effect on sales. Three of the seven rows are one simulation with three seeds, which is part of Leadlight and on which it was
developed. The real sets are public and from before 2019; `olist` has two attributes and no activities, and
`x_education` no dates, only an order.
"""


def _format_title(name: str) -> str:
    seed = ROWS[name][1]
    return name if seed is None else f"simulated CRM, seed {seed}"


def _render_summary(rows: dict[str, Any]) -> str:
    lines = [
        "| | test snapshots (won) | Leadlight | best rival | its log loss | difference | verdict | against default LightGBM |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, row in rows.items():
        best, test = find_best_rival(row), row["test"]
        rival = row["contestants"][best]
        lines.append(
            f"| {_format_title(name)} | {test['snapshots']:,} ({test['base_rate']:.1%}) | "
            f"{row['contestants']['leadlight']['figures']['log_loss']:.4f} | {WORDS[best]} | {rival['figures']['log_loss']:.4f} | "
            f"{_format_difference(rival)} | {judge(row)} | {compare_with(row, 'default_lightgbm')} |"
        )
    return "\n".join(lines)


def _render_losses(rows: dict[str, Any]) -> str:
    lines = [
        f"- {_format_title(name)}: {WORDS[rival]}, {_format_difference(entry)}"
        + (" (beyond chance)" if entry["difference"]["high"] < 0 else "")
        for name, row in rows.items()
        for rival, entry in row["contestants"].items()
        if rival != "leadlight" and entry["difference"]["value"] < 0
    ]
    if not lines:
        return "No rival has a lower log loss."
    return "Rivals with a lower log loss:\n\n" + "\n".join(lines)


def _format_difference(entry: dict[str, Any]) -> str:
    value, low, high = (1000 * entry["difference"][key] for key in ("value", "low", "high"))
    return f"{value:+.1f} [{low:+.1f}, {high:+.1f}]"


def _render_detail(name: str, row: dict[str, Any]) -> str:
    known = "truth" in row["contestants"]["leadlight"]
    titles = [title for title, _ in FIGURES.values()] + ["difference"] + (["regret", "error"] if known else [])
    lines = [f"| | {' | '.join(titles)} |", "|---" * (len(titles) + 1) + "|"]
    for rival, entry in row["contestants"].items():
        cells = [f"{entry['figures'][key]:.{digits}f}" for key, (_, digits) in FIGURES.items()]
        cells.append(_format_difference(entry) if "difference" in entry else "")
        if known:
            cells += [f"{entry['truth']['regret']:.3f}", f"{entry['truth']['mean_absolute_error']:.4f}"]
        note = f" ({entry['note']})" if entry["note"] else ""
        lines.append(f"| {WORDS[rival]}{note} | {' | '.join(cells)} |")
        if rival == "leadlight":
            spans = (
                f"{row['intervals'][key]['low']:.{digits}f} to {row['intervals'][key]['high']:.{digits}f}"
                for key, (_, digits) in FIGURES.items()
            )
            lines.append(f"| 95 % | {' | '.join(spans)} |" + " |" * (len(titles) - len(FIGURES)))
    test, past = row["test"], row["past"]
    text = (
        f"{past['snapshots']:,} training snapshots ({past['wins']:,} won); {test['snapshots']:,} ({test['wins']:,} won) of "
        f"{test['leads']:,} leads scored, {_format_span(test)}. Leadlight trained for {row['seconds_to_train']:.0f} s, FLAML for {row['contestants']['automl']['seconds']:.0f} s."
    )
    return f"### {_format_title(name)}\n\n{text}\n\n" + "\n".join(lines) + "\n"


def _render_simulated(rows: dict[str, Any]) -> str:
    simulated = {name: row for name, row in rows.items() if "truth" in row["contestants"]["leadlight"]}
    if not simulated:
        return ""
    lines = ["| | regret | default LightGBM | slope | actual over expected wins |", "|---|---|---|---|---|"]
    for name, row in simulated.items():
        slope, ratio = (row["calibration"][name] for name in ("slope", "actual_over_expected"))
        ours = row["contestants"]["leadlight"]
        lines.append(
            f"| {_format_title(name)} | {ours['truth']['regret']:.3f} | {row['contestants']['default_lightgbm']['truth']['regret']:.3f} | "
            f"{slope['value']:.3f} [{slope['low']:.3f}, {slope['high']:.3f}] | {ratio['value']:.3f} [{ratio['low']:.3f}, {ratio['high']:.3f}] |"
        )
    return f"""
## Against the truth

The simulation has every lead's true probability. *Regret* is the missing share of the improvement from the best constant to the
truth; *error*, in the tables above, is the mean absolute difference of predicted and true probability. A calibration slope of 1 is
perfect, below 1 is overconfident. Brackets are 95 % intervals by lead.

{chr(10).join(lines)}
"""


def _render_bank(rows: dict[str, Any]) -> str:
    if "bank_marketing" not in rows:
        return ""
    found = rows["bank_marketing"]["calibration"]
    answer = {
        "holds": "holds",
        "fails": "fails, so pages show a rank instead of a probability",
        "too_little_evidence": "has too little evidence, so pages show a rank instead of a probability",
    }[found["answer"]]
    return f"""
## A base rate that moves: bank_marketing

The win rate in the test window differs much from that of the past. The calibration check {answer}.
"""


def _format_span(test: dict[str, Any]) -> str:
    """Format the test window; sources without dates have only an order, on a single day."""
    return "the newest in order" if test["from"] == test["to"] else f"{test['from']} to {test['to']}"
