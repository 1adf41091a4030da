"""The webhooks of tenants, and the secrets by which receivers know what comes from here."""

import base64
import hmac
import secrets
import time
from collections.abc import Callable

from sqlalchemy import Connection, case, delete, func, insert, select, update

from model_wrappers.contract.errors import Conflict, NotFound
from router.principal import Principal
from router.records.database import Database
from router.records.outbox import announce_test
from router.records.tables import webhook_messages, webhooks
from router.tenants.audit import Act, actor_of, note
from router.webhooks.info import SecretWebhook, Webhook

MAX_WEBHOOKS = 10  # of one tenant
MAX_URL = 2_000  # characters
OVERLAP_S = 86_400.0  # for which messages are signed with the secret before, too


class WebhookStore:
    """Webhooks in a database. Methods block; call them off the event loop."""

    def __init__(self, database: Database, pepper: Callable[[], bytes]) -> None:
        """Keep them in `database`; `pepper` returns the secret that theirs are made of."""
        self._database = database
        self._pepper = pepper

    def create(self, who: Principal, url: str) -> SecretWebhook:
        """Add a webhook.

        Raises:
            Conflict: If the tenant has `MAX_WEBHOOKS` of them.
        """
        with self._database.writing() as connection:
            count = connection.scalar(select(func.count()).where(webhooks.c.tenant == who.tenant)) or 0
            if count >= MAX_WEBHOOKS:
                raise Conflict(f"There are {count} webhooks; at most {MAX_WEBHOOKS} are allowed. Delete one first.")
            webhook_id = f"wh_{secrets.token_hex(12)}"
            row = {"id": webhook_id, "tenant": who.tenant, "url": url, "created": self._database.now}
            connection.execute(insert(webhooks).values(row))
            _note(connection, "webhook.created", who, webhook_id, url)
        return self._shown(webhook_id, who.tenant)

    def rotate(self, webhook_id: str, who: Principal) -> SecretWebhook:
        """Replace a webhook's secret: for a day messages are signed with both; raise `NotFound` if there is none."""
        changes = {"generation": webhooks.c.generation + 1, "rotated": self._database.now}
        its = update(webhooks).where(webhooks.c.id == webhook_id, webhooks.c.tenant == who.tenant)
        with self._database.writing() as connection:
            if connection.execute(its.values(changes)).rowcount == 0:
                raise _missing(webhook_id)
            _note(connection, "webhook.rotated", who, webhook_id)
        return self._shown(webhook_id, who.tenant)

    def test(self, webhook_id: str, tenant: str) -> None:
        """Have a webhook told that it is one; raise `NotFound` if there is none."""
        with self._database.writing() as connection:
            its = select(webhooks.c.id).where(webhooks.c.id == webhook_id, webhooks.c.tenant == tenant)
            if connection.scalar(its) is None:
                raise _missing(webhook_id)
            announce_test(connection, webhook_id, tenant, self._database.now)

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
            told = {name: getattr(row, name) for name in ("id", "url", "created", "rotated")}
            found.append(Webhook(**told, waiting=row.kept - lost, given_up=lost))
        return tuple(found)

    def delete(self, webhook_id: str, who: Principal) -> None:
        """Remove a webhook and what it still had to tell; raise `NotFound` if the tenant has none of that id."""
        its = delete(webhooks).where(webhooks.c.id == webhook_id, webhooks.c.tenant == who.tenant)
        with self._database.writing() as connection:
            if connection.execute(its).rowcount == 0:
                raise _missing(webhook_id)
            _note(connection, "webhook.deleted", who, webhook_id)

    def secrets_of(self, webhook_id: str, tenant: str) -> tuple[str, ...]:
        """Return what a webhook's messages are signed with now; it is stored nowhere."""
        old = webhooks.c.rotated <= self._database.now - OVERLAP_S
        query = select(webhooks.c.generation, old).where(webhooks.c.id == webhook_id, webhooks.c.tenant == tenant)
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise _missing(webhook_id)
        generation, is_old = row
        generations = [generation] if generation == 0 or is_old else [generation, generation - 1]
        return tuple(self._secret(webhook_id, tenant, one) for one in generations)

    def _shown(self, webhook_id: str, tenant: str) -> SecretWebhook:
        (made,) = (webhook for webhook in self.list(tenant) if webhook.id == webhook_id)
        return SecretWebhook(**dict(made), secret=self.secrets_of(webhook_id, tenant)[0])

    def _secret(self, webhook_id: str, tenant: str, generation: int) -> str:
        made_of = f"webhook:{tenant}:{webhook_id}" + (f":{generation}" if generation else "")
        digest = hmac.digest(self._pepper(), made_of.encode(), "sha256")
        return f"whsec_{base64.b64encode(digest).decode()}"


def _note(connection: Connection, act: Act, who: Principal, webhook_id: str, detail: str = "") -> None:
    note(connection, act, actor_of(who), at=time.time(), tenant=who.tenant, subject=webhook_id, detail=detail)


def _missing(webhook_id: str) -> NotFound:
    return NotFound(f"Webhook '{webhook_id[:80]}' does not exist.", param="webhook_id")
