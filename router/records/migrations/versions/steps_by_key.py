"""Steps by what determined their results, so that equal work is found again."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add columns; steps from before are found by nobody."""
    op.add_column("run_steps", sa.Column("tenant", sa.String(64)))
    op.add_column("run_steps", sa.Column("key", sa.String(64)))
    op.create_index("run_steps_by_key", "run_steps", ["tenant", "key"])
