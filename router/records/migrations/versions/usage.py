"""What calls to models came to: each for a while, and the sums of every hour."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "usage_calls",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("request_id", sa.String(64), nullable=False),
        sa.Column("step", sa.Text, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("task", sa.String(64), nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("outcome", sa.String(64), nullable=False),
        sa.Column("elapsed_s", sa.Double, nullable=False),
        sa.Column("queue_s", sa.Double, nullable=False),
        sa.Column("run_s", sa.Double, nullable=False),
        sa.Column("batch_size", sa.Integer, nullable=False),
        sa.Column("model_s", sa.Double, nullable=False),
        sa.Column("audio_in_s", sa.Double, nullable=False),
        sa.Column("audio_out_s", sa.Double, nullable=False),
        sa.Column("characters", sa.Integer, nullable=False),
    )
    op.create_index("usage_calls_by_request", "usage_calls", ["tenant", "request_id"])
    op.create_index("usage_calls_by_age", "usage_calls", ["at"])
    op.create_table(
        "usage_hours",
        sa.Column("tenant", sa.String(64), primary_key=True),
        sa.Column("hour", sa.BigInteger, primary_key=True),
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("task", sa.String(64), primary_key=True),
        sa.Column("model", sa.Text, primary_key=True),
        sa.Column("outcome", sa.String(64), primary_key=True),
        sa.Column("calls", sa.BigInteger, nullable=False),
        sa.Column("failed", sa.BigInteger, nullable=False),
        sa.Column("model_s", sa.Double, nullable=False),
        sa.Column("audio_in_s", sa.Double, nullable=False),
        sa.Column("audio_out_s", sa.Double, nullable=False),
        sa.Column("characters", sa.BigInteger, nullable=False),
    )
