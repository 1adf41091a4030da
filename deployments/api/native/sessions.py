"""`/v1/sessions`: dialogues."""

import asyncio
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Path

from deployments.api.native.ownership import PartOf
from deployments.api.services import ScopeOf, ServicesOf
from model_wrappers.contract.sessions import Session, SessionInfo
from router.pages import Page
from router.tenants.audit import actor_of

router = APIRouter(tags=["sessions"])
SessionId = Annotated[str, Path(description="The 32 hexadecimal digits the session was created with")]


@router.post("/v1/sessions", status_code=201)
async def create(services: ServicesOf, scope: ScopeOf) -> Session:
    """Open a session."""
    return await asyncio.to_thread(services.sessions.create, scope.tenant)


@router.get("/v1/sessions")
async def list_sessions(part: PartOf, services: ServicesOf) -> Page[SessionInfo]:
    """List one's own sessions, those used last first."""
    return await asyncio.to_thread(services.sessions.page, part.tenant, part.cursor, part.limit)


@router.get("/v1/sessions/{session_id}")
async def show(session_id: SessionId, services: ServicesOf, scope: ScopeOf) -> Session:
    """Return a session with its turns and its table of artifacts."""
    return await asyncio.to_thread(services.sessions.get, session_id, scope.tenant)


@router.delete("/v1/sessions/{session_id}/turns/{index}", status_code=204)
async def take_back(
    session_id: SessionId,
    index: Annotated[int, Path(ge=0, description="First turn to forget")],
    services: ServicesOf,
    scope: ScopeOf,
) -> None:
    """Forget a turn and those after it, as if they had not been asked."""
    await asyncio.to_thread(services.sessions.take_back, session_id, scope.tenant, index)
    note = partial(services.audit.note, tenant=scope.tenant, subject=session_id, detail=f"from turn {index} on")
    await asyncio.to_thread(note, "turns.deleted", actor_of(scope.principal))


@router.delete("/v1/sessions/{session_id}", status_code=204)
async def delete(session_id: SessionId, services: ServicesOf, scope: ScopeOf) -> None:
    """Delete a session, its runs, and the files that nothing else of the tenant names."""
    await services.eraser.session(session_id, scope.principal)
