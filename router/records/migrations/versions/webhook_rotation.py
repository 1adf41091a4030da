"""Secrets of webhooks that can be replaced."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the columns; the secrets there are stay as they are."""
    op.add_column("webhooks", sa.Column("generation", sa.Integer, nullable=False, server_default="0"))
    op.add_column("webhooks", sa.Column("rotated", sa.Double))
