"""`/healthz` and `/readyz`: for load balancers and people."""

import asyncio
from collections.abc import Awaitable

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from deployments.api.services import Services, ServicesOf
from model_wrappers.contract.artifacts import ArtifactRef
from model_wrappers.contract.errors import AudioGPTError

router = APIRouter(tags=["health"])

PATIENCE_S = 5.0  # with a store or the planner; who probes waits no longer
NOBODYS = ArtifactRef(id="0" * 64, kind="data", media_type="", size_bytes=0, tenant="nobody")  # asked for by probes


class Readiness(BaseModel):
    """Whether requests can be taken, and the states of the models, which load when they are asked for."""

    ready: bool
    lacking: dict[str, str] = Field(default_factory=dict, description="What is not there that every request needs")
    live: tuple[str, ...]
    starting: tuple[str, ...]
    off: dict[str, str]


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """Answer as long as the process does."""
    return {"status": "ok"}


@router.get("/readyz", response_model=Readiness, responses={503: {"model": Readiness}})
async def readyz(services: ServicesOf) -> JSONResponse:
    """Answer 200 while stores and planner answer, 503 while one does not; models come and go with the load."""
    parts = {
        "database": asyncio.to_thread(services.database.check),
        "artifacts": asyncio.to_thread(services.artifacts.exists, NOBODYS),
        "planner": services.planner.check(),
    }
    told = await asyncio.gather(*map(_lacking, parts.values()))
    lacking = {name: why for name, why in zip(parts, told, strict=True) if why is not None}
    body = Readiness(ready=not lacking, lacking=lacking, **_states(services))
    return JSONResponse(body.model_dump(), 503 if lacking else 200)


async def _lacking(check: Awaitable[object]) -> str | None:
    """Return why a part is not there."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            await check
    except AudioGPTError as exc:
        return exc.message
    except TimeoutError:
        return f"It did not answer within {PATIENCE_S:.0f} s."
    return None


def _states(services: Services) -> dict[str, tuple[str, ...] | dict[str, str]]:
    models = services.catalog().models
    return {
        "live": tuple(entry.id for entry in models if entry.state == "live"),
        "starting": tuple(entry.id for entry in models if entry.state == "starting"),
        "off": {entry.id: entry.reason or "" for entry in models if entry.state == "off"},
    }
