"""`/v1/webhooks`: addresses that are told when one's runs have ended."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from deployments.api.native.ownership import Owner
from deployments.api.services import ServicesOf
from router.outside import public_destination
from router.pages import Page
from router.webhooks.store import MAX_URL, Webhook

router = APIRouter(tags=["runs"])


class NewWebhook(BaseModel):
    """Where to tell it."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(max_length=MAX_URL, description="A public http or https address, at port 80 or 443")


class SecretWebhook(Webhook):
    """A webhook with what its messages are signed with, as Standard Webhooks has it; it is shown once."""

    secret: str


@router.post("/v1/webhooks", status_code=201)
async def create(new: NewWebhook, tenant: Owner, services: ServicesOf) -> SecretWebhook:
    """Have an address told, signed, when a run has ended: up to eight times, until it answers 2xx."""
    await public_destination(new.url, "A webhook", services.settings.webhook_hosts)
    made = await asyncio.to_thread(services.webhooks.create, tenant, new.url)
    secret = await asyncio.to_thread(services.webhooks.secret, made.id, tenant)
    return SecretWebhook(**made.model_dump(), secret=secret)


@router.get("/v1/webhooks")
async def list_webhooks(tenant: Owner, services: ServicesOf) -> Page[Webhook]:
    """List one's own webhooks, all on one page, and what they have still to tell."""
    return Page(data=await asyncio.to_thread(services.webhooks.list, tenant))


@router.delete("/v1/webhooks/{webhook_id}", status_code=204)
async def delete(webhook_id: Annotated[str, Path(max_length=80)], tenant: Owner, services: ServicesOf) -> None:
    """Tell an address nothing more."""
    await asyncio.to_thread(services.webhooks.delete, webhook_id, tenant)
