"""A report of what the calls of a period came to."""

from pydantic import BaseModel, ConfigDict, Field

from model_wrappers.contract.usage import Usage
from router.usage.store import By, UsageRow, UsageStore


class UsageReport(BaseModel):
    """What the calls of a period came to."""

    model_config = ConfigDict(frozen=True)

    tenant: str | None = Field(description="Whose calls; of all if null")
    since: float = Field(description="Begin, in seconds since 1970")
    until: float = Field(description="End, in seconds since 1970")
    by: By
    rows: tuple[UsageRow, ...] = Field(description="Hours and days by their begin, in UTC")
    total: Usage


def report(store: UsageStore, by: By, since: float, until: float, tenant: str | None) -> UsageReport:
    """Return the report of a tenant, of all if None; it blocks."""
    rows = store.rows(by, since, until, tenant)
    total = sum((row.usage for row in rows), Usage())
    return UsageReport(tenant=tenant, since=since, until=until, by=by, rows=tuple(rows), total=total)
