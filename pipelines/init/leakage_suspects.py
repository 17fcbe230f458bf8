"""Columns and activity types that may have been written after the outcome was known."""

from pathlib import Path
from typing import NamedTuple

from leadlight.pipelines.audit.findings import LEAK, SUSPECT
from leadlight.pipelines.audit.report import build_report
from leadlight.pipelines.params import Params
from leadlight.pipelines.workspace.workdir import Workdir

__all__ = ["LeakageSuspects", "find_suspects"]


class LeakageSuspects(NamedTuple):
    """Evidence by column of leads (`leaks` stop training, `doubts` do not) and by activity type (leaks)."""

    leaks: dict[str, str]
    doubts: dict[str, str]
    types: dict[str, str]


def find_suspects(params: Params, folder: Path, workdir: Workdir) -> LeakageSuspects:
    """Audit a draft and return its suspects.

    Parameters
    ----------
    params : Params
        A draft whose source was ingested.
    folder : Path
        Folder of its relative paths.
    workdir : Workdir
        Has the clean tables.
    """
    # reversed, so that the first and strongest finding of a column wins
    findings = build_report(params, folder, workdir)["findings"][::-1]

    def select_sentences(table: str, severity: str) -> dict[str, str]:
        return {
            entry["column"]: entry["sentence"]
            for entry in findings
            if (entry["table"], entry["severity"]) == (table, severity)
        }

    leaks = select_sentences("leads", LEAK)
    suspects = select_sentences("leads", SUSPECT)
    doubts = {column: sentence for column, sentence in suspects.items() if column not in leaks}
    return LeakageSuspects(leaks, doubts, select_sentences("activities", LEAK))
