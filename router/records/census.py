"""The runs that have not ended, counted."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select

from router.events import ACTIVE
from router.records.database import Database
from router.records.run_queue import WAITING, stale
from router.records.tables import runs


@dataclass(frozen=True)
class RunCensus:
    """Runs that wait and that run, by tenant."""

    queued: Mapping[str, int]
    running: Mapping[str, int]
    oldest_queued_s: float
    stale: int  # running ones whose owner has been silent for longer than a lease


def count_runs(database: Database) -> RunCensus:
    """Count them; blocks."""
    by_tenant = (
        select(runs.c.state, runs.c.tenant, func.count()).where(runs.c.state.in_(ACTIVE)).group_by("state", "tenant")
    )
    with database.reading() as connection:
        counts = {(state, tenant): count for state, tenant, count in connection.execute(by_tenant)}
        oldest_s = connection.scalar(select(func.max(database.now - runs.c.created)).where(WAITING))
        silent = connection.scalar(select(func.count()).where(stale(database.now)))
    return RunCensus(
        queued={tenant: count for (state, tenant), count in counts.items() if state == "queued"},
        running={tenant: count for (state, tenant), count in counts.items() if state == "running"},
        oldest_queued_s=max(0.0, oldest_s or 0.0),
        stale=silent or 0,
    )
