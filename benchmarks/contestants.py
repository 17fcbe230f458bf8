"""Contestants of the feature benchmark: the same window features, each in its own process.

``python contestants.py NAME FOLDER`` prints one line of JSON: seconds, peak memory and path of the result.
"""

import json
import math
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

AS_OF = "2025-06-01"
TYPES = [f"type_{i}" for i in range(10)]
WINDOWS, HALF_LIVES = (7, 30, 90), (7, 30)
#: features of all contestants: 5 for each of 10 types and for all types together
NAMES = [
    f"{family}__{topic}"
    for topic in (*TYPES, "any")
    for family in (*(f"count_{d}d" for d in WINDOWS), *(f"decay_{h}d" for h in HALF_LIVES))
]


def leadlight(folder: Path, output: Path, names: list[str] | None = NAMES) -> None:
    """Compute the declared features as `leadlight featurize` does."""
    import ibis

    from leadlight.features.catalogue import SignalSpec
    from leadlight.features.feature_set import FeatureSet
    from leadlight.pipelines.engines.engine import open_engine
    from leadlight.pipelines.engines.open_leads import select_open_leads
    from leadlight.pipelines.workspace.as_of import parse_as_of
    from leadlight.pipelines.workspace.workdir import Workdir

    engine = open_engine(Workdir(folder))
    signals = (
        *(SignalSpec(name) for name in TYPES[:8]),
        SignalSpec(TYPES[8], has_value=True, has_objects=True),
        SignalSpec(TYPES[9], by_sales=True),
    )
    features = FeatureSet((), signals, has_activities=True, has_age=True, has_objects=True)
    leads = select_open_leads(engine, parse_as_of(AS_OF, "UTC"))
    table = features.build_table(leads, engine.tables, columns=names, as_of=ibis.timestamp(AS_OF))
    engine.connection.to_parquet(table, output)


def leadlight_all(folder: Path, output: Path) -> None:
    """Compute all declared features of the same signals: also days, gaps, touches, values, objects."""
    leadlight(folder, output, None)


def sql_in_two_stages(folder: Path, output: Path) -> None:
    """Compute the features by hand-written DuckDB SQL, for this time only."""
    import duckdb

    first = [f"count(*) filter (where age <= {d}) as count_{d}d" for d in WINDOWS]
    first += [f"sum(exp(age * {-math.log(2) / h!r})) as decay_{h}d" for h in HALF_LIVES]
    second = []
    for name in NAMES:
        family, _, topic = name.partition("__")
        here = "" if topic == "any" else f" filter (where type = '{topic}')"
        second.append(f"coalesce(sum({family}){here}, 0)::double as {name}")
    duckdb.sql(f"""
        copy (
            with known as (
                select lead_id, type, (epoch(timestamp '{AS_OF}') - epoch(occurred_at)) / 86400.0 as age
                from '{folder}/tables/activities.parquet' where occurred_at < timestamp '{AS_OF}'
            ), by_type as (
                select lead_id, type, {", ".join(first)} from known group by lead_id, type
            ), by_lead as (
                select lead_id, {", ".join(second)} from by_type group by lead_id
            )
            select leads.lead_id, by_lead.* exclude (lead_id)
            from '{folder}/tables/leads.parquet' leads left join by_lead on leads.lead_id = by_lead.lead_id
        ) to '{output}' (format parquet)
    """)


def good_pandas(folder: Path, output: Path) -> None:
    """Compute the features by vectorized pandas: one groupby and unstack per window."""
    import numpy as np
    import pandas as pd

    table = pd.read_parquet(folder / "tables" / "activities.parquet", columns=["lead_id", "occurred_at", "type"])
    leads = pd.read_parquet(folder / "tables" / "leads.parquet", columns=["lead_id"])["lead_id"]
    table = table[table["occurred_at"] < pd.Timestamp(AS_OF)]
    lead = pd.Index(leads).get_indexer(table["lead_id"])
    kind = pd.Categorical(table["type"], categories=TYPES).codes
    age = (pd.Timestamp(AS_OF) - table["occurred_at"]).dt.total_seconds().to_numpy() / 86_400
    columns = {}

    def add_columns(family: str, rows: np.ndarray, weights: np.ndarray | None) -> None:
        keyed = pd.DataFrame({"lead": lead[rows], "kind": kind[rows]})
        grouped = keyed.groupby(["lead", "kind"], sort=False)
        sums = grouped.size() if weights is None else keyed.assign(w=weights).groupby(["lead", "kind"])["w"].sum()
        wide = sums.unstack(fill_value=0).reindex(index=range(len(leads)), columns=range(len(TYPES)), fill_value=0)
        for place, name in enumerate(TYPES):
            columns[f"{family}__{name}"] = wide[place].to_numpy(dtype=float)
        columns[f"{family}__any"] = wide.sum(axis=1).to_numpy(dtype=float)

    for days in WINDOWS:
        add_columns(f"count_{days}d", np.flatnonzero(age <= days), None)
    for half_life in HALF_LIVES:
        add_columns(f"decay_{half_life}d", np.arange(len(age)), np.exp(age * (-math.log(2) / half_life)))
    pd.DataFrame({"lead_id": leads, **columns})[["lead_id", *NAMES]].to_parquet(output, index=False)


CONTESTANTS: dict[str, Callable[[Path, Path], None]] = {
    "leadlight": leadlight,
    "sql_in_two_stages": sql_in_two_stages,
    "good_pandas": good_pandas,
    "leadlight_all": leadlight_all,
}


def main() -> None:
    """Run and time one contestant; imports come first and are not timed."""
    import duckdb  # noqa: F401
    import ibis  # noqa: F401
    import pandas as pd  # noqa: F401

    import leadlight.pipelines.stages.featurize  # noqa: F401

    name, folder = sys.argv[1], Path(sys.argv[2])
    output = folder / f"{name}.parquet"
    started = time.perf_counter()
    CONTESTANTS[name](folder, output)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"seconds": seconds, "peak_bytes": peak, "output": str(output)}))


if __name__ == "__main__":
    main()
