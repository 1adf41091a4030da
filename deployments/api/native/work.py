"""`/v1/admin/work`: what goes on now, and for whom."""

import asyncio

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from deployments.api.services import ServicesOf
from router.events import RunInfo

router = APIRouter(tags=["administration"])


class Queue(BaseModel):
    """The calls of one tenant to one model."""

    model_config = ConfigDict(frozen=True)

    model: str
    tenant: str
    running: int
    waiting: int


class Work(BaseModel):
    """What goes on now."""

    queues: tuple[Queue, ...] = Field(description="Calls of this ingress, the longest line first")
    runs: tuple[RunInfo, ...] = Field(description="Runs of all tenants that have not ended, the newest first")


@router.get("/v1/admin/work")
async def work(services: ServicesOf) -> Work:
    """Tell who waits for which model, and which runs have not ended, 200 of them at most."""
    queues = [Queue(model=m, tenant=t, running=r, waiting=w) for m, t, r, w in services.executor.lines.by_tenant()]
    runs = await asyncio.to_thread(services.runs.going_on)
    return Work(queues=tuple(sorted(queues, key=lambda one: (-one.waiting, -one.running, one.model))), runs=runs)
