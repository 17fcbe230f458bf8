"""How times are read, drawn: what stands in the source on the left, UTC in whole seconds on the right."""

from pathlib import Path

import pandas as pd
import pytest

from leadlight.pipelines.params import load_params
from leadlight.pipelines.stages.ingest import ingest
from leadlight.pipelines.workspace.workdir import Workdir

LEADS = """\
source:
  %s
  leads: {path: leads.csv, lead_id: id, created_at: %s, outcome: {column: won, won: [1]}}
attributes: {size: {kind: category}}
"""


@pytest.fixture
def created(tmp_path: Path):
    """Ingest leads (text or a frame) with these params; return when each lead was created."""

    def run(params: str, leads: str | pd.DataFrame) -> dict[str, str]:
        (tmp_path / "params.yaml").write_text(params, encoding="utf-8")
        if isinstance(leads, str):
            (tmp_path / "leads.csv").write_text(leads, encoding="utf-8")
        else:
            leads.to_parquet(tmp_path / "leads.parquet")
        ingest(load_params(tmp_path / "params.yaml"), tmp_path, Workdir(tmp_path / "work"))
        table = pd.read_parquet(tmp_path / "work" / "tables" / "leads.parquet")
        return {lead: str(at) for lead, at in zip(table["lead_id"], table["created_at"], strict=True)}

    return run


def one_time(created, text: str, time_format: str, zone: str = "UTC") -> str | None:
    """Read one time as text; a second lead holds one that fits anyway."""
    params = LEADS % (f"timezone: {zone}\n  max_bad_share: 1", f'{{column: at, format: "{time_format}"}}')
    sound = pd.Timestamp("2020-01-15 12:00:00").strftime(time_format.replace("ISO8601", "%Y-%m-%dT%H:%M:%S"))
    sound = sound.replace("%z", "+0000")
    if "%z" in time_format:
        sound += "+0000"
    return created(params, f"id,at,size,won\nA,{text},1,1\nZ,{sound},1,0\n").get("A")


@pytest.mark.parametrize(
    ("text", "time_format", "zone", "utc"),
    [
        ("2024-03-01 10:00:00", "%Y-%m-%d %H:%M:%S", "UTC", "2024-03-01 10:00:00"),
        ("2024-03-01 10:00:00", "%Y-%m-%d %H:%M:%S", "America/New_York", "2024-03-01 15:00:00"),
        ("01.03.2024", "%d.%m.%Y", "Europe/Berlin", "2024-02-29 23:00:00"),
        ("03/01/2024", "%m/%d/%Y", "UTC", "2024-03-01 00:00:00"),
        ("20240301", "%Y%m%d", "UTC", "2024-03-01 00:00:00"),
        # seconds are cut, not rounded
        ("2024-03-01T10:00:00.999999", "ISO8601", "UTC", "2024-03-01 10:00:00"),
        # what carries its zone is not asked for another
        ("2024-03-01T10:00:00Z", "ISO8601", "Europe/Berlin", "2024-03-01 10:00:00"),
        ("2024-03-01T10:00:00+05:30", "ISO8601", "Europe/Berlin", "2024-03-01 04:30:00"),
        ("2024-03-01T10:00:00-0800", "ISO8601", "Europe/Berlin", "2024-03-01 18:00:00"),
        ("2024-03-01 10:00:00+02", "ISO8601", "Europe/Berlin", "2024-03-01 08:00:00"),
        ("2024-03-01T10:00:00.250+02:00", "ISO8601", "Europe/Berlin", "2024-03-01 08:00:00"),
        ("2024-03-01T10:00", "ISO8601", "Europe/Berlin", "2024-03-01 09:00:00"),
        ("2024-03-01", "ISO8601", "Europe/Berlin", "2024-02-29 23:00:00"),
        ("2024-03-01 10:00 +0100", "%Y-%m-%d %H:%M %z", "UTC", "2024-03-01 09:00:00"),
        # Berlin, 27 October 2024: clocks go from 3 back to 2; the hour that comes twice is the second one
        ("2024-10-27 01:59:59", "%Y-%m-%d %H:%M:%S", "Europe/Berlin", "2024-10-26 23:59:59"),
        ("2024-10-27 02:30:00", "%Y-%m-%d %H:%M:%S", "Europe/Berlin", "2024-10-27 01:30:00"),
        ("2024-10-27 03:00:00", "%Y-%m-%d %H:%M:%S", "Europe/Berlin", "2024-10-27 02:00:00"),
        # Berlin, 31 March 2024: from 2 on to 3; the hour that never was is the moment after it
        ("2024-03-31 01:59:59", "%Y-%m-%d %H:%M:%S", "Europe/Berlin", "2024-03-31 00:59:59"),
        ("2024-03-31 02:30:00", "%Y-%m-%d %H:%M:%S", "Europe/Berlin", "2024-03-31 01:00:00"),
        ("2024-03-31 03:00:00", "%Y-%m-%d %H:%M:%S", "Europe/Berlin", "2024-03-31 01:00:00"),
        # not a date, or not in this format: quarantine
        ("2024-02-30", "%Y-%m-%d", "UTC", None),
        ("1.3.24", "%Y-%m-%d", "UTC", None),
        ("2024-03-01 10:00", "%Y-%m-%d", "UTC", None),
    ],
)
def test_a_time_as_text_becomes_utc_in_whole_seconds(created, text, time_format, zone, utc):
    assert one_time(created, text, time_format, zone) == utc


def test_one_column_may_hold_times_with_and_without_a_zone(created):
    params = LEADS % ("timezone: Europe/Berlin", "{column: at, format: ISO8601}")
    lines = ["A,2024-07-01T10:00:00Z", "B,2024-07-01T10:00:00", "C,2024-07-01T10:00:00-02:00", "D,2024-07-01"]
    assert created(params, "id,at,size,won\n" + "".join(f"{line},1,0\n" for line in lines)) == {
        "A": "2024-07-01 10:00:00",
        "B": "2024-07-01 08:00:00",
        "C": "2024-07-01 12:00:00",
        "D": "2024-06-30 22:00:00",
    }


@pytest.mark.parametrize(
    ("times", "utc"),
    [
        (pd.to_datetime(["2024-07-01 10:00:00.7"]), "2024-07-01 08:00:00"),
        (pd.to_datetime(["2024-07-01 10:00:00"]).tz_localize("UTC"), "2024-07-01 10:00:00"),
        (pd.to_datetime(["2024-07-01 10:00:00"]).tz_localize("Asia/Tokyo"), "2024-07-01 01:00:00"),
        (pd.to_datetime(["2024-10-27 02:30:00"]), "2024-10-27 01:30:00"),
        (pd.to_datetime(["2024-07-01 10:00:00"]).astype("datetime64[ns]"), "2024-07-01 08:00:00"),
        (pd.array([pd.Timestamp("2024-07-01").date()], dtype="object"), "2024-06-30 22:00:00"),
    ],
    ids=["no zone", "UTC", "Tokyo", "the hour that comes twice", "nanoseconds", "a day typed as such"],
)
def test_typed_times_of_parquet_need_no_format(created, times, utc):
    params = (LEADS % ("timezone: Europe/Berlin", "at")).replace("leads.csv", "leads.parquet")
    frame = pd.DataFrame({"id": ["A"], "at": times, "size": ["1"], "won": [1]})
    assert created(params, frame) == {"A": utc}
