"""The weight and the limits of a tenant."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the columns; tenants there are have equal weights and no limits."""
    op.add_column("tenants", sa.Column("weight", sa.Double, nullable=False, server_default="1"))
    op.add_column("tenants", sa.Column("limits", sa.Text, nullable=False, server_default="{}"))
