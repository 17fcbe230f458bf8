"""Raw text as numbers and times, where nobody has said how it is written."""

import numpy as np
import pandas as pd

__all__ = ["parse_numbers", "parse_times"]

DAYS = ("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%d.%m.%y", "%m/%d/%y")
CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
#: day before month comes first, for the texts of a file decide which of them fits all
FORMATS = ("ISO8601", *(f"{day}{clock}" for day in DAYS for clock in CLOCKS))
_SAMPLE = 500


def parse_numbers(texts: pd.Series) -> np.ndarray:
    """Return float64, NaN where there is no number."""
    return pd.to_numeric(texts, errors="coerce").to_numpy(dtype="float64", na_value=np.nan)


def parse_times(texts: pd.Series) -> pd.Series:
    """Return naive times, read by the format that fits most of the texts; NaT where it does not fit.

    Times without a zone are taken as UTC: what is compared with them must leave room for a day.
    """
    sample = texts.dropna().iloc[:_SAMPLE]
    fits = {form: _read(sample, form).notna().sum() for form in FORMATS}
    return _read(texts, max(FORMATS, key=lambda form: fits[form]))


def _read(texts: pd.Series, form: str) -> pd.Series:
    times = pd.to_datetime(texts, format=form, errors="coerce", utc=True)
    naive: pd.Series = times.dt.tz_localize(None).astype("datetime64[us]")
    return naive
