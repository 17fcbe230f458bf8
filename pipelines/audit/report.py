"""``leadlight audit``: the quality and leak report of a source, before anything is trained."""

from pathlib import Path
from typing import Any

import pandas as pd

from leadlight.pipelines.audit.activity_leakage import deeds
from leadlight.pipelines.audit.data_quality import quality
from leadlight.pipelines.audit.dataset import Material, mapped_tables, read_material
from leadlight.pipelines.audit.findings import LEAK, NOTE, SUSPECT, Finding, worst
from leadlight.pipelines.audit.grouping import tell
from leadlight.pipelines.audit.late_filled import late
from leadlight.pipelines.audit.post_outcome import written_later
from leadlight.pipelines.audit.target_leakage import Column, giving_away, look_at
from leadlight.pipelines.params import Params
from leadlight.pipelines.workspace.workdir import Workdir, replacing_folder, write_json

__all__ = ["audit", "examine", "in_short"]

#: values that fewer rows have are not written down: they may tell of one person
TOLD_FROM = 10


def audit(params: Params, folder: Path, workdir: Workdir) -> dict[str, Any]:
    """Examine the source and write ``audit.json`` and ``audit.html``.

    Parameters
    ----------
    params : Params
        The mapping, and ``audit.allow``.
    folder : Path
        Folder that relative paths of the source start from.
    workdir : Workdir
        Where the clean tables of ``ingest`` are and the report goes, whole or not at all.

    Returns
    -------
    dict
        The report, as ``audit.json`` holds it (see :func:`examine`).

    Raises
    ------
    SourceError
        If nothing has been ingested, or the source is not readable any more.
    """
    from leadlight.pipelines.audit.html import page

    report = examine(params, folder, workdir)
    with replacing_folder(workdir.audit) as fresh:
        write_json(fresh / workdir.audit_report.name, report)
        (fresh / "audit.html").write_text(page(report), encoding="utf-8")
    return report


def examine(params: Params, folder: Path, workdir: Workdir) -> dict[str, Any]:
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
    material = read_material(params, folder, workdir)
    columns = look_at(material)
    found = [*giving_away(material, columns), *late(material, columns)]
    leaks = {f.column for f in found if f.severity == LEAK}
    found += written_later(material, columns, leaks)
    found += deeds(material)
    found += quality(material)
    # stable: within a severity the order of the steps above, from strong evidence to weak
    found = sorted(found, key=lambda finding: finding.rank)
    table = _columns(material, columns, found)
    types = _activity_types(material, found)
    allowed = set(params.audit.allow)
    refused = [c["column"] for c in table if c["verdict"] == LEAK and c["mapped"]]
    refused += [name for name, of in types.items() if of["verdict"] == LEAK and of["mapped"]]
    return {
        "leads": {
            "rows": len(material.leads),
            "judged": int(material.judged.sum()),
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


def in_short(report: dict[str, Any]) -> str:
    """Say in a line what an audit came to."""
    told = tell(report["findings"])
    leaks, suspects, notes = (told[name].places if name in told else 0 for name in (LEAK, SUSPECT, NOTE))
    refused = f", of which training refuses {', '.join(report['refused'])}" if report["refused"] else ""
    return f"{leaks} suspected leaks{refused}; {suspects} to be looked at; {notes} on quality"


def _columns(material: Material, columns: list[Column], found: list[Finding]) -> list[dict[str, Any]]:
    measured = {column.name: column for column in columns}
    mapped = _mapped(material.params)
    rows = []
    for (table, name), profile in material.profiles.items():
        column = measured.get(name) if table == "leads" else None
        told = worst([f for f in found if (f.table, f.column) == (table, name) and f.severity != "note"])
        values = column.strength if column else None
        presence = column.presence if column else None
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
    for name, table in mapped_tables(params).items():
        for key, value in table:
            column = value if isinstance(value, str) else getattr(value, "column", None)
            if column is not None and key not in ("path", "delimiter", "encoding"):
                roles[name, column] = key
    return roles | {("leads", name): "attribute" for name in params.attributes}


def _activity_types(material: Material, found: list[Finding]) -> dict[str, dict[str, Any]]:
    verdicts = {
        name: worst([f for f in found if (f.table, f.column) == ("activities", name)])
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


def _months(material: Material) -> list[dict[str, Any]]:
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
