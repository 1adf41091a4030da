"""What people proved last, by a token of the identity provider: links they made last no longer than that."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Make the table; links made before open again once their maker has shown a token."""
    op.create_table(
        "people",
        sa.Column("tenant", sa.String(64), primary_key=True),
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("reads", sa.Boolean, nullable=False),
        sa.Column("issued", sa.Double, nullable=False),
        sa.Column("until", sa.Double, nullable=False),
    )
