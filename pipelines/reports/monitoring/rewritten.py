"""Records that were read before, compared with the same days read again from the tables of the night."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from leadlight.pipelines.findings.code import FindingCode
from leadlight.pipelines.findings.monitoring_codes import REWRITTEN_SINCE_RUN, REWRITTEN_SINCE_TRAINING
from leadlight.pipelines.profile.row_samples import ATTRIBUTE, summarize_kept
from leadlight.pipelines.reporting.formatting import format_percent_brief
from leadlight.pipelines.reports.monitoring.dataset import MonitoringDataset
from leadlight.pipelines.reports.monitoring.findings import CRITICAL, WARNING, MonitoringFinding

__all__ = ["compare_profiles", "find_rewritten"]

#: shares of rows that are the same; attributes of leads hold today's values and may change
LOOK_KEPT, ACT_KEPT = 0.95, 0.9
LOOK_ATTRIBUTE, ACT_ATTRIBUTE = 0.8, 0.5
#: relative change of the number of rows of a type in 84 days, and rows below which it is not judged
LOOK_COUNT, ACT_COUNT, MIN_COUNT = 0.05, 0.1, 50


def find_rewritten(
    dataset: MonitoringDataset, cut_off_again: dict[str, Any] | None
) -> tuple[list[MonitoringFinding], str]:
    """Compare the days before the training cut-off and before the last run with what was stored of them.

    Parameters
    ----------
    cut_off_again : dict or None
        Profile of the cut-off from the tables of the run; None where they end before it.

    Returns
    -------
    list of MonitoringFinding
    str
        What was compared, without a finding; empty if nothing was.
    """
    findings: list[MonitoringFinding] = []
    compared = []
    if dataset.source_then is not None and cut_off_again is not None:
        when = f"the training cut-off, {dataset.scorer.metadata.cut_off:%Y-%m-%d}"
        findings += compare_profiles(dataset.source_then, cut_off_again, REWRITTEN_SINCE_TRAINING, when)
        compared.append("the training cut-off")
    last = (dataset.last_profile or {}).get("source")
    if last is not None:
        moment = pd.Timestamp(last["as_of"])
        again = dataset.profile_again(moment, last)
        findings += compare_profiles(last, again, REWRITTEN_SINCE_RUN, f"the last run, {moment:%Y-%m-%d}")
        compared.append(f"the last run, {moment:%Y-%m-%d}")
    return findings, f"the records before {' and '.join(compared)} are still there" if compared else ""


def compare_profiles(
    before: dict[str, Any], again: dict[str, Any], code: FindingCode, when: str
) -> Iterator[MonitoringFinding]:
    """Compare a stored profile with the same moment read again.

    Parameters
    ----------
    before, again : dict
        Profiles of the source, see :func:`leadlight.pipelines.profile.source_profile.build_source_profile`.
    code : FindingCode
        Code of the findings.
    when : str
        The moment, in words.
    """
    kept = {
        name: share for name, share in summarize_kept(before["samples"], again["samples"]).items() if share is not None
    }
    attributes = {name: kept.pop(name) for name in [*kept] if name.startswith(ATTRIBUTE)}
    for name, share in kept.items():
        if share < LOOK_KEPT:
            yield _describe(share, ACT_KEPT, code, name.capitalize(), when)
    changed = sorted((share, name) for name, share in attributes.items() if share < LOOK_ATTRIBUTE)
    if changed:
        share, name = changed[0]
        more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        yield _describe(share, ACT_ATTRIBUTE, code, f"{name.capitalize()}{more}", when)
    for table, entry in before["tables"].items():
        yield from _compare_counts(table, entry, again["tables"].get(table, {"kinds": {}}), code, when)


def _describe(share: float, act: float, code: FindingCode, name: str, when: str) -> MonitoringFinding:
    sentence = f"about {format_percent_brief(share)} of the records before {when}, are as they were read then"
    return MonitoringFinding(CRITICAL if share < act else WARNING, code, name, sentence, {"kept": share})


def _compare_counts(
    table: str, before: dict[str, Any], again: dict[str, Any], code: FindingCode, when: str
) -> Iterator[MonitoringFinding]:
    changed = []
    for kind, entry in before["kinds"].items():
        then, now = sum(entry["periods"][:3]), sum(again["kinds"].get(kind, {"periods": []})["periods"][:3])
        if then >= MIN_COUNT and abs(now - then) > LOOK_COUNT * then:
            changed.append((abs(now - then) / then, kind, then, now))
    if changed:
        most, kind, then, now = max(changed)
        more = f", and {len(changed) - 1} more of its types changed" if len(changed) > 1 else ""
        yield MonitoringFinding(CRITICAL if most > ACT_COUNT else WARNING, code, f"{kind} in {table}",
            f"{now:,} rows in the 84 days before {when}, where {then:,} were read then{more}",
            {"now": now, "then": then})  # fmt: skip
