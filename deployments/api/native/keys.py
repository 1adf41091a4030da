"""`/v1/keys`: what is known of one's own keys."""

import asyncio

from fastapi import APIRouter

from deployments.api.native.ownership import PartOf
from deployments.api.services import ServicesOf
from router.pages import Page
from router.tenants.info import KeyInfo

router = APIRouter(tags=["usage"])


@router.get("/v1/keys")
async def list_keys(part: PartOf, services: ServicesOf) -> Page[KeyInfo]:
    """List what is known of one's own keys, the newest first; their text is shown to nobody again."""
    return await asyncio.to_thread(services.tenants.keys_page, part.tenant, part.cursor, part.limit)
