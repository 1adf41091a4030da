"""Room in the artifact store that writers have claimed and not yet filled."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "storage_claims",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("key", sa.String(160), nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("until", sa.Double, nullable=False),
    )
    op.create_index("storage_claims_by_tenant", "storage_claims", ["tenant"])
