"""Nights and the append-only history of scores."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "nights",
        sa.Column("run_id", sa.String, primary_key=True),
        sa.Column("night", sa.Integer, nullable=False, unique=True),
        sa.Column("as_of", sa.DateTime, nullable=False),
        sa.Column("model_version", sa.String, nullable=False),
        sa.Column("written_at", sa.DateTime, nullable=False),
        sa.Column("leads", sa.Integer, nullable=False),
        sa.Column("rows_written", sa.Integer, nullable=False),
        sa.Column("leads_closed", sa.Integer, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
    )
    op.create_table(
        "scores",
        sa.Column("lead_id", sa.String, primary_key=True),
        sa.Column("night", sa.Integer, sa.ForeignKey("nights.night"), primary_key=True),
        sa.Column("run_id", sa.String, nullable=False),
        sa.Column("as_of", sa.DateTime, nullable=False),
        sa.Column("probability", sa.Double),
        sa.Column("score", sa.Double),
        sa.Column("base_score", sa.Double),
        sa.Column("stage", sa.String, nullable=False),
        sa.Column("fit_grade", sa.String),
        sa.Column("engagement_grade", sa.String),
        sa.Column("held_back", sa.String),
        sa.Column("reasons", sa.Text),
        sa.Column("model_version", sa.String, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("scores")
    op.drop_table("nights")
