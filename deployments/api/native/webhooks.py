"""`/v1/webhooks`: addresses that are told when one's runs have ended."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from deployments.api.native.ownership import Owner
from deployments.api.services import ScopeOf, ServicesOf
from router.outside import public_destination
from router.pages import Page
from router.webhooks.info import SecretWebhook, Webhook
from router.webhooks.store import MAX_URL

router = APIRouter(tags=["runs"])
WebhookId = Annotated[str, Path(max_length=80, description="As it was named when it was made")]


class NewWebhook(BaseModel):
    """Where to tell it."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(max_length=MAX_URL, description="A public http or https address, at port 80 or 443")


@router.post("/v1/webhooks", status_code=201)
async def create(
    new: NewWebhook, tenant: Owner, services: ServicesOf, scope: ScopeOf, response: Response
) -> SecretWebhook:
    """Have an address told, signed, when a run has ended: up to eight times, until it answers 2xx."""
    await public_destination(new.url, "A webhook", services.settings.webhook_hosts)
    response.headers["Cache-Control"] = "no-store"
    return await asyncio.to_thread(services.webhooks.create, scope.principal, new.url)


@router.get("/v1/webhooks")
async def list_webhooks(tenant: Owner, services: ServicesOf) -> Page[Webhook]:
    """List one's own webhooks, all on one page, and what they have still to tell."""
    return Page(data=await asyncio.to_thread(services.webhooks.list, tenant))


@router.post("/v1/webhooks/{webhook_id}/test", status_code=202)
async def test(webhook_id: WebhookId, tenant: Owner, services: ServicesOf) -> None:
    """Tell an address, as soon as can be, a message of type `webhook.test`; the list says what became of it."""
    await asyncio.to_thread(services.webhooks.test, webhook_id, tenant)


@router.post("/v1/webhooks/{webhook_id}/rotate", status_code=201)
async def rotate(
    webhook_id: WebhookId, tenant: Owner, services: ServicesOf, scope: ScopeOf, response: Response
) -> SecretWebhook:
    """Replace the secret and show the new one, once; for a day messages are signed with both."""
    response.headers["Cache-Control"] = "no-store"
    return await asyncio.to_thread(services.webhooks.rotate, webhook_id, scope.principal)


@router.delete("/v1/webhooks/{webhook_id}", status_code=204)
async def delete(webhook_id: WebhookId, tenant: Owner, services: ServicesOf, scope: ScopeOf) -> None:
    """Tell an address nothing more."""
    await asyncio.to_thread(services.webhooks.delete, webhook_id, scope.principal)
