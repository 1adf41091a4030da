"""`POST /v1/chat` and `POST /v1/plans`: requests in words or speech."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from starlette.datastructures import UploadFile

from deployments.api.forms import is_form, opened_form
from deployments.api.json_text import read_json
from deployments.api.native.durable import chat_durably
from deployments.api.native.uploads import check_count, heard, resolve, store_upload, store_uploads
from deployments.api.services import Services, ServicesOf
from deployments.api.streaming import STREAMED, event_stream, until_disconnected
from llm_planner.planner import PlannedOutcome
from llm_planner.plans.plan import Plan
from model_wrappers.contract.errors import InvalidInput
from router.events import Replied
from router.scope import Scope
from router.turn.conversation import Message, Upload
from router.turn.words import Words
from router.validation import invalid_input

router = APIRouter(tags=["chat"])

MAX_ARTIFACTS = 100  # that a request may name; how many it may have is the settings' to say


class ChatBody(BaseModel):
    """A request; send it as JSON, or as a form with `speech` and `files` as file parts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: Words | None = Field(default=None, description="The request in words")
    speech: str | None = Field(default=None, max_length=200, description="Artifact id of the spoken request")
    artifacts: Annotated[tuple[str, ...], Field(fail_fast=True, max_length=MAX_ARTIFACTS)] = Field(
        default=(), description="Artifact ids of the resources the request is about"
    )
    session_id: str | None = Field(default=None, pattern=r"^[0-9a-f]{32}$", description="Session; new if absent")
    plan: Plan | None = Field(default=None, description="A plan written by hand, to run instead of planning")
    stream: bool = Field(default=False, description="Send events as they happen (text/event-stream)")
    timeout_s: float | None = Field(default=None, gt=0, description="Seconds until the answer must be there")
    durable: bool = Field(
        default=False,
        description="Carry it out as a run that survives the loss of any process; leaving does not end it",
    )
    reuse: bool | None = Field(
        default=None,
        description="Whether steps may end with what earlier runs made of the same input; what the server is set to if "
        "absent, in a request that is no run: no",
    )

    @field_validator("plan", mode="before")
    @classmethod
    def _plan_of_a_form(cls, value: Any) -> Any:
        return read_json(value.encode(), "The field 'plan'", "plan") if isinstance(value, str) else value


async def read_message(
    request: Request, services: Services, limit_s: float | None = None, *, runs: bool = False
) -> tuple[Message, ChatBody]:
    """Read a chat request of either form.

    Args:
        request: The HTTP request.
        services: The application's services.
        limit_s: Longest deadline in seconds; the settings' limit for callers who wait if None.
        runs: Whether it becomes a run in any case.

    Returns:
        The message with its uploads stored, and what else the body says.

    Raises:
        InvalidInput: If a field is wrong.
    """
    scope = services.scope(request)
    speech: Upload | None = None
    uploads: tuple[Upload, ...] = ()
    if is_form(request):
        async with opened_form(request, max_files=services.settings.max_attachments + 2, max_fields=20) as form:
            fields: dict[str, Any] = {k: v for k, v in form.items() if isinstance(v, str) and k != "artifacts"}
            fields["artifacts"] = [value for value in form.getlist("artifacts") if isinstance(value, str)]
            body = _parse(fields)
            spoken = form.get("speech")
            if isinstance(spoken, UploadFile):
                speech = await store_upload(spoken, services, scope)
            files = [f for key in ("files", "files[]", "file") for f in form.getlist(key) if isinstance(f, UploadFile)]
            uploads = await store_uploads(files, services, scope)
    else:
        body = _parse(await _json(request))
    limit_s = limit_s or services.settings.plan_timeout_s
    scope = scope.renewed(min(body.timeout_s or limit_s, limit_s))  # the upload does not count
    reuse = (runs or body.durable) and services.settings.reuse_steps if body.reuse is None else body.reuse
    return await _message(services, body, speech, uploads, replace(scope, reuse=reuse)), body


async def _message(
    services: Services, body: ChatBody, speech: Upload | None, uploads: Sequence[Upload], scope: Scope
) -> Message:
    check_count(len(body.artifacts) + len(uploads), services)
    named = [Upload(await resolve(artifact, services, scope, "artifacts")) for artifact in body.artifacts]
    ref = speech.ref if speech else await resolve(body.speech, services, scope, "speech") if body.speech else None
    ref = await heard(ref, services, scope) if ref is not None else None
    if ref is not None and ref.kind != "audio":
        raise InvalidInput(f"'speech' must be audio, got {ref.kind} ({ref.media_type}).", param="speech")
    files = [Upload(await heard(upload.ref, services, scope), upload.file_name) for upload in (*named, *uploads)]
    return Message(
        scope,
        text=body.text,
        speech=ref,
        uploads=tuple(files),
        session_id=body.session_id,
        plan=body.plan,
    )


async def _json(request: Request) -> Any:
    try:
        return await request.json()
    except ValueError as exc:
        raise InvalidInput(f"The body is not JSON: {exc}. Send JSON or multipart/form-data.") from exc


def _parse(fields: Any) -> ChatBody:
    try:
        return ChatBody.model_validate(fields)
    except ValidationError as exc:
        raise invalid_input(exc, ChatBody, "The request") from exc


CHAT_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": ChatBody.model_json_schema(ref_template="#/components/schemas/{model}")},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "text": {"type": "string"},
                        "speech": {"type": "string", "format": "binary"},
                        "files": {"type": "array", "items": {"type": "string", "format": "binary"}},
                        "artifacts": {"type": "array", "items": {"type": "string"}},
                        "session_id": {"type": "string"},
                        "plan": {"type": "string", "description": "A plan written by hand, as JSON"},
                        "stream": {"type": "boolean"},
                        "timeout_s": {"type": "number"},
                        "durable": {"type": "boolean"},
                        "reuse": {"type": "boolean"},
                    },
                }
            },
        },
    }
}


@router.post("/v1/chat", response_model=Replied, openapi_extra=CHAT_BODY, responses=STREAMED)
async def chat(request: Request, services: ServicesOf) -> Replied | Response:
    """Understand a request in text or speech, run the plan it needs, and reply."""
    message, body = await read_message(request, services)
    if body.durable:
        return await until_disconnected(request, chat_durably(message, services, stream=body.stream))
    if body.stream:
        return event_stream(lambda emit: services.conversation.respond(message, emit))
    return await until_disconnected(request, services.conversation.respond(message, lambda event: None))


@router.post("/v1/plans", openapi_extra=CHAT_BODY)
async def plans(request: Request, services: ServicesOf) -> PlannedOutcome:
    """Plan a request without running it."""
    message, _ = await read_message(request, services)
    return await until_disconnected(request, services.conversation.plan(message))
