"""``leadlight report changes``: score changes between two scoring runs, by cause."""

from collections.abc import Callable
from typing import Annotated, Any, NamedTuple

import pandas as pd
import typer
from rich.console import Console

from leadlight.models.scoring.score_change import CAUSES
from leadlight.pipelines.params import Params
from leadlight.pipelines.reporting.report import Report
from leadlight.pipelines.score_changes.comparison import RunComparison, compare_runs
from leadlight.pipelines.score_changes.console import render_leads, render_summary
from leadlight.pipelines.score_changes.summary import summarize_changes
from leadlight.pipelines.workspace.as_of import parse_as_of
from leadlight.pipelines.workspace.workdir import Workdir
from leadlight.serving.text.messages import validate_language

__all__ = ["REPORT"]


class _Content(NamedTuple):
    """Two runs compared; the lead that was asked for, if any, and the language of its words."""

    comparison: RunComparison
    lead_id: str | None
    language: str


def build(
    params: Params,
    workdir: Workdir,
    on_progress: Callable[[float], None],
    *,
    lead_id: Annotated[str | None, typer.Argument(help="One lead; the whole base if left out.")] = None,
    since: Annotated[str | None, typer.Option("--since", help="The earlier night; the one before if left out.")] = None,
    as_of: Annotated[str | None, typer.Option("--as-of", help="The later night; the newest if left out.")] = None,
    language: Annotated[str | None, typer.Option("--language", help="Language of words: en or de.")] = None,
) -> _Content:
    """Compare two stored runs, for one lead or for all."""
    validated = validate_language(language or params.language)
    earlier, later = (parse_as_of(t, params.source.timezone) if t else None for t in (since, as_of))
    return _Content(compare_runs(params, workdir, earlier, later, lead_id), lead_id, validated)


def summarize(content: _Content) -> str:
    """Return the dates of the runs and the number of leads in both."""
    comparison = content.comparison
    dates = f"{comparison.earlier.as_of:%Y-%m-%d} and {comparison.later.as_of:%Y-%m-%d}"
    return f"{dates}, {len(comparison.moved):,} of the leads on both"


def render_files(content: _Content) -> dict[str, Any]:
    """Return a table with a row a lead, and counts over all leads; nothing for one lead."""
    comparison = content.comparison
    if content.lead_id is not None:
        return {}
    ids = [change.lead_id for change in comparison.moved]
    before, after = (
        run.set_index("lead_id")["score"].reindex(ids).to_numpy() for run in (comparison.before, comparison.after)
    )
    causes = {cause: [change.causes[cause] for change in comparison.moved] for cause in CAUSES}
    rows = pd.DataFrame({"lead_id": ids, "score_before": before, "score_after": after, **causes})
    return {
        "changes.csv": rows.to_csv(index=False),
        "changes.json": {
            "earlier": comparison.earlier.as_of.isoformat(),
            "later": comparison.later.as_of.isoformat(),
            "models": [comparison.earlier.model_version, comparison.later.model_version],
            **summarize_changes(comparison.before, comparison.after, comparison.moved),
        },
    }


def print_console(content: _Content, console: Console) -> None:
    """Print the causes of one lead, or the summary of all."""
    comparison = content.comparison
    if content.lead_id is None:
        summary = summarize_changes(comparison.before, comparison.after, comparison.moved)
        console.print(render_summary(summary, comparison.earlier.as_of, comparison.later.as_of))
        return
    score = float(comparison.after.set_index("lead_id")["score"][content.lead_id])
    console.print(render_leads(comparison.moved[0], score, comparison.words, content.language))


REPORT = Report(
    name="changes",
    help="Say what moved scores between any two nights: activity, time, corrections, or another model.",
    progress="Comparing two nights",
    build=build,
    summarize=summarize,
    render_files=render_files,
    print_console=print_console,
    pointer="Every lead: {folder}/changes.csv.",
)
