"""Files that cannot be mapped beside the leads: they are left out of params, with the reason."""

from leadlight.pipelines.init.key_detection import DetectedKeys
from leadlight.pipelines.init.source_tables import SourceTable
from leadlight.pipelines.init.time_roles import score_creation

__all__ = ["find_unmappable"]

#: table -> what its time is of
EVENTS = {
    "deals": "its close",
    "activities": "each activity",
    "history": "each change",
    "stages": "entering each stage",
}


def find_unmappable(tables: dict[str, SourceTable], keys: DetectedKeys) -> dict[str, str]:
    """Return the tables that cannot be mapped, with a sentence that says why.

    Parameters
    ----------
    tables, keys
        What was read, and the keys that were found.
    """
    leads, found = tables["leads"], {}
    for name, table in tables.items():
        if name == "leads":
            continue
        columns = ", ".join(map(str, table.frame.columns))
        if keys.columns["leads"] is None:
            found[name] = (
                "The table leads must have a column with a different value for each lead, where there are other "
                f"tables. Got none among {', '.join(map(str, leads.frame.columns))}."
            )
        elif name not in keys.columns:
            found[name] = (
                f"The tables leads and {name} must share the lead's key. Got no column with common values: "
                f"leads has {', '.join(map(str, leads.frame.columns))}; {name} has {columns}."
            )
        elif not leads.times or ("deals" not in tables and max(map(score_creation, leads.times.values())) <= 0):
            found[name] = _say_no_time("leads", f"its creation where there is a table of {name}", leads)
        elif not table.times:
            found[name] = _say_no_time(name, EVENTS[name], table)
        elif name == "history" and len(table.frame.columns) - len(table.times) < 3:
            found[name] = (
                "The table history must have columns for the lead, the attribute, its value and the time of the "
                f"change. Got {columns}."
            )
        elif name == "stages" and len(table.frame.columns) - len(table.times) < 2:
            found[name] = f"The table stages must have a column with the stage. Got {columns}."
    return found


def _say_no_time(name: str, event: str, table: SourceTable) -> str:
    return (
        f"The table {name} must have a column with the time of {event}, as a date in text or typed. "
        f"Got none among {', '.join(map(str, table.frame.columns))}."
    )
