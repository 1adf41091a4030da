"""`/healthz` and `/readyz`: for load balancers and people."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from deployments.api.services import ServicesOf

router = APIRouter(tags=["health"])


class Readiness(BaseModel):
    """Whether requests can be answered, and by what."""

    ready: bool
    live: tuple[str, ...]
    starting: tuple[str, ...]
    off: dict[str, str]


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """Answer as long as the process does."""
    return {"status": "ok"}


@router.get("/readyz", response_model=Readiness, responses={503: {"model": Readiness}})
async def readyz(services: ServicesOf) -> JSONResponse:
    """Answer 200 once models are live and none is starting, 503 before."""
    models = services.catalog().models
    live = tuple(entry.id for entry in models if entry.state == "live")
    starting = tuple(entry.id for entry in models if entry.state == "starting")
    off = {entry.id: entry.reason or "" for entry in models if entry.state == "off"}
    ready = bool(live) and not starting
    body = Readiness(ready=ready, live=live, starting=starting, off=off)
    return JSONResponse(body.model_dump(), 200 if ready else 503)
