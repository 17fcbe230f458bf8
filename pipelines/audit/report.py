"""``leadlight audit``: report on quality and leakage of a source, before training."""

from pathlib import Path
from typing import Any

import pandas as pd

from leadlight.pipelines.audit.activity_leakage import find_activity_leakage
from leadlight.pipelines.audit.comparison import compare_with_previous, read_previous_report
from leadlight.pipelines.audit.coverage import find_coverage_issues, find_unused_allowances
from leadlight.pipelines.audit.data_quality import find_quality_issues
from leadlight.pipelines.audit.dataset import AuditDataset, list_mapped_tables, read_audit_dataset
from leadlight.pipelines.audit.findings import INFO, LEAK, SUSPECT, Finding, find_max_severity, mark_allowed
from leadlight.pipelines.audit.frozen import find_frozen
from leadlight.pipelines.audit.grouping import group_findings
from leadlight.pipelines.audit.late_filled import find_late_filled
from leadlight.pipelines.audit.overview import build_overview, choose_first_looks
from leadlight.pipelines.audit.post_outcome import find_post_outcome_columns
from leadlight.pipelines.audit.target_leakage import MeasuredColumn, find_target_leakage, measure_columns
from leadlight.pipelines.params import Params
from leadlight.pipelines.workspace.workdir import Workdir, write_folder_atomically, write_json

__all__ = ["audit", "build_report", "summarize"]

#: values with fewer rows are left out of the report: they may identify a person
MIN_VALUE_ROWS = 10


def audit(params: Params, folder: Path, workdir: Workdir) -> dict[str, Any]:
    """Audit the source and write ``audit.json`` and ``audit.html``.

    Parameters
    ----------
    params : Params
        The mapping, and ``audit.allow``.
    folder : Path
        Base folder of relative paths of the source.
    workdir : Workdir
        With the clean tables of ``ingest``; the report is written there atomically.

    Returns
    -------
    dict
        Content of ``audit.json``; see :func:`build_report`.

    Raises
    ------
    SourceError
        If nothing has been ingested, or the source is no longer readable.
    """
    from leadlight.pipelines.audit.html import render_html

    report = build_report(params, folder, workdir)
    report["compared"] = compare_with_previous(report, read_previous_report(workdir.audit_report))
    with write_folder_atomically(workdir.audit) as fresh:
        write_json(fresh / workdir.audit_report.name, report)
        (fresh / "audit.html").write_text(render_html(report), encoding="utf-8")
    return report


def build_report(params: Params, folder: Path, workdir: Workdir) -> dict[str, Any]:
    """Find leaks and quality issues.

    Returns
    -------
    dict
        ``overview``: see :func:`.build_overview`; ``first_looks``: the findings to look at first;
        ``leads``: counts of leads, of those with a final outcome, of wins, and how time is known;
        ``columns``: every column of every table with its profile, predictive power of its values and of its
        missingness, and ``verdict`` (leak, suspect or clean);
        ``activity_types``: rows, verdict and whether mapped, by type;
        ``findings``: table, column, code, title, severity, sentence, figures and allowed, leaks first;
        ``months``: leads created and wins recorded per month; ``left_truncated_until``: a time or null;
        ``refused``: mapped attributes and signals that training refuses; ``compared`` with the audit before, once
        written: see :func:`.compare_with_previous`.
    """
    dataset = read_audit_dataset(params, folder, workdir)
    columns = measure_columns(dataset)
    findings = [*find_target_leakage(dataset, columns), *find_late_filled(dataset, columns)]
    leaks = {f.column for f in findings if f.severity == LEAK}
    findings += find_post_outcome_columns(dataset, columns, leaks)
    findings += find_activity_leakage(dataset) + find_frozen(dataset)
    findings += find_coverage_issues(dataset) + find_quality_issues(dataset)
    findings += find_unused_allowances(findings, params.audit.allowed)
    # stable sort: within a severity from strong evidence to weak
    findings = sorted(findings, key=lambda finding: finding.rank)
    table = _describe_columns(dataset, columns, findings)
    types = _describe_activity_types(dataset, findings)
    marked = mark_allowed([finding.to_dict() for finding in findings], params.audit.allowed)
    mapped = {c["column"] for c in table if c["mapped"]} | {name for name, row in types.items() if row["mapped"]}
    refused = sorted(
        {
            f["column"]
            for f in marked
            if f["severity"] == LEAK and f["column"] in mapped and not f["allowed"] and f["table"] != "deals"
        }
    )
    return {
        "overview": build_overview(dataset),
        "first_looks": choose_first_looks(marked, refused),
        "leads": {
            "rows": len(dataset.leads),
            "judged": int(dataset.final_outcome_mask.sum()),
            "won": int(dataset.won.sum()),
            "open": int(dataset.leads["open"].sum()),
            "time": dataset.report["time"],
            "known_until": dataset.report["known_until"],
        },
        "columns": table,
        "activity_types": types,
        "findings": marked,
        "months": _count_months(dataset),
        "left_truncated_until": dataset.truncation.until.isoformat() if dataset.truncation else None,
        "allowed": [f"{code} {place}" for code, place in params.audit.allowed],
        "refused": refused,
    }


def summarize(report: dict[str, Any]) -> str:
    """Summarize an audit in one line."""
    grouped = group_findings(report["findings"])
    leaks, suspects, notes = (grouped[name].places if name in grouped else 0 for name in (LEAK, SUSPECT, INFO))
    codes = sorted({f["code"] for f in report["findings"] if f["severity"] == LEAK and not f["allowed"]})
    named = f" ({', '.join(codes)})" if codes else ""
    refused = f", of which training refuses {', '.join(report['refused'])}" if report["refused"] else ""
    return f"{leaks} suspected leaks{named}{refused}; {suspects} to be looked at; {notes} on quality"


def _describe_columns(
    dataset: AuditDataset, columns: list[MeasuredColumn], findings: list[Finding]
) -> list[dict[str, Any]]:
    measured = {column.name: column for column in columns}
    roles = _list_roles(dataset.params)
    rows = []
    for (table, name), profile in dataset.profiles.items():
        column = measured.get(name) if table == "leads" else None
        severity = find_max_severity([f for f in findings if (f.table, f.column) == (table, name)])
        power, missingness = (column.power, column.missingness) if column else (None, None)
        rows.append(
            {
                "table": table,
                "column": name,
                "mapped": table == "leads" and name in dataset.params.attributes,
                "role": roles.get((table, name)),
                "kind": profile.kind,
                "rows": profile.rows,
                "missing": profile.missing,
                "missing_share": round(profile.missing_share, 6),
                "placeholders": [p._asdict() | {"share": round(p.share, 6)} for p in profile.placeholders],
                "distinct": profile.distinct,
                "rare": profile.rare,
                "most_frequent_share": round(profile.mostly_constant_share, 6),
                "top": [[text, n] for text, n in profile.top if n >= MIN_VALUE_ROWS and profile.kind == "category"],
                "auc": round(power.auc, 6) if power else None,
                "gain": round(power.gain, 6) if power else None,
                "presence_auc": round(missingness.auc, 6) if missingness else None,
                "presence_gain": round(missingness.gain, 6) if missingness else None,
                "verdict": severity if severity in (LEAK, SUSPECT) else "clean",
            }
        )
    return rows


def _list_roles(params: Params) -> dict[tuple[str, str], str]:
    """Return the key in params of each mapped column."""
    roles: dict[tuple[str, str], str] = {}
    for name, table in list_mapped_tables(params).items():
        for key, value in table:
            column = value if isinstance(value, str) else getattr(value, "column", None)
            if column is not None and key not in ("path", "delimiter", "encoding"):
                roles[name, column] = key
    return roles | {("leads", name): "attribute" for name in params.attributes}


def _describe_activity_types(dataset: AuditDataset, findings: list[Finding]) -> dict[str, dict[str, Any]]:
    verdicts = {
        name: find_max_severity([f for f in findings if (f.table, f.column) == ("activities", name)])
        for name in dataset.report["activity_types"]
    }
    return {
        name: {
            "rows": rows,
            "mapped": name in dataset.params.signals,
            "verdict": verdicts[name] if verdicts[name] in (LEAK, SUSPECT) else "clean",
        }
        for name, rows in dataset.report["activity_types"].items()
    }


def _count_months(dataset: AuditDataset) -> list[dict[str, Any]]:
    if not dataset.dated:
        return []
    wins = dataset.tables["deals"].loc[dataset.tables["deals"]["won"], "closed_at"]
    counts = pd.DataFrame(
        {
            "leads": dataset.leads["created_at"].dt.strftime("%Y-%m").value_counts(),
            "wins": wins.dt.strftime("%Y-%m").value_counts(),
        }
    )
    if counts.empty:
        return []
    every = pd.period_range(counts.index.min(), counts.index.max(), freq="M")
    counts = counts.reindex(every.strftime("%Y-%m")).fillna(0).astype("int64")
    return [
        {"month": str(month), "leads": int(row["leads"]), "wins": int(row["wins"])} for month, row in counts.iterrows()
    ]
