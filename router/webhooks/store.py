"""The webhooks of tenants, and the secrets by which receivers know what comes from here."""

import base64
import hmac
import secrets
from collections.abc import Callable

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import case, delete, func, insert, select

from model_wrappers.contract.errors import Conflict, NotFound
from router.records.database import Database
from router.records.tables import webhook_messages, webhooks

MAX_WEBHOOKS = 10  # of one tenant
MAX_URL = 2_000  # characters


class Webhook(BaseModel):
    """An address that is told when a run of its tenant has ended."""

    model_config = ConfigDict(frozen=True)

    id: str
    url: str
    created: float = Field(description="Seconds since 1970")
    waiting: int = Field(default=0, description="Messages that are still to be told")
    given_up: int = Field(default=0, description="Messages that were told to nobody, kept for a day")


class WebhookStore:
    """Webhooks in a database. Methods block; call them off the event loop."""

    def __init__(self, database: Database, pepper: Callable[[], bytes]) -> None:
        """Keep them in `database`; `pepper` returns the secret that theirs are made of."""
        self._database = database
        self._pepper = pepper

    def create(self, tenant: str, url: str) -> Webhook:
        """Add a webhook.

        Raises:
            Conflict: If the tenant has `MAX_WEBHOOKS` of them.
        """
        with self._database.writing() as connection:
            count = connection.scalar(select(func.count()).where(webhooks.c.tenant == tenant)) or 0
            if count >= MAX_WEBHOOKS:
                raise Conflict(f"There are {count} webhooks; at most {MAX_WEBHOOKS} are allowed. Delete one first.")
            webhook_id = f"wh_{secrets.token_hex(12)}"
            row = {"id": webhook_id, "tenant": tenant, "url": url, "created": self._database.now}
            created = connection.scalar(insert(webhooks).values(row).returning(webhooks.c.created))
        return Webhook(id=webhook_id, url=url, created=created)

    def list(self, tenant: str) -> tuple[Webhook, ...]:
        """Return the webhooks of a tenant, the newest first."""
        given_up = func.sum(case((webhook_messages.c.due.is_(None), 1), else_=0)).label("given_up")
        query = (
            select(webhooks, func.count(webhook_messages.c.id).label("kept"), given_up)
            .outerjoin(webhook_messages, webhook_messages.c.webhook_id == webhooks.c.id)
            .where(webhooks.c.tenant == tenant)
            .group_by(webhooks.c.id)
            .order_by(webhooks.c.created.desc(), webhooks.c.id)
        )
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        found = []
        for row in rows:
            lost = row.given_up if row.kept else 0  # an outer join's empty row counts as one
            found.append(Webhook(id=row.id, url=row.url, created=row.created, waiting=row.kept - lost, given_up=lost))
        return tuple(found)

    def delete(self, webhook_id: str, tenant: str) -> None:
        """Remove a webhook and what it still had to tell; raise `NotFound` if the tenant has none of that id."""
        its = delete(webhooks).where(webhooks.c.id == webhook_id, webhooks.c.tenant == tenant)
        with self._database.writing() as connection:
            if connection.execute(its).rowcount == 0:
                raise NotFound(f"Webhook '{webhook_id[:80]}' does not exist.", param="webhook_id")

    def secret(self, webhook_id: str, tenant: str) -> str:
        """Return what a webhook's messages are signed with; it is stored nowhere."""
        digest = hmac.digest(self._pepper(), f"webhook:{tenant}:{webhook_id}".encode(), "sha256")
        return f"whsec_{base64.b64encode(digest).decode()}"
