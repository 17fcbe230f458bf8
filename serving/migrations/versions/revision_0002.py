"""Adds tables of score changes and recourse."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "changes",
        sa.Column("lead_id", sa.String, primary_key=True),
        sa.Column("night", sa.Integer, sa.ForeignKey("nights.night"), primary_key=True),
        sa.Column("since", sa.DateTime, nullable=False),
        sa.Column("new_activity", sa.Double, nullable=False),
        sa.Column("time_passing", sa.Double, nullable=False),
        sa.Column("corrected", sa.Double, nullable=False),
        sa.Column("new_model", sa.Double, nullable=False),
        sa.Column("topics", sa.Text, nullable=False),
    )
    op.create_table(
        "openings",
        sa.Column("lead_id", sa.String, primary_key=True),
        sa.Column("night", sa.Integer, sa.ForeignKey("nights.night"), primary_key=True),
        sa.Column("topic", sa.String, primary_key=True),
        sa.Column("stage", sa.String, nullable=False),
        sa.Column("times", sa.Integer, nullable=False),
        sa.Column("score", sa.Double, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("openings")
    op.drop_table("changes")
