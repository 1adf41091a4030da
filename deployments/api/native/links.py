"""`/v1/sessions/{id}/links`: what was said and made in a session, to be read by whoever has the link."""

import asyncio
import time

from fastapi import APIRouter
from pydantic import BaseModel, Field

from deployments.api.native.sessions import SessionId
from deployments.api.services import ScopeOf, Services, ServicesOf
from model_wrappers.contract.sessions import Session

router = APIRouter(tags=["sessions"])


class SessionLink(BaseModel):
    """A copy of a session as it was; it does not tell the session's id, so nobody can go on with it."""

    artifact: str = Field(description="Id of the copy, which is read as an artifact")
    expires: float = Field(description="Seconds since 1970, when the copy and what it names are gone")


@router.post("/v1/sessions/{session_id}/links", status_code=201)
async def share(session_id: SessionId, services: ServicesOf, scope: ScopeOf) -> SessionLink:
    """Copy a session for others to read until it expires."""
    return await asyncio.to_thread(_copy, services, session_id, scope.tenant)


def _copy(services: Services, session_id: str, tenant: str) -> SessionLink:
    session = services.sessions.get(session_id, tenant)
    services.artifacts.touch([artifact.ref for artifact in session.artifacts])
    copy = Session(id="", tenant=tenant, turns=session.turns, artifacts=session.artifacts)
    data = copy.model_dump_json(exclude={"tenant", "summary"}).encode()
    ref = services.artifacts.put(data, kind="text", media_type="application/json", tenant=tenant)
    return SessionLink(artifact=ref.id, expires=time.time() + services.settings.artifact_ttl_s)
