"""`/v1/admin`: tenants, their keys and usage, and the audit log, for whoever has an admin's key."""

import asyncio
from collections.abc import Callable
from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from deployments.api.native.usage import AskedOf, reported
from deployments.api.services import ScopeOf, ServicesOf
from router.pages import MAX_PAGE, PAGE, Page
from router.principal import NO_LIMITS, PERMISSIONS, Permission, TenantLimits
from router.tenants.audit import Act, AuditEntry, actor_of
from router.tenants.info import KeyInfo, TenantInfo
from router.tenants.keys import Key
from router.tenants.store import MAX_WEIGHT, MIN_WEIGHT, TenantStore
from router.usage.report import UsageReport

router = APIRouter(prefix="/v1/admin", tags=["administration"])

ResultT = TypeVar("ResultT")

MAX_LIFE_S = 100 * 365 * 24 * 3_600.0
Name = Annotated[str, Field(max_length=64)]
TenantId = Annotated[str, Path(max_length=64, description="The tenant's name")]
KeyId = Annotated[str, Path(max_length=64, description="The part of the key behind 'agpt_'")]
Cursor = Annotated[str | None, Query(max_length=300, description="The `next` of the page before")]
Limit = Annotated[int, Query(ge=1, le=MAX_PAGE, description="Things of a page")]
OfTenant = Annotated[str | None, Query(max_length=64, description="Whose; of all if absent")]
Weight = Annotated[float, Field(ge=MIN_WEIGHT, le=MAX_WEIGHT)]


class NewTenant(BaseModel):
    """A tenant to be."""

    model_config = ConfigDict(extra="forbid")

    id: Name = Field(description="1 to 64 of a-z, 0-9, _ and -")
    weight: Weight = Field(default=1.0, description="Its share where tenants wait for the same thing")
    limits: TenantLimits = NO_LIMITS


class TenantChange(BaseModel):
    """What is to be different about a tenant; what is absent stays."""

    model_config = ConfigDict(extra="forbid")

    weight: Weight | None = None
    limits: TenantLimits = Field(default=NO_LIMITS, description="Those named change; null takes one away")


class NewKey(BaseModel):
    """A key to be."""

    model_config = ConfigDict(extra="forbid")

    tenant: Name
    permissions: tuple[Permission, ...] = Field(min_length=1, max_length=len(PERMISSIONS))
    name: str = Field(default="", max_length=200, description="For people")
    expires_s: float | None = Field(default=None, gt=0, le=MAX_LIFE_S, description="Seconds from now; for good if null")


class Rotation(BaseModel):
    """How a key is replaced."""

    model_config = ConfigDict(extra="forbid")

    overlap_s: float = Field(default=86_400.0, ge=0, le=MAX_LIFE_S, description="Seconds the old key still works")


class MadeKey(KeyInfo):
    """A key that was made, with its text, which nobody can be shown again."""

    key: str


def acting(services: ServicesOf, scope: ScopeOf) -> TenantStore:
    """Return the store, in the name of who asks."""
    return services.tenants.acting(actor_of(scope.principal))


StoreOf = Annotated[TenantStore, Depends(acting)]


@router.get("/tenants")
async def list_tenants(store: StoreOf, cursor: Cursor = None, limit: Limit = PAGE) -> Page[TenantInfo]:
    """List the tenants, the newest first."""
    return await asyncio.to_thread(store.tenants_page, cursor, limit)


@router.post("/tenants", status_code=201)
async def create_tenant(body: NewTenant, store: StoreOf) -> TenantInfo:
    """Add a tenant."""
    await asyncio.to_thread(store.create_tenant, body.id, weight=body.weight, limits=body.limits)
    return await asyncio.to_thread(store.tenant, body.id)


@router.get("/tenants/{tenant}")
async def show_tenant(tenant: TenantId, store: StoreOf) -> TenantInfo:
    """Return a tenant."""
    return await asyncio.to_thread(store.tenant, tenant)


@router.patch("/tenants/{tenant}")
async def edit_tenant(tenant: TenantId, change: TenantChange, store: StoreOf) -> TenantInfo:
    """Change a tenant's weight or limits, which holds within seconds."""
    return await asyncio.to_thread(_edit, store, tenant, change)


@router.get("/keys")
async def list_keys(
    store: StoreOf, tenant: OfTenant = None, cursor: Cursor = None, limit: Limit = PAGE
) -> Page[KeyInfo]:
    """List what is known of the keys, the newest first."""
    return await asyncio.to_thread(store.keys_page, tenant, cursor, limit)


@router.post("/keys", status_code=201)
async def create_key(body: NewKey, store: StoreOf, response: Response) -> MadeKey:
    """Make a key."""
    return await _made(
        store,
        response,
        lambda: store.create_key(body.tenant, body.permissions, name=body.name, expires_s=body.expires_s),
    )


@router.post("/keys/{key_id}/rotate", status_code=201)
async def rotate_key(key_id: KeyId, body: Rotation, store: StoreOf, response: Response) -> MadeKey:
    """Make a key like another, which works on for a while."""
    return await _made(store, response, lambda: store.rotate(key_id, body.overlap_s))


@router.delete("/keys/{key_id}")
async def revoke_key(key_id: KeyId, store: StoreOf) -> KeyInfo:
    """Let a key work no more: within 10 s for requests, within 30 s for streams and sockets it opened."""
    await asyncio.to_thread(store.revoke, key_id)
    return await asyncio.to_thread(store.key, key_id)


@router.get("/usage")
async def usage(services: ServicesOf, of: AskedOf, tenant: OfTenant = None) -> UsageReport:
    """Tell what the calls of a tenant, or of all, came to."""
    return await reported(services, of, tenant)


@router.get("/audit")
async def audit(
    services: ServicesOf,
    tenant: OfTenant = None,
    act: Annotated[Act | None, Query(description="Only acts of this kind")] = None,
    cursor: Cursor = None,
    limit: Limit = PAGE,
) -> Page[AuditEntry]:
    """List who did what, the newest first; refused sign-ins are written within 10 s."""
    return await asyncio.to_thread(services.audit.page, tenant, act, cursor, limit)


def _edit(store: TenantStore, tenant: str, change: TenantChange) -> TenantInfo:
    limits = store.tenant(tenant).limits
    changed = {name: getattr(change.limits, name) for name in change.limits.model_fields_set}
    return store.edit_tenant(
        tenant, weight=change.weight, limits=limits.model_copy(update=changed) if changed else None
    )


async def _made(store: TenantStore, response: Response, make: Callable[[], Key]) -> MadeKey:
    key = await asyncio.to_thread(make)
    response.headers["Cache-Control"] = "no-store"
    return MadeKey(**dict(await asyncio.to_thread(store.key, key.id)), key=key.text)
