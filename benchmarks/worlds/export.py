"""The export of a world as the CSV files of a CRM, with its params."""

import datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from worlds.dynamics import TYPES
from worlds.history import World
from worlds.population import DAYS
from worlds.truth import ATTRIBUTES, HORIZON

__all__ = ["NIGHT", "draw_missing", "write_export"]

START = datetime.date(2023, 4, 3)
#: the midnight on which the export ends and the leads are scored
NIGHT = (START + datetime.timedelta(days=DAYS)).isoformat()
#: second of the day on which deals close: after the activities of the day
CLOSING_SECOND = 21 * 3600


def draw_missing(world: World, seed: int) -> pd.DataFrame:
    """Draw which attributes of which leads are missing, whatever their values; shape (leads, attributes)."""
    rng = np.random.default_rng([seed, 2])
    shares = np.array([world.law.missing.get(name, 0.0) for name in ATTRIBUTES])
    return pd.DataFrame(rng.random((len(world.leads), len(ATTRIBUTES))) < shares, columns=list(ATTRIBUTES))


def write_export(world: World, missing: pd.DataFrame, folder: Path) -> None:
    """Write leads.csv, activities.csv, deals.csv and params.yaml to an existing folder."""
    leads, acts = world.leads, world.activities
    ids = leads["lead_id"].to_numpy()
    table = pd.DataFrame(
        {"lead_id": ids, "created_at": _format_times(world, leads["created_day"], leads["created_second"])}
    )
    for name in ATTRIBUTES:
        values = leads[name].astype(int) if name == "employees" else leads[name]
        table[name] = values.astype(str).mask(missing[name], "")
    table.to_csv(folder / "leads.csv", index=False)
    acts = acts.sort_values(["day", "second", "lead"], kind="stable")
    pd.DataFrame(
        {
            "lead_id": ids[acts["lead"]],
            "occurred_at": _format_times(world, acts["day"], acts["second"]),
            "type": np.array(list(TYPES))[acts["type"]],
        }
    ).to_csv(folder / "activities.csv", index=False)
    closed = leads[leads["closed_day"] < DAYS]
    pd.DataFrame(
        {
            "lead_id": closed["lead_id"],
            "closed_at": _format_times(world, closed["closed_day"], np.full(len(closed), CLOSING_SECOND)),
            "status": np.where(closed["won"], "won", "lost"),
        }
    ).to_csv(folder / "deals.csv", index=False)
    (folder / "params.yaml").write_text(_render_params(world), encoding="utf-8")


def _format_times(world: World, day: npt.ArrayLike, second: npt.ArrayLike) -> npt.NDArray[np.object_]:
    midnights = pd.Timestamp(START) + pd.to_timedelta(np.asarray(day), unit="D")
    times = midnights + pd.to_timedelta(np.asarray(second), unit="s")
    return np.asarray(times.strftime(_find_format(world)), dtype=object)


def _find_format(world: World) -> str:
    return "%Y-%m-%d" if world.law.day_stamps else "%Y-%m-%d %H:%M:%S"


def _render_params(world: World) -> str:
    form = f'format: "{_find_format(world)}"'
    kinds = {name: "number" if name == "employees" else "category" for name in ATTRIBUTES}
    effects = {name: "lowers" if name == "unsubscribe" else "raises" for name in TYPES} if world.law.signal else {}
    lines = [
        "source:",
        f"  leads: {{path: leads.csv, lead_id: lead_id, created_at: {{column: created_at, {form}}}}}",
        f"  activities: {{path: activities.csv, lead_id: lead_id, occurred_at: {{column: occurred_at, {form}}},",
        "    type: type}",
        f"  deals: {{path: deals.csv, lead_id: lead_id, closed_at: {{column: closed_at, {form}}},",
        "    status: {column: status, won: [won], lost: [lost]}}",
        "attributes:",
        *(f"  {name}: {{kind: {kind}}}" for name, kind in kinds.items()),
        "signals:",
        *(f"  {name}: {{effect: {effects[name]}}}" if effects else f"  {name}: {{}}" for name in TYPES),
        f"label: {{horizon_days: {HORIZON}}}",
    ]
    return "\n".join(lines) + "\n"
