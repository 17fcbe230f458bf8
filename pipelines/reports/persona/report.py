"""``leadlight report persona``: lift of fit attributes among won leads."""

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from leadlight.features.catalogue import Feature
from leadlight.pipelines.params import Params
from leadlight.pipelines.reporting.report import Report
from leadlight.pipelines.reports.persona.binning import MIN_LEADS, OTHER, bin_feature
from leadlight.pipelines.reports.persona.cohort import LOST, Cohort, build_cohort
from leadlight.pipelines.reports.persona.console import print_persona
from leadlight.pipelines.reports.persona.html import render_html
from leadlight.pipelines.reports.persona.lift import calculate_cramers_v, compute_lift
from leadlight.pipelines.workspace.workdir import Workdir, round_floats

__all__ = ["REPORT", "build_report"]

#: maximum ranges named in the sentence for each direction
MAX_NAMED = 5


def build(params: Params, workdir: Workdir, on_progress: Callable[[float], None]) -> dict[str, Any]:
    """Compare won leads with others, see :func:`build_cohort` and :func:`build_report`; floats are rounded."""
    cohort = build_cohort(params, workdir)
    report: dict[str, Any] = round_floats(build_report(cohort, params.label.horizon_days))
    return report


def render_files(report: dict[str, Any]) -> dict[str, Any]:
    """Return the page, the report and a table with a row a range."""
    rows = [
        {"topic": topic["name"], **{key: value for key, value in row.items() if key != "distance"}}
        for topic in report["topics"]
        for row in topic["ranges"]
    ]
    return {
        "persona.csv": pd.DataFrame(rows).to_csv(index=False, float_format="%.6g"),
        "persona.json": report,
        "index.html": render_html(report),
    }


def build_report(cohort: Cohort, horizon_days: int) -> dict[str, Any]:
    """Compute the lift of every range of every fit topic.

    Parameters
    ----------
    horizon_days : int
        After which a lead without a win counts as not won, if no deal is recorded as lost.

    Returns
    -------
    dict
        Plain data: ``sentence``, ``more`` and ``less`` (ranges that it names), ``topics`` by strength, each
        with ``ranges`` by lift, ``strongest`` (ranges by how far they part), counts and who is compared.
    """
    spellings = cohort.report["spellings"]
    shown = [f for f in cohort.catalogue.features if f.name in cohort.frame.columns and f.family != "missing"]
    named = {feature.name: bin_feature(feature, cohort.frame[feature.name], spellings) for feature in shown}
    looked_at = sum(len(set(names) - {OTHER}) for names in named.values())
    topics = [_topic(feature, named[feature.name], cohort, looked_at) for feature in shown]
    topics.sort(key=lambda topic: (-topic["strength"], topic["name"]))
    every = [{"topic": topic["name"], **row} for topic in topics for row in topic["ranges"] if row["name"] != OTHER]
    strongest = sorted(every, key=lambda row: (-row["distance"], row["topic"], row["name"]))
    more, less = ([row for row in strongest if row["parts"] == side][:MAX_NAMED] for side in (1, -1))
    fixed = sorted({f.label["en"] for f in shown if f.topic not in cohort.report["historised"]})
    return {
        "sentence": _sentence(more, less),
        "more": more,
        "less": less,
        "topics": topics,
        "strongest": strongest,
        "looked_at": looked_at,
        "min_leads": MIN_LEADS,
        "won": int(cohort.won.sum()),
        "others": int((~cohort.won).sum()),
        "compared_with": cohort.comparison_group,
        "called": "lost" if cohort.comparison_group == LOST else "not won",
        "horizon_days": horizon_days,
        "win_rate": float(cohort.won.mean()),
        "since": cohort.since.isoformat() if cohort.since is not None else None,
        "until": cohort.until.isoformat() if cohort.until is not None else None,
        "as_of_today": fixed if cohort.until is not None else [],
        "simulated": cohort.report["simulated"],
    }


def _topic(feature: Feature, names: pd.Series, cohort: Cohort, looked_at: int) -> dict[str, Any]:
    rows = compute_lift(names, cohort.won, looked_at)
    return {
        "feature": feature.name,
        "name": feature.label.get("en", feature.topic),
        "strength": calculate_cramers_v(names, cohort.won),
        "ranges": [
            row._asdict() | {"parts": row.significant_direction, "distance": row.log_margin}
            for row in sorted(rows, key=lambda row: row.name == OTHER)
        ],
    }


def _sentence(more: Sequence[dict[str, Any]], less: Sequence[dict[str, Any]]) -> str:
    """Name the significant ranges, worded as an association."""
    if not (more or less):
        return "No range of any topic parts won deals from the others beyond chance."
    sides = (("more often had", more), ("less often had", less))
    parts = [f"{words}: {_listed(rows)}." for words, rows in sides if rows]
    return f"Won deals {' They '.join(parts)} In brackets: win rate as a multiple of the average."


def _listed(rows: Sequence[dict[str, Any]]) -> str:
    return ", ".join(f"{row['topic']} “{row['name']}” (×{row['lift']:.1f})" for row in rows)


REPORT = Report(
    name="persona",
    help="Tell what won deals had more often than others: value ranges of fit topics, with lift and counts.",
    progress="Comparing won deals with others",
    build=build,
    summarize=lambda report: f"{report['won']:,} won, {report['others']:,} {report['called']}",
    render_files=render_files,
    print_console=print_persona,
)
