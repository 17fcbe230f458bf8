"""Adds the table of what is shown of leads."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "display",
        sa.Column("lead_id", sa.String, primary_key=True),
        sa.Column("name", sa.Text),
        sa.Column("company", sa.Text),
        sa.Column("phone", sa.Text),
        sa.Column("email", sa.Text),
        sa.Column("owner", sa.Text),
        sa.Column("link", sa.Text),
        sa.Column("search", sa.Text, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("display")
