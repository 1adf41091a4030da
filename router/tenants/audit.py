"""The audit log: who did what to tenants, keys and data; written with the act itself, and never changed."""

import secrets
import time
from collections.abc import Callable
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, insert, select

from router.pages import PAGE, Cursor, Page, page_of
from router.principal import Principal
from router.records.database import Database
from router.records.listing import newest_first
from router.records.tables import audit

Act = Literal[
    "tenant.created",
    "tenant.edited",
    "key.created",
    "key.rotated",
    "key.revoked",
    "sign_in.failed",
    "webhook.created",
    "webhook.rotated",
    "webhook.deleted",
    "artifact.deleted",
    "session.deleted",
    "turns.deleted",
    "run.deleted",
    "data.deleted",
]
COMMAND = "command"  # whoever can reach the database with the command `audiogpt`
NOBODY = "nobody"
MAX_SUBJECT, MAX_DETAIL = 128, 1_000  # characters


class AuditEntry(BaseModel):
    """One act."""

    model_config = ConfigDict(frozen=True)

    id: str
    at: float = Field(description="Seconds since 1970")
    actor: str = Field(description="tenant/key of who did it; command: on the server's machine; nobody: was not let in")
    act: Act
    tenant: str | None = Field(description="Whom it concerns, where that is known")
    subject: str = Field(description="What it was done to: the id of a key, a file, a receipt")
    detail: str


def actor_of(principal: Principal) -> str:
    """Return how a principal is named in the log."""
    return f"{principal.tenant}/{principal.key or 'without-key'}"


def note(
    connection: Connection,
    act: Act,
    actor: str,
    *,
    at: float,
    tenant: str | None = None,
    subject: str = "",
    detail: str = "",
) -> None:
    """Add an entry in the transaction of the act, so that neither is there without the other."""
    connection.execute(
        insert(audit).values(
            id=secrets.token_hex(16),
            at=at,
            actor=actor[:MAX_SUBJECT],
            act=act,
            tenant=tenant,
            subject=subject[:MAX_SUBJECT],
            detail=detail[:MAX_DETAIL],
        )
    )


class AuditLog:
    """The entries in a database; methods block."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        """Read and add entries in `database`; `clock` counts seconds since 1970."""
        self._database = database
        self._clock = clock

    def note(self, act: Act, actor: str, *, tenant: str | None = None, subject: str = "", detail: str = "") -> None:
        """Add an entry for an act that needs no transaction."""
        with self._database.writing() as connection:
            note(connection, act, actor, at=self._clock(), tenant=tenant, subject=subject, detail=detail)

    def page(
        self, tenant: str | None = None, act: Act | None = None, cursor: str | None = None, limit: int = PAGE
    ) -> Page[AuditEntry]:
        """Return a page of entries, the newest first, of one tenant or kind if given.

        Raises:
            InvalidInput: If the cursor is none.
        """
        query = select(audit)
        if tenant is not None:
            query = query.where(audit.c.tenant == tenant)
        if act is not None:
            query = query.where(audit.c.act == act)
        with self._database.reading() as connection:
            rows = connection.execute(newest_first(query, audit.c.at, audit.c.id, cursor, limit)).mappings().all()
        return page_of([AuditEntry(**row) for row in rows], limit, lambda entry: Cursor((entry.at,), entry.id))
