"""Features of raw records: the given frames are cleaned and computed on by the code of the nightly job."""

import tempfile
import warnings
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import ibis
import pandas as pd
import pyarrow as pa

from leadlight.features.errors import SourceError
from leadlight.models.scoring.scorer import Scorer
from leadlight.pipelines.engines.engine import build_feature_set, open_engine, register_parquet
from leadlight.pipelines.params import Params
from leadlight.pipelines.params.table_files import TableFile
from leadlight.pipelines.sources.rows.quarantine import LEFT_OUT, Quarantine
from leadlight.pipelines.sources.tables.event_tables import clean_activities, clean_history, join_history
from leadlight.pipelines.sources.tables.history_completion import complete_history
from leadlight.pipelines.sources.tables.leads import clean_leads, derive_deals_from_outcomes
from leadlight.pipelines.workspace.as_of import get_latest_midnight_utc, parse_as_of
from leadlight.pipelines.workspace.workdir import Workdir, write_frame, write_json

__all__ = ["RawRecords", "compute_features"]

Mapped = TypeVar("Mapped", bound=TableFile)

EMPTY_ACTIVITIES = {
    "lead_id": "str",
    "occurred_at": "datetime64[us]",
    "type": "str",
    "value": "float64",
    "object": "str",
    "local_at": "datetime64[us]",
}
EMPTY_HISTORY = {
    "lead_id": "str", "attribute": "str", "value": "str", "number": "float64", "changed_at": "datetime64[us]",
}  # fmt: skip


class RawRecords(NamedTuple):
    """Records with the columns that ``source`` of params maps.

    Parameters
    ----------
    leads : pd.DataFrame
    activities, history : pd.DataFrame or None
    """

    leads: pd.DataFrame
    activities: pd.DataFrame | None = None
    history: pd.DataFrame | None = None


def compute_features(
    params: Params, scorer: Scorer, records: RawRecords, *, as_of: object, historised: tuple[str, ...] | None
) -> pd.DataFrame:
    """Compute the features of raw records; see :meth:`.LoadedModel.features`."""
    with tempfile.TemporaryDirectory(prefix="leadlight-") as name:
        folder, workdir = Path(name), Workdir(Path(name) / "work")
        clean, report = _clean_tables(params, records, folder, workdir, historised)
        if historised is not None and records.history is not None:
            report["historised"] = list(historised)
        snapshots = _build_snapshots(clean, as_of, params.source.timezone, report["time"] == "dates")
        write_json(workdir.ingest_report, report)
        write_frame(workdir.snapshots, snapshots.drop_duplicates())
        engine = open_engine(workdir)
        features = build_feature_set(params, report | {"activity_types": scorer.metadata.activity_types})
        scorer.check_catalogue(features.catalogue)
        pairs = register_parquet(engine.connection, workdir.snapshots, "snapshots")
        moment = ibis.timestamp(snapshots["as_of"].iloc[0].isoformat()) if snapshots["as_of"].nunique() == 1 else None
        table = features.build_table(pairs, engine.tables, as_of=moment)
        frame: pd.DataFrame = table.order_by("as_of", "lead_id").to_pyarrow().to_pandas()
        engine.connection.disconnect()
    ordered = snapshots.merge(frame, on=["lead_id", "as_of"], validate="many_to_one")
    return ordered.set_index("lead_id")[scorer.columns]


def _clean_tables(
    params: Params, records: RawRecords, folder: Path, workdir: Workdir, historised: tuple[str, ...] | None
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Clean the frames as their mapping says and write them where engines read; return leads and report."""
    source, table, (leads, activities, history) = params.source, params.source.leads, records
    if source.deals is not None and source.deals.unit == "deal":
        raise SourceError(
            "The raw records must be those of the leads that are scored. Got source.deals.unit: deal, with which deals "
            "are scored: `leadlight featurize --as-of` computes their features."
        )
    optional = {"consent": table.consent, "outcome": table.outcome}
    absent = {name: None for name, entry in optional.items() if entry and entry.column not in leads}
    absent |= {"owner": None} if table.owner not in leads else {}
    mapped = _map_frame(table, "leads", leads, folder).model_copy(update=absent)
    source = source.model_copy(update={"leads": mapped, "database": None})
    usable = params.model_copy(update={"source": source})
    clean, attributes, _ = clean_leads(usable, folder, Quarantine(0.0, judges_spans=False))
    tables = {"leads": clean, "attributes": attributes, "deals": derive_deals_from_outcomes(clean.iloc[:0]).closed}
    quarantine, ids = Quarantine(1.0, judges_spans=False), set(clean["lead_id"])
    if source.activities is not None:
        rows = _select_leads(activities, "activities", source.activities.lead_id, ids)
        tables["activities"] = pd.DataFrame({k: pd.Series(dtype=kind) for k, kind in EMPTY_ACTIVITIES.items()})
        if rows is not None:
            written = _map_frame(source.activities, "activities", rows, folder)
            batches = clean_activities(source, written, folder, clean, quarantine)
            tables["activities"] = pd.concat(batches, ignore_index=True)
    elif activities is not None:
        raise SourceError("The activities must be mapped by source.activities of params. Got a frame and no mapping.")
    if history is not None:
        if source.history is None:
            raise SourceError("The history must be mapped by source.history of params. Got a frame and no mapping.")
        rows = _select_leads(history, "history", source.history.lead_id, ids)
        recorded, old = pd.DataFrame({k: pd.Series(dtype=kind) for k, kind in EMPTY_HISTORY.items()}), None
        if rows is not None:
            changed = _map_frame(source.history, "history", rows, folder)
            recorded, old = join_history(
                clean_history(source, changed, folder, clean, quarantine, attributes=params.attributes)
            )
        tables["history"] = complete_history(recorded, old, clean, attributes, names=historised)
    _warn_of_rows_left_out(quarantine)
    for name, frame in tables.items():
        write_frame(workdir.tables / f"{name}.parquet", frame)
    known = set(tables["history"]["attribute"]) if "history" in tables else set()
    return clean, {
        "rows": {name: len(frame) for name, frame in tables.items()},
        "historised": sorted(known & set(params.attributes)),
        "time": "dates" if table.created_at else "order" if table.order else "none",
    }


def _map_frame(table: Mapped, name: str, frame: pd.DataFrame, folder: Path) -> Mapped:
    """Write a frame, and return the mapping to its file; it holds already what is joined to a table of the source."""
    try:
        frame.to_parquet(folder / f"{name}.parquet", index=False)
    except (pa.ArrowException, ValueError) as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise SourceError(f"Each column of {name} must hold values of one kind. Got {reason}.") from None
    joins = {key: None for key in ("sheet", "through", "attributes_from") if key in type(table).model_fields}
    return table.model_copy(update={"path": f"{name}.parquet"} | joins)


def _select_leads(frame: pd.DataFrame | None, name: str, column: str, ids: set[str]) -> pd.DataFrame | None:
    """Keep the rows of the given leads; None where there are none."""
    if frame is None:
        return None
    if column not in frame:
        raise SourceError(f"The {name} must have the column {column}. Got {', '.join(map(str, frame.columns))}.")
    values = frame[column]
    if pd.api.types.is_float_dtype(values) and (values.dropna() % 1 == 0).all():
        values = values.astype("Int64")
    rows = frame[values.astype("str").str.strip().isin(ids).to_numpy()]
    return None if rows.empty else rows


def _warn_of_rows_left_out(quarantine: Quarantine) -> None:
    for entry in quarantine.count_rows():
        if entry["action"] == LEFT_OUT:
            warnings.warn(
                f"{entry['rows']} rows of {entry['table']} are left out because in column {entry['column']}: "
                f"{entry['reason']}.",
                stacklevel=5,
            )


def _build_snapshots(leads: pd.DataFrame, as_of: object, timezone: str, dated: bool) -> pd.DataFrame:
    """Return lead_id and as_of of each row asked for, in the order given."""
    if isinstance(as_of, pd.DataFrame):
        snapshots = as_of[["lead_id", "as_of"]].reset_index(drop=True)
        unknown = snapshots.loc[~snapshots["lead_id"].isin(leads["lead_id"]), "lead_id"]
        if len(unknown):
            raise SourceError(f"The leads of as_of must be among leads. Got {unknown.iloc[0]!r}.")
    else:
        snapshots = leads[["lead_id"]].assign(as_of=_read_moment(as_of, timezone))
    snapshots = snapshots.astype({"lead_id": "str", "as_of": "datetime64[us]"})
    if dated:
        created = snapshots["lead_id"].map(leads.set_index("lead_id")["created_at"])
        late = snapshots[created > snapshots["as_of"]]
        if len(late):
            raise SourceError(
                "The as_of must not be before the creation of a lead. "
                f"Got {late['as_of'].iloc[0]} UTC for lead {late['lead_id'].iloc[0]}."
            )
    return snapshots


def _read_moment(as_of: object, timezone: str) -> pd.Timestamp:
    if as_of is None:
        return get_latest_midnight_utc(timezone)
    if isinstance(as_of, str):
        return parse_as_of(as_of, timezone)
    moment = pd.Timestamp(as_of)  # type: ignore[arg-type]
    return moment.tz_convert("UTC").tz_localize(None) if moment.tzinfo else moment
