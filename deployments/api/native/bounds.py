"""`/v1/limits`: what the server takes at most, for clients that say so before they send."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from deployments.api.services import ScopeOf, ServicesOf
from model_wrappers.contract.tasks.base import MAX_TEXT_CHARACTERS
from router.principal import PERMISSIONS, Permission

router = APIRouter(tags=["health"])


class Bounds(BaseModel):
    """Bounds of one request."""

    max_attachments: int = Field(description="Files of one request")
    max_upload_bytes: int = Field(description="Bytes of one file")
    max_audio_s: float = Field(description="Seconds of one recording")
    max_text_characters: int = Field(description="Characters of one request")
    tenant: str = Field(description="Who asks")
    key: str | None = Field(description="Id of the key shown; null where none is asked for")
    permissions: tuple[Permission, ...] = Field(description="What it permits")


@router.get("/v1/limits")
async def limits(services: ServicesOf, scope: ScopeOf) -> Bounds:
    """Return the bounds of one request, and who it would be from."""
    settings, principal = services.settings, scope.principal
    return Bounds(
        max_attachments=settings.max_attachments,
        max_upload_bytes=settings.max_upload_bytes,
        max_audio_s=settings.max_audio_s,
        max_text_characters=MAX_TEXT_CHARACTERS,
        tenant=principal.tenant,
        key=principal.key,
        permissions=tuple(one for one in PERMISSIONS if principal.may(one)),
    )
