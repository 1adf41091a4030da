"""Tokens of the LLM that plans."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the columns; what was counted before had none."""
    for table, kind in (("usage_calls", sa.Integer), ("usage_hours", sa.BigInteger)):
        for name in ("prompt_tokens", "completion_tokens"):
            op.add_column(table, sa.Column(name, kind, nullable=False, server_default="0"))
