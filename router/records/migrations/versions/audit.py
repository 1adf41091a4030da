"""The audit log, which the database itself lets nobody change."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

REFUSED = "the audit log is append only"


def upgrade() -> None:
    """Make the table and what guards it."""
    op.create_table(
        "audit",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("act", sa.String(32), nullable=False),
        sa.Column("tenant", sa.String(64), nullable=True),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
    )
    op.create_index("audit_by_age", "audit", ["at"])
    for statement in _guards(op.get_bind().dialect.name):
        op.execute(statement)


def _guards(dialect: str) -> list[str]:
    if dialect == "postgresql":
        body = f"BEGIN RAISE EXCEPTION '{REFUSED}'; END"
        call = "EXECUTE FUNCTION audit_is_append_only()"
        return [
            f"CREATE OR REPLACE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $${body}$$",
            f"CREATE TRIGGER audit_rows BEFORE UPDATE OR DELETE ON audit FOR EACH ROW {call}",
            f"CREATE TRIGGER audit_table BEFORE TRUNCATE ON audit FOR EACH STATEMENT {call}",
        ]
    raise_it = f"BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END"
    return [f"CREATE TRIGGER audit_{kind.lower()} BEFORE {kind} ON audit {raise_it}" for kind in ("UPDATE", "DELETE")]
