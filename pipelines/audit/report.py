"""``leadlight audit``: the quality and leak report of a source, before anything is trained."""

from pathlib import Path
from typing import Any

import pandas as pd

from leadlight.pipelines.audit.activity_leakage import find_activity_leakage
from leadlight.pipelines.audit.data_quality import find_quality_issues
from leadlight.pipelines.audit.dataset import AuditDataset, list_mapped_tables, read_audit_dataset
from leadlight.pipelines.audit.findings import INFO, LEAK, SUSPECT, Finding, find_max_severity
from leadlight.pipelines.audit.grouping import group_findings
from leadlight.pipelines.audit.late_filled import find_late_filled
from leadlight.pipelines.audit.post_outcome import find_post_outcome_columns
from leadlight.pipelines.audit.target_leakage import MeasuredColumn, find_target_leakage, measure_columns
from leadlight.pipelines.params import Params
from leadlight.pipelines.workspace.workdir import Workdir, write_folder_atomically, write_json

__all__ = ["audit", "build_report", "summarize"]

#: values that fewer rows have are not written down: they may tell of one person
TOLD_FROM = 10


def audit(params: Params, folder: Path, workdir: Workdir) -> dict[str, Any]:
    """Examine the source and write ``audit.json`` and ``audit.html``.

    Parameters
    ----------
    params : Params
        The mapping, and ``audit.allowlist``.
    folder : Path
        Folder that relative paths of the source start from.
    workdir : Workdir
        Where the clean tables of ``ingest`` are and the report goes, whole or not at all.

    Returns
    -------
    dict
        The report, as ``audit.json`` holds it (see :func:`build_report`).

    Raises
    ------
    SourceError
        If nothing has been ingested, or the source is not readable any more.
    """
    from leadlight.pipelines.audit.html import render_html

    report = build_report(params, folder, workdir)
    with write_folder_atomically(workdir.audit) as fresh:
        write_json(fresh / workdir.audit_report.name, report)
        (fresh / "audit.html").write_text(render_html(report), encoding="utf-8")
    return report


def build_report(params: Params, folder: Path, workdir: Workdir) -> dict[str, Any]:
    """Look for leaks and for what is not as it looks.

    Returns
    -------
    dict
        ``leads``: counts of leads, of those with a final outcome, of wins, and how time is known;
        ``columns``: a list of every column of every table with its profile, what its values and its being
        filled say of the outcome, and ``verdict`` (leak, suspect or clean);
        ``activity_types``: rows, verdict and whether mapped, by type;
        ``findings``: a list of table, column, kind, severity, sentence and figures, leaks first;
        ``months``: leads created and wins recorded a month; ``left_truncated_until``: a moment or null;
        ``refused``: mapped attributes and signals that training refuses.
    """
    material = read_audit_dataset(params, folder, workdir)
    columns = measure_columns(material)
    found = [*find_target_leakage(material, columns), *find_late_filled(material, columns)]
    leaks = {f.column for f in found if f.severity == LEAK}
    found += find_post_outcome_columns(material, columns, leaks)
    found += find_activity_leakage(material)
    found += find_quality_issues(material)
    # stable: within a severity the order of the steps above, from strong evidence to weak
    found = sorted(found, key=lambda finding: finding.rank)
    table = _columns(material, columns, found)
    types = _activity_types(material, found)
    allowed = set(params.audit.allowlist)
    refused = [c["column"] for c in table if c["verdict"] == LEAK and c["mapped"]]
    refused += [name for name, of in types.items() if of["verdict"] == LEAK and of["mapped"]]
    return {
        "leads": {
            "rows": len(material.leads),
            "judged": int(material.final_outcome_mask.sum()),
            "won": int(material.won.sum()),
            "open": int(material.leads["open"].sum()),
            "time": material.report["time"],
            "known_until": material.report["known_until"],
        },
        "columns": table,
        "activity_types": types,
        "findings": [finding.to_dict() for finding in found],
        "months": _months(material),
        "left_truncated_until": material.truncation.until.isoformat() if material.truncation else None,
        "allowed": sorted(allowed),
        "refused": sorted(set(refused) - allowed),
    }


def summarize(report: dict[str, Any]) -> str:
    """Say in a line what an audit came to."""
    told = group_findings(report["findings"])
    leaks, suspects, notes = (told[name].places if name in told else 0 for name in (LEAK, SUSPECT, INFO))
    refused = f", of which training refuses {', '.join(report['refused'])}" if report["refused"] else ""
    return f"{leaks} suspected leaks{refused}; {suspects} to be looked at; {notes} on quality"


def _columns(
    material: AuditDataset, columns: list[MeasuredColumn], found: list[Finding]
) -> list[dict[str, Any]]:
    measured = {column.name: column for column in columns}
    mapped = _mapped(material.params)
    rows = []
    for (table, name), profile in material.profiles.items():
        column = measured.get(name) if table == "leads" else None
        told = find_max_severity(
            [f for f in found if (f.table, f.column) == (table, name) and f.severity != "note"]
        )
        values = column.strength if column else None
        presence = column.missingness if column else None
        rows.append(
            {
                "table": table,
                "column": name,
                "mapped": table == "leads" and name in material.params.attributes,
                "role": mapped.get((table, name)),
                "kind": profile.kind,
                "rows": profile.rows,
                "missing": profile.missing,
                "missing_share": round(profile.missing_share, 6),
                "placeholders": [vars(p) | {"share": round(p.share, 6)} for p in profile.placeholders],
                "distinct": profile.distinct,
                "rare": profile.rare,
                "most_frequent_share": round(profile.mostly_constant_share, 6),
                "top": [
                    [text, n] for text, n in profile.top if n >= TOLD_FROM and profile.kind == "category"
                ],
                "auc": round(values.auc, 6) if values else None,
                "gain": round(values.gain, 6) if values else None,
                "presence_auc": round(presence.auc, 6) if presence else None,
                "presence_gain": round(presence.gain, 6) if presence else None,
                "verdict": told if told in (LEAK, SUSPECT) else "clean",
            }
        )
    return rows


def _mapped(params: Params) -> dict[tuple[str, str], str]:
    """Return what each mapped column is called in params."""
    roles: dict[tuple[str, str], str] = {}
    for name, table in list_mapped_tables(params).items():
        for key, value in table:
            column = value if isinstance(value, str) else getattr(value, "column", None)
            if column is not None and key not in ("path", "delimiter", "encoding"):
                roles[name, column] = key
    return roles | {("leads", name): "attribute" for name in params.attributes}


def _activity_types(material: AuditDataset, found: list[Finding]) -> dict[str, dict[str, Any]]:
    verdicts = {
        name: find_max_severity([f for f in found if (f.table, f.column) == ("activities", name)])
        for name in material.report["activity_types"]
    }
    return {
        name: {
            "rows": rows,
            "mapped": name in material.params.signals,
            "verdict": verdicts[name] if verdicts[name] in (LEAK, SUSPECT) else "clean",
        }
        for name, rows in material.report["activity_types"].items()
    }


def _months(material: AuditDataset) -> list[dict[str, Any]]:
    if not material.dated:
        return []
    wins = material.tables["deals"].loc[material.tables["deals"]["won"], "closed_at"]
    counts = pd.DataFrame(
        {
            "leads": material.leads["created_at"].dt.strftime("%Y-%m").value_counts(),
            "wins": wins.dt.strftime("%Y-%m").value_counts(),
        }
    )
    if counts.empty:
        return []
    every = pd.period_range(counts.index.min(), counts.index.max(), freq="M")
    counts = counts.reindex(every.strftime("%Y-%m")).fillna(0).astype("int64")
    return [
        {"month": str(month), "leads": int(row["leads"]), "wins": int(row["wins"])}
        for month, row in counts.iterrows()
    ]
