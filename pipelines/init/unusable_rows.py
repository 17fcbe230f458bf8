"""Shares of rows and of won deals that a trial run could not use."""

from typing import Any, NamedTuple

from leadlight.pipelines.sources.rows.quarantine import LEFT_OUT
from leadlight.pipelines.workspace.workdir import Workdir, read_frame

__all__ = ["UnusableShares", "measure_unusable"]


class UnusableShares(NamedTuple):
    """Shares of rows by table with their most frequent reason; share of the won deals with the same."""

    rows: dict[str, float]
    reasons: dict[str, str]
    wins: float
    why_wins: str


def measure_unusable(rows: dict[str, int], overview: dict[str, Any], work: Workdir) -> UnusableShares:
    """Measure what a trial run without limits left out.

    Parameters
    ----------
    rows : dict
        Table -> rows of its file.
    overview : dict
        Of the audit of that run: see :func:`.build_overview`.
    work : Workdir
        Has the clean tables.
    """
    left_out = [entry for entry in overview["quarantine"] if entry["action"] == LEFT_OUT]
    shares, reasons = {}, {}
    for name in sorted({entry["table"] for entry in left_out}):
        entries = [entry for entry in left_out if entry["table"] == name]
        shares[name] = sum(entry["rows"] for entry in entries) / rows[name]
        reasons[name] = max(entries, key=lambda entry: entry["rows"])["reason"]
    lost = [entry for entry in overview["quarantine"] if entry["table"] == "deals" and entry["wins"]]
    wins = sum(entry["wins"] for entry in lost)
    kept = int(read_frame(work.tables / "deals.parquet", ["won"])["won"].sum())
    if not wins:
        return UnusableShares(shares, reasons, 0.0, "")
    why = max(lost, key=lambda entry: entry["wins"])["reason"]
    return UnusableShares(shares, reasons, wins / (wins + kept), f"{wins:,} of {wins + kept:,}, most often: {why}")
