"""`/v1/runs`: long chains that go on without a connection."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from deployments.api.native.chat import CHAT_BODY, read_message
from deployments.api.native.durable import follow_run
from deployments.api.native.ownership import PartOf
from deployments.api.services import ScopeOf, ServicesOf
from deployments.api.streaming import STREAMED, GeneratedResponse
from router.events import RunEvent, RunInfo
from router.pages import Page
from router.turn.background import queue_run
from router.turn.rerun import StepChange, rerun

router = APIRouter(tags=["runs"])
RunId = Annotated[str, Path(description="The 32 hexadecimal digits the run was started with")]

MAX_DIGITS = 9  # of an event's number
PAGE = 200
MAX_STEP_ID, MAX_MODEL_ID, MAX_ARGUMENTS = 32, 100, 32


class RunEvents(BaseModel):
    """A page of a run's events."""

    run: RunInfo
    events: tuple[RunEvent, ...]


class Rerun(BaseModel):
    """Which step is to run again, and what is different about it."""

    model_config = ConfigDict(extra="forbid")

    step: str = Field(max_length=MAX_STEP_ID, description="Id of the step in the run's plan")
    arguments: dict[str, JsonValue] = Field(
        default_factory=dict,
        max_length=MAX_ARGUMENTS,
        description="Arguments that differ, as in a plan; null leaves one to its default",
    )
    model: str | None = Field(default=None, max_length=MAX_MODEL_ID, description="Model to use for the step")


@router.post("/v1/runs", status_code=202, openapi_extra=CHAT_BODY)
async def start(request: Request, services: ServicesOf) -> RunInfo:
    """Start a run of the same body as `POST /v1/chat` and return at once."""
    message, _ = await read_message(request, services, services.settings.run_timeout_s, runs=True)
    return await queue_run(message, services.runs, services.sessions)


@router.get("/v1/runs")
async def list_runs(part: PartOf, services: ServicesOf) -> Page[RunInfo]:
    """List one's own runs, those started last first."""
    return await asyncio.to_thread(services.runs.page, part.tenant, part.cursor, part.limit)


@router.get("/v1/runs/{run_id}")
async def show(run_id: RunId, services: ServicesOf, scope: ScopeOf) -> RunInfo:
    """Return the state of a run."""
    return await asyncio.to_thread(services.runs.get, run_id, scope.tenant)


@router.get("/v1/runs/{run_id}/events", response_model=RunEvents, responses=STREAMED)
async def events(
    run_id: RunId,
    services: ServicesOf,
    scope: ScopeOf,
    after: Annotated[int, Query(ge=0, description="Number of the last event already seen")] = 0,
    stream: Annotated[bool, Query(description="Follow the run as server-sent events")] = False,
    last_event_id: Annotated[str | None, Header(description="Sent by browsers that follow again")] = None,
) -> RunEvents | Response:
    """Return the events after a number, or follow them until the run ends."""
    run = await asyncio.to_thread(services.runs.get, run_id, scope.tenant)
    if last_event_id is not None and last_event_id.isdecimal() and len(last_event_id) <= MAX_DIGITS:
        after = max(after, int(last_event_id))
    if stream:
        return GeneratedResponse(follow_run(run_id, scope.tenant, after, services), "text/event-stream")
    found = await asyncio.to_thread(services.runs.events, run_id, scope.tenant, after=after, limit=PAGE)
    return RunEvents(run=run, events=tuple(found))


@router.post("/v1/runs/{run_id}/rerun", status_code=202)
async def run_again(run_id: RunId, change: Rerun, request: Request, services: ServicesOf) -> RunInfo:
    """Start a run in which one step of an ended run is different: it and what depends on it run, the rest is kept."""
    scope = services.scope(request, services.settings.run_timeout_s)
    return await rerun(run_id, StepChange(change.step, change.arguments, change.model), services.runs, scope)


@router.delete("/v1/runs/{run_id}", status_code=202)
async def cancel(
    run_id: RunId,
    services: ServicesOf,
    scope: ScopeOf,
    forget: Annotated[bool, Query(description="Delete it, too, with the files that nothing else names")] = False,
) -> RunInfo:
    """Ask for the end of a run; running steps stop at their next window."""
    run = await asyncio.to_thread(services.runs.request_cancel, run_id, scope.tenant)
    if forget:
        await services.eraser.run(run_id, scope.principal)
    return run
