"""The sender: tells webhooks what ended runs have to tell, until they have heard it or it is given up."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
from sqlalchemy import delete, select, update

from model_wrappers.contract.errors import AudioGPTError, InvalidInput, NotFound
from router.outside import public_destination
from router.records.database import Database
from router.records.tables import webhook_messages, webhooks
from router.webhooks.store import WebhookStore

logger = logging.getLogger(__name__)

WAITS_S = (5.0, 30.0, 120.0, 600.0, 1_800.0, 7_200.0, 21_600.0)  # between eight tries, over eight hours and a half
TIMEOUT_S = 15.0
LEASE_S = 60.0  # after which a message whose sender died is tried again
KEPT_S = 86_400.0  # how long what was given up is shown
AT_ONCE = 16
POLL_S = 1.0
MAX_ERROR = 500  # characters


@dataclass(frozen=True)
class _Message:
    id: str
    tenant: str
    webhook_id: str
    url: str
    content: str
    tries: int  # with this one


class Sender:
    """Sends what is due. Of several senders each takes messages of its own."""

    def __init__(self, database: Database, store: WebhookStore, allowed: Sequence[str] = ()) -> None:
        """Send messages of `database`.

        Args:
            database: An open database.
            store: Knows the secrets.
            allowed: Hosts of the operator's own network that may be told.
        """
        self._database = database
        self._store = store
        self._allowed = tuple(allowed)

    async def run(self) -> None:
        """Send until cancelled."""
        while True:
            try:
                sent = await self.send_due()
            except AudioGPTError as exc:
                logger.warning("Webhooks are not told: %s", exc.for_log)
                sent = 0
            if not sent:
                await asyncio.sleep(POLL_S)

    async def send_due(self) -> int:
        """Try messages that are due, at most `AT_ONCE`, once each; return how many those were."""
        due = await asyncio.to_thread(self._claim)
        await asyncio.gather(*map(self._try, due))
        return len(due)

    def sweep(self) -> int:
        """Remove messages that were given up long ago, and return how many."""
        long_ago = webhook_messages.c.created < self._database.now - KEPT_S
        with self._database.writing() as connection:
            return connection.execute(
                delete(webhook_messages).where(webhook_messages.c.due.is_(None), long_ago)
            ).rowcount

    def _claim(self) -> list[_Message]:
        now = self._database.now
        due = select(webhook_messages.c.id).where(webhook_messages.c.due <= now)
        with self._database.reading() as connection:
            if connection.scalar(due.limit(1)) is None:
                return []
        with self._database.writing() as connection:
            found = due.order_by(webhook_messages.c.due).limit(AT_ONCE).with_for_update(skip_locked=True)
            these = webhook_messages.c.id.in_(connection.scalars(found).all())
            tries = webhook_messages.c.tries + 1
            connection.execute(update(webhook_messages).where(these).values(due=now + LEASE_S, tries=tries))
            query = select(webhook_messages, webhooks.c.url).join(webhooks).where(these)
            rows = connection.execute(query).all()
        return [_Message(row.id, row.tenant, row.webhook_id, row.url, row.content, row.tries) for row in rows]

    async def _try(self, message: _Message) -> None:
        error = await self._send(message)
        if error is None:
            await asyncio.to_thread(self._forget, message)
        else:
            await asyncio.to_thread(self._put_off, message, error)

    async def _send(self, message: _Message) -> str | None:
        """Send a message; return what went wrong, None if it was heard."""
        try:
            destination = await public_destination(message.url, "A webhook", self._allowed)
            secrets = await asyncio.to_thread(self._store.secrets_of, message.webhook_id, message.tenant)
            async with asyncio.timeout(TIMEOUT_S), httpx.AsyncClient(trust_env=False) as client:
                request = client.build_request("POST", destination.url, content=message.content, **destination.options)
                request.headers.update(_headers(message, secrets))
                response = await client.send(request, stream=True, follow_redirects=False)
                await response.aclose()
        except (InvalidInput, NotFound, httpx.HTTPError, httpx.InvalidURL, TimeoutError) as exc:
            return str(exc) or type(exc).__name__
        return None if response.is_success else f"It answered {response.status_code}."

    def _forget(self, message: _Message) -> None:
        with self._database.writing() as connection:
            connection.execute(delete(webhook_messages).where(webhook_messages.c.id == message.id))

    def _put_off(self, message: _Message, error: str) -> None:
        is_last = message.tries > len(WAITS_S)
        due = None if is_last else self._database.now + WAITS_S[message.tries - 1]
        if is_last:
            logger.warning("Message %s was told to nobody in %d tries", message.id, message.tries)
        this = update(webhook_messages).where(webhook_messages.c.id == message.id)
        with self._database.writing() as connection:
            connection.execute(this.values(due=due, error=error[:MAX_ERROR]))


def _headers(message: _Message, secrets: Sequence[str]) -> dict[str, str]:
    from standardwebhooks import Webhook as Signer  # only processes that send need it

    at = datetime.now(UTC)
    return {
        "Content-Type": "application/json",
        "webhook-id": message.id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(Signer(secret).sign(message.id, at, message.content) for secret in secrets),
    }
