"""Runs that another process can take over: their request, plan, finished steps and owner."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add columns and a table; an older program works on without them."""
    op.add_column("runs", sa.Column("request", sa.Text))
    op.add_column("runs", sa.Column("plan", sa.Text))
    op.add_column("runs", sa.Column("deadline", sa.Double))
    op.add_column("runs", sa.Column("priority", sa.Integer, nullable=False, server_default="0"))
    op.add_column("runs", sa.Column("owner", sa.String(64)))
    op.add_column("runs", sa.Column("fence", sa.Integer, nullable=False, server_default="0"))
    op.add_column("runs", sa.Column("attempt", sa.Integer, nullable=False, server_default="0"))
    op.create_table(
        "run_steps",
        sa.Column("run_id", sa.String(32), sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("step", sa.String(64), primary_key=True),
        sa.Column("result", sa.Text, nullable=False),
    )
