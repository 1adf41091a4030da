"""`/v1/usage`: what one's calls to models came to, by month, hour, model or request."""

import asyncio
import time
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, Field

from deployments.api.services import ScopeOf, Services, ServicesOf
from model_wrappers.contract.errors import NotFound
from model_wrappers.contract.usage import Usage
from router.usage.period import check_rows, period
from router.usage.report import UsageReport, report
from router.usage.store import By

router = APIRouter(tags=["usage"])


class CallReport(Usage):
    """One call."""

    step: str
    attempt: int
    task: str
    model: str
    outcome: str = Field(description="done, or the code of its error")
    at: float = Field(description="When it ended, in seconds since 1970")
    elapsed_s: float = Field(description="Seconds until it ended, waiting included")
    queue_s: float = Field(description="Seconds it waited for the model")
    batch_size: int = Field(description="Requests the model answered together with it; 0 if it did not begin")


class RequestUsage(BaseModel):
    """What one request came to."""

    request_id: str
    calls: tuple[CallReport, ...]
    total: Usage


class Asked(BaseModel):
    """Which period is asked for, and what its sums are of."""

    since: float
    until: float
    by: By


def asked(
    month: Annotated[str | None, Query(description="Such as 2026-11, in UTC; this one if no period is given")] = None,
    since: Annotated[datetime | None, Query(description="Begin of another period, in UTC")] = None,
    until: Annotated[datetime | None, Query(description="Its end; now if absent")] = None,
    by: Annotated[By, Query(description="What the rows are sums of")] = "model",
) -> Asked:
    """Read what a report is asked about."""
    begin, end = period(month, since, until, time.time())
    check_rows(by, begin, end)
    return Asked(since=begin, until=end, by=by)


AskedOf = Annotated[Asked, Depends(asked)]


@router.get("/v1/usage")
async def usage(services: ServicesOf, scope: ScopeOf, of: AskedOf) -> UsageReport:
    """Tell what one's calls to models came to; by the hour, so that the begin and end are those of hours."""
    return await reported(services, of, scope.tenant)


@router.get("/v1/usage/requests/{request_id}")
async def of_request(
    request_id: Annotated[str, Path(max_length=64, description="The answer's X-Request-Id")],
    services: ServicesOf,
    scope: ScopeOf,
) -> RequestUsage:
    """Tell what one request came to, call by call, for 35 days."""
    await services.ledger.flush()
    calls = await asyncio.to_thread(services.usage.calls, request_id, scope.tenant)
    if not calls:
        raise NotFound(f"No model was called for a request '{request_id}'.", param="request_id")
    fields = CallReport.model_fields.keys() - Usage.model_fields.keys()
    told = [CallReport(**call.usage.model_dump(), **{name: getattr(call, name) for name in fields}) for call in calls]
    return RequestUsage(request_id=request_id, calls=tuple(told), total=sum((call.usage for call in calls), Usage()))


async def reported(services: Services, of: Asked, tenant: str | None) -> UsageReport:
    """Return the report of a tenant, of all if None; what this process noted is in it already."""
    await services.ledger.flush()
    return await asyncio.to_thread(report, services.usage, of.by, of.since, of.until, tenant)
