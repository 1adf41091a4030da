"""Which session a chat completion belongs to: named, known by an earlier spoken answer, or told by its messages."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from deployments.api.openai.chat.attachments import store_parts
from deployments.api.openai.chat.request import ChatMessage, ChatRequest
from deployments.api.services import Services
from llm_planner.plans.history import add_uploads
from model_wrappers.contract.artifacts import ArtifactRef
from model_wrappers.contract.errors import InvalidInput, NotFound
from model_wrappers.contract.sessions import Session, Turn
from router.records.sessions import SessionTurn
from router.scope import Scope
from router.turn.conversation import Upload

SESSION_ID = re.compile(r"[0-9a-f]{32}")
SPOKEN_ANSWER = re.compile(r"audio_([0-9a-f]{32})_\d+")
ARTIFACT_LINK = re.compile(r"\[([^\]]{1,80})\]\([^)\s]{0,200}/v1/artifacts/([0-9a-f]{64})\)")
MAX_TOLD_TURNS = 20  # the newest; what was said before them is left out
SPOKEN = "(spoken)"


@dataclass
class _Told:
    """One earlier turn, as the messages tell it."""

    text: str
    uploads: tuple[Upload, ...] = ()
    reply: str = ""
    made: list[tuple[ArtifactRef, str]] = field(default_factory=list)


def spoken_answer_id(session_id: str, turn: int) -> str:
    """Return the id of a spoken answer; it names the session, so that sending it back goes on with it."""
    return f"audio_{session_id}_{turn}"


def named_session(request: ChatRequest, header: str | None) -> str | None:
    """Return the session a request names, by header, metadata or an earlier spoken answer.

    Raises:
        InvalidInput: If the name is none.
    """
    named = header or (request.metadata or {}).get("session_id")
    if named is not None:
        if not SESSION_ID.fullmatch(named):
            raise InvalidInput(
                "A session id has 32 hexadecimal digits; create one at POST /v1/sessions.", param="metadata"
            )
        return named
    answers = [SPOKEN_ANSWER.fullmatch(message.audio.id) for message in request.messages if message.audio]
    return next((found[1] for found in reversed(answers) if found), None)


async def told_session(messages: Sequence[ChatMessage], services: Services, scope: Scope) -> str | None:
    """Store the turns the messages tell of as a new session and return its id, None if there are none.

    Files of earlier messages and artifacts that earlier answers link to are in the session's table again.

    Args:
        messages: All but the last.
        services: The application's services.
        scope: Of the request.
    """
    told = await _turns(messages, services, scope)
    return await asyncio.to_thread(_store, told[-MAX_TOLD_TURNS:], services, scope.tenant) if told else None


async def _turns(messages: Sequence[ChatMessage], services: Services, scope: Scope) -> list[_Told]:
    told: list[_Told] = []
    for message in messages:
        if message.role == "user":
            told.append(_Told(message.text or SPOKEN, await store_parts(message, services, scope)))
        elif message.role == "assistant" and told:
            told[-1].reply = "\n".join(filter(None, [told[-1].reply, ARTIFACT_LINK.sub(r"\1", message.text)]))
            told[-1].made += [
                found for link in ARTIFACT_LINK.findall(message.text) if (found := await _made(link, services, scope))
            ]
    return told


async def _made(link: tuple[str, str], services: Services, scope: Scope) -> tuple[ArtifactRef, str] | None:
    label, artifact_id = link
    try:
        return await asyncio.to_thread(services.artifacts.resolve, artifact_id, scope.tenant), label
    except NotFound:
        return None  # it has expired: the dialogue goes on without it


def _store(told: Sequence[_Told], services: Services, tenant: str) -> str:
    session: Session = services.sessions.create(tenant)
    for index, turn in enumerate(told):
        before = len(session.artifacts)
        session = add_uploads(session, [(upload.ref, upload.file_name) for upload in turn.uploads])
        session = add_uploads(session, turn.made, origin="output")
        said = Turn(index=index, text=turn.text, outcome="chat", reply=turn.reply, created=datetime.now(UTC))
        services.sessions.append(SessionTurn(session.id, said, session.artifacts[before:]), tenant)
        session = session.model_copy(update={"turns": (*session.turns, said)})
    return session.id
