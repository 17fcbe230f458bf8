"""``leadlight report persona``: what won deals had more often than others."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd

from leadlight.features.catalogue import Feature
from leadlight.pipelines.params import Params
from leadlight.pipelines.reports.persona.binning import MIN_LEADS, OTHER, bin_feature
from leadlight.pipelines.reports.persona.cohort import LOST, Cohort, build_cohort
from leadlight.pipelines.reports.persona.html import render_html
from leadlight.pipelines.reports.persona.lift import RangeLift, calculate_cramers_v, compute_lift
from leadlight.pipelines.workspace.workdir import Workdir, round_floats, write_atomically, write_json

__all__ = ["build_report", "write_persona"]

#: ranges that the sentence names, on either side
MAX_NAMED = 5


def write_persona(params: Params, workdir: Workdir) -> dict[str, Any]:
    """Compare won leads with others, and write the page, the report and its table.

    Parameters
    ----------
    params : Params
        Attributes, span and horizon.
    workdir : Workdir
        Where the clean tables are, and ``report/persona/`` goes.

    Returns
    -------
    dict
        The report, see :func:`build_report`.

    Raises
    ------
    ParamsError
        If no attribute says how well a lead fits.
    NotEnoughDataError
        If there are no won leads, or nobody to compare them with.
    """
    report: dict[str, Any] = round_floats(
        build_report(build_cohort(params, workdir), params.label.horizon_days)
    )
    folder = workdir.root / "report" / "persona"
    rendered = render_html(report)
    rows = [
        {"topic": topic["name"], **{key: value for key, value in row.items() if key != "distance"}}
        for topic in report["topics"]
        for row in topic["ranges"]
    ]
    with write_atomically(folder / "persona.csv") as temporary:
        pd.DataFrame(rows).to_csv(temporary, index=False, float_format="%.6g")
    write_json(folder / "persona.json", report)
    with write_atomically(folder / "index.html") as temporary:
        temporary.write_text(rendered, encoding="utf-8")
    return report


def build_report(people: Cohort, horizon_days: int) -> dict[str, Any]:
    """Look at every range of every fit topic.

    Parameters
    ----------
    people : People
        Who is compared.
    horizon_days : int
        After which a lead without a win counts as not won, where nobody is recorded as lost.

    Returns
    -------
    dict
        Plain data: ``sentence``, ``more`` and ``less`` (ranges that it names), ``topics`` by strength, each
        with ``ranges`` by lift, ``strongest`` (ranges by how far they part), counts and who is compared.
    """
    spellings = people.report["spellings"]
    shown = [f for f in people.catalogue.features if f.name in people.frame.columns and f.family != "missing"]
    named = {feature.name: bin_feature(feature, people.frame[feature.name], spellings) for feature in shown}
    looked_at = sum(len(set(names) - {OTHER}) for names in named.values())
    topics = [_topic(feature, named[feature.name], people, looked_at) for feature in shown]
    topics.sort(key=lambda topic: (-topic["strength"], topic["name"]))
    every = [
        {"topic": topic["name"], **row} for topic in topics for row in topic["ranges"] if row["name"] != OTHER
    ]
    strongest = sorted(every, key=lambda row: (-row["distance"], row["topic"], row["name"]))
    more, less = ([row for row in strongest if row["parts"] == side][:MAX_NAMED] for side in (1, -1))
    fixed = sorted({f.label["en"] for f in shown if f.topic not in people.report["historised"]})
    return {
        "sentence": _sentence(more, less),
        "more": more,
        "less": less,
        "topics": topics,
        "strongest": strongest,
        "looked_at": looked_at,
        "min_leads": MIN_LEADS,
        "won": int(people.won.sum()),
        "others": int((~people.won).sum()),
        "compared_with": people.comparison_group,
        "called": "lost" if people.comparison_group == LOST else "not won",
        "horizon_days": horizon_days,
        "win_rate": float(people.won.mean()),
        "since": people.since.isoformat() if people.since is not None else None,
        "until": people.until.isoformat() if people.until is not None else None,
        "as_of_today": fixed if people.until is not None else [],
        "simulated": people.report["simulated"],
    }


def _topic(feature: Feature, names: pd.Series, people: Cohort, looked_at: int) -> dict[str, Any]:
    rows = compute_lift(names, people.won, looked_at)
    pooled = [row for row in rows if row.name == OTHER]
    return {
        "feature": feature.name,
        "name": feature.label.get("en", feature.topic),
        "strength": calculate_cramers_v(names, people.won),
        "ranges": [_plain(row) for row in [*(row for row in rows if row.name != OTHER), *pooled]],
    }


def _plain(row: RangeLift) -> dict[str, Any]:
    return asdict(row) | {"parts": row.significant_direction, "distance": row.log_margin}


def _sentence(more: Sequence[dict[str, Any]], less: Sequence[dict[str, Any]]) -> str:
    """Tell the ranges that part for sure; an association, and told as one."""
    if not (more or less):
        return "No range of any topic parts won deals from the others beyond chance."
    sides = (("more often had", more), ("less often had", less))
    told = [f"{words}: {_listed(rows)}." for words, rows in sides if rows]
    return f"Won deals {' They '.join(told)} In brackets: win rate as a multiple of the average."


def _listed(rows: Sequence[dict[str, Any]]) -> str:
    return ", ".join(f"{row['topic']} “{row['name']}” (×{row['lift']:.1f})" for row in rows)
