"""The WebSocket `/v1/realtime`: who may connect, for how long, and to which session."""

import asyncio
import logging
import re
from typing import Annotated

from fastapi import APIRouter, Query, WebSocket, WebSocketDisconnect

from deployments.api.openai.errors import describe
from deployments.api.openai.names import ASSISTANT, missing, resolve
from deployments.api.realtime.config import SessionConfig
from deployments.api.realtime.conversation import RealtimeConversation
from deployments.api.realtime.outbox import Outbox
from deployments.api.services import Services, ServicesOf
from model_wrappers.contract.errors import AudioGPTError, InvalidInput, ModelOverloaded
from router.scope import Scope

logger = logging.getLogger("ray.serve")

router = APIRouter(tags=["openai"])

SUBPROTOCOL = "realtime"  # what browsers, which cannot send headers, offer beside their key
SESSION = re.compile(r"(?:sess_)?([0-9a-f]{32})")
MAX_CONNECTIONS = 64  # of one ingress replica
MAX_CONNECTION_S = 3_600.0  # as in OpenAI's API
IDLE_S = 300.0  # without a word from the client
PING_S = 15.0
POLICY_VIOLATION, TRY_AGAIN_LATER, NORMAL = 1008, 1013, 1000

_open: set[WebSocket] = set()


@router.websocket("/v1/realtime")
async def realtime(
    websocket: WebSocket,
    services: ServicesOf,
    model: Annotated[str, Query(max_length=200)] = ASSISTANT,
    session_id: Annotated[str | None, Query(description="Session to go on with; a new one if absent")] = None,
) -> None:
    """Hold a spoken conversation."""
    offered = websocket.scope.get("subprotocols") or ()
    await websocket.accept(SUBPROTOCOL if SUBPROTOCOL in offered else None)
    outbox = Outbox(websocket)
    _open.add(websocket)
    try:
        await _converse(websocket, model, session_id, services, outbox)
    except (WebSocketDisconnect, TimeoutError) as exc:
        logger.info("A realtime connection ended: %s", exc or type(exc).__name__)
    finally:
        _open.discard(websocket)


async def _converse(
    websocket: WebSocket, model: str, session_id: str | None, services: Services, outbox: Outbox
) -> None:
    """Serve a connection; what is wrong with it is told before it is closed."""
    try:
        conversation = await _conversation(model, session_id, services, services.scope(websocket), outbox)
        await _hold(websocket, conversation, outbox)
    except AudioGPTError as exc:
        await outbox.send("error", error={**describe(exc).model_dump(), "event_id": None})
        await outbox.close(TRY_AGAIN_LATER if isinstance(exc, ModelOverloaded) else POLICY_VIOLATION)


async def _conversation(
    model: str, session_id: str | None, services: Services, scope: Scope, outbox: Outbox
) -> RealtimeConversation:
    if len(_open) > MAX_CONNECTIONS:
        raise ModelOverloaded(f"All {MAX_CONNECTIONS} realtime connections are in use; try again later.")
    if resolve(model, services) != ASSISTANT:
        raise missing(model, [ASSISTANT])
    if session_id is None:
        session = await asyncio.to_thread(services.sessions.create, scope.tenant)
    elif found := SESSION.fullmatch(session_id):
        session = await asyncio.to_thread(services.sessions.get, found[1], scope.tenant)
    else:
        raise InvalidInput("'session_id' is no session id; take it from 'session.created'.", param="session_id")
    return RealtimeConversation(session.id, SessionConfig(model=model), services, scope, outbox)


async def _hold(websocket: WebSocket, conversation: RealtimeConversation, outbox: Outbox) -> None:
    """Serve a connection until the client leaves, falls silent, does not listen or has used its time."""
    sides = {asyncio.create_task(_listen(websocket, conversation)), asyncio.create_task(_ping(outbox))}
    try:
        async with asyncio.timeout(MAX_CONNECTION_S):
            ended, _ = await asyncio.wait(sides, return_when=asyncio.FIRST_COMPLETED)
        ended.pop().result()
    except TimeoutError:
        await outbox.close(NORMAL, "idle, not listening or too long")
    finally:
        for side in sides:
            side.cancel()
        await asyncio.gather(*sides, return_exceptions=True)
        await conversation.close()


async def _listen(websocket: WebSocket, conversation: RealtimeConversation) -> None:
    await conversation.greet()
    while True:
        async with asyncio.timeout(IDLE_S):
            message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", NORMAL), message.get("reason"))
        await conversation.receive(message.get("text"))


async def _ping(outbox: Outbox) -> None:
    """Keep proxies from closing a quiet connection, and find out whether the client listens."""
    while True:
        await asyncio.sleep(PING_S)
        await outbox.send("audiogpt.ping")
