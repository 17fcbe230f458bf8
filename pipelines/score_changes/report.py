"""``leadlight report changes``: what moved scores between two nights, in the terminal and as files."""

from pathlib import Path

import pandas as pd

from leadlight.models.scoring.score_change import CAUSES
from leadlight.pipelines.score_changes.comparison import RunComparison
from leadlight.pipelines.score_changes.summary import summarize_changes
from leadlight.pipelines.workspace.workdir import (
    Workdir,
    write_atomically,
    write_folder_atomically,
    write_json,
)

__all__ = ["write_changes"]


def write_changes(found: RunComparison, workdir: Workdir) -> tuple[dict[str, object], Path]:
    """Write what changed: ``changes.csv``, a row a lead, and ``changes.json``, counts over the base.

    Parameters
    ----------
    found : Between
        Two nights compared.
    workdir : Workdir
        The files go to its ``report/changes``.

    Returns
    -------
    summary : dict
        See :func:`leadlight.pipelines.score_changes.summary.summarize_changes`.
    folder : Path
    """
    summary = summarize_changes(found.before, found.after, found.moved)
    scores = [
        night.set_index("lead_id")["score"].reindex([change.lead_id for change in found.moved]).to_numpy()
        for night in (found.before, found.after)
    ]
    rows = pd.DataFrame(
        {
            "lead_id": [change.lead_id for change in found.moved],
            "score_before": scores[0],
            "score_after": scores[1],
            **{cause: [change.causes[cause] for change in found.moved] for cause in CAUSES},
        }
    )
    told = {
        "earlier": found.earlier.as_of.isoformat(),
        "later": found.later.as_of.isoformat(),
        "models": [found.earlier.model_version, found.later.model_version],
        **summary,
    }
    folder = workdir.root / "report" / "changes"
    with write_folder_atomically(folder) as fresh:
        with write_atomically(fresh / "changes.csv") as temporary:
            rows.to_csv(temporary, index=False)
        write_json(fresh / "changes.json", told)
    return summary, folder
