"""`Idempotency-Key`: a request that makes something is done once, however often it is sent."""

import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deployments.api.edge.access import area_of
from deployments.api.edge.fingerprints import Fingerprint
from model_wrappers.contract.errors import Conflict, InvalidInput, StorageUnavailable
from router.records.answers import LEASE_S, Answer, AnswerStore, Claim

logger = logging.getLogger("ray.serve")

HEADER = "idempotency-key"
REPLAYED = (b"idempotent-replayed", b"true")
KEY = re.compile(r"[!-~]{1,255}")
AREAS = ("/v1/artifacts", "/v1/chat", "/v1/plans", "/v1/runs", "/v1/sessions", "/v1/tasks", "/v1/webhooks")
MAX_KEPT_BYTES = 4 * 2**20  # of an answer; longer ones are given but not kept
RENEWALS = 3  # of a claim until it would end
RETRY_AFTER_S = 1.0


class Idempotency:
    """Answer a request whose key is known as it was answered before; errors are not kept: nothing was made."""

    def __init__(self, app: ASGIApp, answers: AnswerStore) -> None:
        """Wrap an application; the principal of its requests must be known."""
        self._app = app
        self._answers = answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run one request.

        Raises:
            Conflict: If a request of its key is being answered.
            InvalidInput: If its key is none, or was another request's.
        """
        key = _key(scope)
        if key is None:
            await self._app(scope, receive, send)
            return
        fingerprint = Fingerprint(scope, receive)
        found = await asyncio.to_thread(self._answers.claim, scope["state"]["principal"].tenant, key)
        if isinstance(found, Claim):
            await self._do(found, fingerprint, scope, send)
            return
        if found is None:
            raise Conflict(
                "A request of this Idempotency-Key is still being answered; send it again later.",
                param="Idempotency-Key",
                retry_after_s=RETRY_AFTER_S,
            )
        await _repeat(found, fingerprint, send)

    async def _do(self, claim: Claim, fingerprint: Fingerprint, scope: Scope, send: Send) -> None:
        recording = _Recording(send, lambda answered: self._keep(claim, fingerprint, answered))
        try:
            async with self._holding(claim):
                await self._app(scope, fingerprint.receive, recording.send)
        finally:
            if not recording.kept:
                await asyncio.shield(asyncio.create_task(self._release(claim)))

    async def _keep(self, claim: Claim, fingerprint: Fingerprint, answered: "_Recording") -> bool:
        if not await fingerprint.read_on():
            return False
        try:
            answer = Answer(fingerprint.text(), answered.status, answered.headers, answered.body.decode())
            await asyncio.to_thread(self._answers.keep, claim, answer)
        except UnicodeDecodeError:  # sound or an archive, which is fetched again as well as kept
            return False
        except StorageUnavailable as exc:
            logger.warning("An answer was not kept: %s", exc.for_log)
            return False
        return True

    async def _release(self, claim: Claim) -> None:
        try:
            await asyncio.to_thread(self._answers.release, claim)
        except StorageUnavailable as exc:
            logger.warning("An idempotency key is not let go before its time: %s", exc.for_log)

    @asynccontextmanager
    async def _holding(self, claim: Claim) -> AsyncIterator[None]:
        task = asyncio.create_task(self._renew(claim))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _renew(self, claim: Claim) -> None:
        while True:
            await asyncio.sleep(LEASE_S / RENEWALS)
            try:
                await asyncio.to_thread(self._answers.renew, claim)
            except StorageUnavailable as exc:
                logger.warning("An idempotency key is not held on: %s", exc.for_log)


class _Recording:
    """Passes an answer on; one that is whole and no error is kept before its end is sent."""

    def __init__(self, send: Send, keep: "Callable[[_Recording], Awaitable[bool]]") -> None:
        self._send = send
        self._keep = keep
        self._whole = True
        self.kept = False
        self.status = 0
        self.headers = "[]"
        self.body = bytearray()

    async def send(self, message: Message) -> None:
        """Send a message of the answer."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = json.dumps(
                [[name.decode("latin-1"), value.decode("latin-1")] for name, value in message["headers"]]
            )
            self._whole = self.status < HTTPStatus.BAD_REQUEST
        elif message["type"] == "http.response.body" and self._whole:
            self.body += message.get("body", b"")
            self._whole = len(self.body) <= MAX_KEPT_BYTES
            if self._whole and not message.get("more_body", False):
                self.kept = await self._keep(self)
        await self._send(message)


def _key(scope: Scope) -> str | None:
    """Return the key of a request that may have one.

    Raises:
        InvalidInput: If it is none.
    """
    if scope["type"] != "http" or scope["method"] != "POST" or area_of(scope["path"]) not in AREAS:
        return None
    key = Headers(scope=scope).get(HEADER)
    if key is not None and not KEY.fullmatch(key):
        raise InvalidInput(
            f"The Idempotency-Key has {len(key)} characters; use 1 to 255 printable ones of ASCII, no spaces, drawn "
            "at random for each request.",
            param="Idempotency-Key",
        )
    return key


async def _repeat(answer: Answer, fingerprint: Fingerprint, send: Send) -> None:
    """Send a kept answer to who asks the same."""
    if not await fingerprint.read_on():
        return
    if fingerprint.text() != answer.fingerprint:
        raise InvalidInput(
            "This Idempotency-Key was sent with another request; draw a new one for each.", param="Idempotency-Key"
        )
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in json.loads(answer.headers)]
    await send({"type": "http.response.start", "status": answer.status, "headers": [*headers, REPLAYED]})
    await send({"type": "http.response.body", "body": answer.body.encode()})
