"""Columns and activity types that seem to have been written when the outcome was known."""

from dataclasses import dataclass, field
from pathlib import Path

from leadlight.pipelines.audit.findings import LEAK, SUSPECT
from leadlight.pipelines.audit.report import build_report
from leadlight.pipelines.params import Params
from leadlight.pipelines.workspace.workdir import Workdir

__all__ = ["LeakageSuspects", "find_suspects"]


@dataclass(frozen=True)
class LeakageSuspects:
    """What the audit says of a draft.

    Parameters
    ----------
    leaks, doubts : dict
        Column of leads -> the evidence: strong enough that training would refuse it, or worth a look.
    types : dict
        Activity type -> the evidence, where training would refuse it.
    """

    leaks: dict[str, str] = field(default_factory=dict)
    doubts: dict[str, str] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)


def find_suspects(params: Params, folder: Path, workdir: Workdir) -> LeakageSuspects:
    """Audit a draft.

    Parameters
    ----------
    params : Params
        A draft that was ingested.
    folder : Path
        Folder that its paths start from.
    workdir : Workdir
        Where the clean tables are.
    """
    found = build_report(params, folder, workdir)["findings"][::-1]  # of several, the first is the strongest

    def told(table: str, severity: str) -> dict[str, str]:
        return {
            entry["column"]: entry["sentence"]
            for entry in found
            if (entry["table"], entry["severity"]) == (table, severity)
        }

    leaks = told("leads", LEAK)
    doubts = {name: said for name, said in told("leads", SUSPECT).items() if name not in leaks}
    return LeakageSuspects(leaks, doubts, told("activities", LEAK))
