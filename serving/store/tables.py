"""Tables of the score store at the latest migration."""

from sqlalchemy import Column, DateTime, Double, ForeignKey, Integer, MetaData, String, Table, Text

__all__ = ["CLOSED", "changes", "display", "metadata", "nights", "openings", "scores", "withdrawn"]

CLOSED = "closed"
"""Stage of a row that removes a lead from the current view."""

metadata = MetaData()

nights = Table(
    "nights",
    metadata,
    Column("run_id", String, primary_key=True),
    # orders two nights of one as_of, which the clock of written_at need not do
    Column("night", Integer, nullable=False, unique=True),
    Column("as_of", DateTime, nullable=False),
    Column("model_version", String, nullable=False),
    Column("written_at", DateTime, nullable=False),
    Column("leads", Integer, nullable=False),
    Column("rows_written", Integer, nullable=False),
    Column("leads_closed", Integer, nullable=False),
    Column("words", Text, nullable=False),
)

# At most one row per lead and night, so the latest night of a lead is its current row.
scores = Table(
    "scores",
    metadata,
    Column("lead_id", String, primary_key=True),
    Column("night", Integer, ForeignKey("nights.night"), primary_key=True),
    Column("run_id", String, nullable=False),
    Column("as_of", DateTime, nullable=False),
    Column("probability", Double),
    Column("score", Double),
    Column("base_score", Double),
    Column("stage", String, nullable=False),
    Column("fit_grade", String),
    Column("engagement_grade", String),
    Column("held_back", String),
    Column("reasons", Text),
    Column("model_version", String, nullable=False),
)

# One row per lead that was shown on the night before too.
changes = Table(
    "changes",
    metadata,
    Column("lead_id", String, primary_key=True),
    Column("night", Integer, ForeignKey("nights.night"), primary_key=True),
    Column("since", DateTime, nullable=False),
    Column("new_activity", Double, nullable=False),
    Column("time_passing", Double, nullable=False),
    Column("corrected", Double, nullable=False),
    Column("new_model", Double, nullable=False),
    Column("topics", Text, nullable=False),
)

openings = Table(
    "openings",
    metadata,
    Column("lead_id", String, primary_key=True),
    Column("night", Integer, ForeignKey("nights.night"), primary_key=True),
    Column("topic", String, primary_key=True),
    Column("stage", String, nullable=False),
    Column("times", Integer, nullable=False),
    Column("score", Double, nullable=False),
)

# Runs that were taken back; their rows are deleted.
withdrawn = Table(
    "withdrawn",
    metadata,
    Column("withdrawn_at", DateTime, primary_key=True),
    Column("run_id", String, nullable=False),
    Column("as_of", DateTime, nullable=False),
    Column("model_version", String, nullable=False),
    Column("written_at", DateTime, nullable=False),
    Column("leads", Integer, nullable=False),
    Column("reason", Text, nullable=False),
)

# Of leads in the current view alone, replaced by every run: no history of it is kept.
display = Table(
    "display",
    metadata,
    Column("lead_id", String, primary_key=True),
    Column("name", Text),
    Column("company", Text),
    Column("phone", Text),
    Column("email", Text),
    Column("owner", Text),
    Column("link", Text),
    Column("search", Text, nullable=False),
)
