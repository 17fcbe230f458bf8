"""The file of a table, and the tables that are joined to it."""

from pydantic import Field, field_validator

from leadlight.pipelines.params.base import FrozenModel

__all__ = ["AccountsTable", "AssociationTable", "TableFile"]


class TableFile(FrozenModel):
    """Where a table is, and how its file is written."""

    path: str = Field(
        description="File relative to the params file: CSV, CSV.GZ, Parquet, Excel (.xlsx), JSON lines (.jsonl), or a "
        "query (.sql) of DuckDB over files; a folder or a pattern such as `leads_*.csv` for several. With "
        "source.database a table, or a file with a query (.sql)."
    )
    sheet: str | None = Field(None, description="Sheet of an Excel workbook; none: its only one.")
    delimiter: str = Field(",", description="Delimiter of a CSV file: one character.")
    encoding: str = Field("utf-8", description="Encoding of a CSV file.")
    pad_rows: bool = Field(
        False, description="Whether a CSV row that ends early ends in empty cells; otherwise it is left out."
    )

    @field_validator("delimiter")
    @classmethod
    def _one_character(cls, value: str) -> str:
        if len(value) != 1:
            raise ValueError(f'must be one character ("\\t" in double quotes for a tab). Got {value!r}')
        return value

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, value: str) -> str:
        try:
            "".encode(value)
        except (LookupError, ValueError):
            raise ValueError(f"must be an encoding such as utf-8 or latin-1. Got {value!r}") from None
        return value


class _JoinedTable(TableFile):
    key: str = Field(description="Column of the table that this one is joined to.")
    other_key: str | None = Field(None, description="Column of this table with the same ids; none: it has that name.")

    @property
    def own_key(self) -> str:
        """Column of this table that is joined by."""
        return self.other_key or self.key


class AssociationTable(_JoinedTable):
    """One row per pair of a record and a lead; a record of several leads counts for each of them."""


class AccountsTable(_JoinedTable):
    """One row per account."""

    prefix: str = Field("", description="Text put before the names of the accounts' columns.")
