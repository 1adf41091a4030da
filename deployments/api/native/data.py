"""`/v1/data`: everything a tenant has."""

import asyncio
from typing import Final

from fastapi import APIRouter

from deployments.api.native.ownership import Owner
from deployments.api.services import ScopeOf, ServicesOf
from model_wrappers.contract.errors import Forbidden
from router.erasure import Receipt
from router.principal import Permission
from router.tenants.audit import actor_of

router = APIRouter(tags=["data"])

NEEDED: Final[tuple[Permission, ...]] = ("artifacts", "sessions", "runs")


@router.delete("/v1/data")
async def delete(tenant: Owner, services: ServicesOf, scope: ScopeOf) -> Receipt:
    """Delete all of one's own sessions, runs and files, and return a receipt; keys stay."""
    if missing := [one for one in NEEDED if not scope.principal.may(one)]:
        raise Forbidden(f"The key '{scope.principal.key}' does not permit {', '.join(missing)}; all of it must go.")
    receipt = await services.eraser.everything(tenant)
    rows, actor = sum(receipt.rows.values()), actor_of(scope.principal)
    told = f"{rows} rows, {receipt.files} files"
    await asyncio.to_thread(services.audit.note, "data.deleted", actor, tenant=tenant, subject=receipt.id, detail=told)
    return receipt
