"""`POST /v1/chat/completions` with model `audiogpt`: a request planned and run, answered as a chat model answers."""

import time
import uuid
from typing import Annotated

from fastapi import APIRouter, Header, Request
from fastapi.responses import JSONResponse, Response

from deployments.api.openai.chat.answer import AnswerMessage, ChatAnswer, ChatCompletion, Choice
from deployments.api.openai.chat.attachments import store_parts
from deployments.api.openai.chat.chores import answer_to_chore
from deployments.api.openai.chat.request import ChatMessage, ChatRequest
from deployments.api.openai.chat.sessions import named_session, told_session
from deployments.api.openai.chat.stream import chunk_lines, text_lines
from deployments.api.openai.errors import RESPONSES, OpenAIRoute
from deployments.api.openai.names import ASSISTANT, missing, resolve
from deployments.api.openai.usage import chat_usage
from deployments.api.services import ScopeOf, Services, ServicesOf
from deployments.api.streaming import GeneratedResponse, until_disconnected
from model_wrappers.contract.errors import InvalidInput
from router.scope import Scope
from router.turn.conversation import Message, Upload

router = APIRouter(tags=["openai"], route_class=OpenAIRoute)

SESSION_HEADER = "X-Session-Id"


@router.post(
    "/v1/chat/completions",
    response_model=ChatCompletion,
    responses={**RESPONSES, 200: {"model": ChatCompletion, "content": {"text/event-stream": {}}}},
)
async def complete(
    body: ChatRequest,
    request: Request,
    services: ServicesOf,
    scope: ScopeOf,
    session_id: Annotated[str | None, Header(alias=SESSION_HEADER, description="Session to go on with")] = None,
) -> Response:
    """Answer the last message, planning and running what it asks for.

    The session is the one named in the header, in `metadata.session_id` or by the id of an earlier spoken answer;
    else a new one that begins with what the messages tell.
    """
    _check_model(body.model, services)
    if (said := answer_to_chore(body.messages)) is not None:
        return _plain(said, body)
    session = named_session(body, session_id) or await told_session(body.messages[:-1], services, scope)
    uploads = await store_parts(body.messages[-1], services, scope)
    message = _message(body.messages[-1], uploads, session, services.scope(request))
    answer = ChatAnswer(
        body, message, services, str(request.base_url), f"chatcmpl-{uuid.uuid4().hex}", int(time.time())
    )
    if body.stream:
        return GeneratedResponse(chunk_lines(answer), "text/event-stream")
    completion = await until_disconnected(request, answer.complete())
    assert completion.audiogpt is not None
    return JSONResponse(
        completion.model_dump(mode="json", by_alias=True), headers={SESSION_HEADER: completion.audiogpt.session_id}
    )


def _plain(said: str, body: ChatRequest) -> Response:
    """Answer in text alone; no session hears of it."""
    head = {"id": f"chatcmpl-{uuid.uuid4().hex}", "created": int(time.time()), "model": body.model}
    if body.stream:
        return GeneratedResponse(text_lines(said, head), "text/event-stream")
    usage = chat_usage([message.text for message in body.messages], 0.0, said, 0.0)
    completion = ChatCompletion(**head, choices=(Choice(message=AnswerMessage(content=said)),), usage=usage)
    return JSONResponse(completion.model_dump(mode="json", by_alias=True, exclude_none=True))


def _check_model(name: str, services: Services) -> None:
    if resolve(name, services) != ASSISTANT:
        aliases = [alias for alias, target in services.settings.model_aliases.items() if target == ASSISTANT]
        raise missing(name, [ASSISTANT, *aliases])


def _message(asked: ChatMessage, uploads: tuple[Upload, ...], session: str | None, scope: Scope) -> Message:
    """Take the text as the request and the files as what it is about; without a text, the first sound is asked."""
    speech = None
    if not asked.text:
        speech = next((upload.ref for upload in uploads if upload.ref.kind == "audio"), None)
        if speech is None:
            raise InvalidInput("The last message is empty; write or speak what to do.", param="messages")
        uploads = tuple(upload for upload in uploads if upload.ref is not speech)
    return Message(
        scope,
        text=asked.text or None,
        speech=speech,
        uploads=uploads,
        session_id=session,
        speak=False,
    )
