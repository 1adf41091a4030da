"""`/v1/sessions/{id}/links`: what was said and made in a session, to be read by whoever has the link."""

import asyncio
import json
import time

from fastapi import APIRouter
from pydantic import BaseModel, Field

from deployments.api.native.sessions import SessionId
from deployments.api.services import ScopeOf, Services, ServicesOf
from model_wrappers.contract.sessions import Session
from router.principal import Principal

router = APIRouter(tags=["sessions"])


class SessionLink(BaseModel):
    """A copy of a session as it was; it does not tell the session's id, so nobody can go on with it."""

    artifact: str = Field(description="Id of the copy, which is read as an artifact")
    link: str | None = Field(description="Opens the copy without a key, as the query `link`; null where none is needed")
    expires: float = Field(description="Seconds since 1970, when the copy and what it names are gone")


@router.post("/v1/sessions/{session_id}/links", status_code=201)
async def share(session_id: SessionId, services: ServicesOf, scope: ScopeOf) -> SessionLink:
    """Copy a session for others to read until it expires, or the key that shared it is revoked."""
    return await asyncio.to_thread(_copy, services, session_id, scope.principal)


def _copy(services: Services, session_id: str, principal: Principal) -> SessionLink:
    session = services.sessions.get(session_id, principal.tenant)
    services.artifacts.touch([artifact.ref for artifact in session.artifacts])
    copy = Session(id="", tenant=principal.tenant, turns=session.turns, artifacts=session.artifacts)
    told = copy.model_dump(mode="json", exclude={"tenant", "summary"})
    named = {artifact.ref.id for artifact in session.artifacts}
    told["links"] = {artifact: link for artifact in sorted(named) if (link := _link(services, artifact, principal))}
    data = json.dumps(told).encode()
    most = principal.limits.storage_bytes
    ref = services.artifacts.put(
        data, kind="text", media_type="application/json", tenant=principal.tenant, most_bytes=most
    )
    expires = time.time() + services.settings.artifact_ttl_s
    return SessionLink(artifact=ref.id, link=_link(services, ref.id, principal), expires=expires)


def _link(services: Services, artifact_id: str, principal: Principal) -> str | None:
    """Return what opens a file without a key for as long as it is kept, None where no key is asked for."""
    if services.door is None:
        return None
    return services.door.link(artifact_id, principal, services.settings.artifact_ttl_s)
