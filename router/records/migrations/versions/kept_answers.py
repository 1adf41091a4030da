"""Answers kept by the key of their request."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "kept_answers",
        sa.Column("tenant", sa.String(64), primary_key=True),
        sa.Column("key", sa.String(255), primary_key=True),
        sa.Column("token", sa.String(16), nullable=False),
        sa.Column("until", sa.Double, nullable=False),
        sa.Column("fingerprint", sa.String(64)),
        sa.Column("status", sa.Integer),
        sa.Column("headers", sa.Text),
        sa.Column("body", sa.Text),
    )
    op.create_index("kept_answers_by_age", "kept_answers", ["until"])
