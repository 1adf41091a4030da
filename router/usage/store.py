"""What calls came to, in the database: each call for a while, and the sums of every hour for good."""

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, Connection, String, cast, delete, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from model_wrappers.contract.usage import Usage
from router.records.database import Database
from router.records.tables import usage_calls, usage_hours
from router.usage.calls import CallUsage

HOUR_S = 3_600
DAY_S = 24 * HOUR_S
CALLS_KEPT_S = 35.0 * DAY_S  # single calls; a month's bill can be read call by call
MAX_ID, MAX_STEP = 64, 200  # characters kept of names that callers choose

By = Literal["hour", "day", "model", "task", "outcome", "key", "tenant"]


class UsageRow(BaseModel):
    """What the calls of one hour, day, model, task, outcome, key or tenant came to."""

    model_config = ConfigDict(frozen=True)

    of: str
    usage: Usage


class UsageStore:
    """Usage in a database. Methods block; call them off the event loop."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        """Keep it in `database`; `clock` counts seconds since 1970."""
        self._database = database
        self._clock = clock

    def add(self, calls: Sequence[CallUsage]) -> None:
        """Count calls; one that was counted before changes nothing."""
        with self._database.writing() as connection:
            ids = {call.id for call in calls}
            known = set(connection.scalars(select(usage_calls.c.id).where(usage_calls.c.id.in_(ids))))
            new = {call.id: call for call in calls if call.id not in known}
            if new:
                connection.execute(insert(usage_calls), [_row(call) for call in new.values()])
                _add_hours(connection, list(new.values()))

    def rows(self, by: By, since: float, until: float, tenant: str | None = None) -> list[UsageRow]:
        """Return sums over the whole hours from `since` to before `until`.

        Args:
            by: What the sums are of; in its order.
            since: Seconds since 1970.
            until: Seconds since 1970.
            tenant: Whose; of all if None.
        """
        of = _of(by)
        sums = [func.sum(usage_hours.c[name]).label(name) for name in Usage.model_fields]
        query = (
            select(of.label("of"), *sums)
            .where(usage_hours.c.hour >= since - since % HOUR_S, usage_hours.c.hour < until)
            .group_by(of)
            .order_by(of)
        )
        if tenant is not None:
            query = query.where(usage_hours.c.tenant == tenant)
        with self._database.reading() as connection:
            found = connection.execute(query).mappings().all()
        return [
            UsageRow(of=_named(by, row["of"]), usage=Usage(**{n: row[n] for n in Usage.model_fields})) for row in found
        ]

    def calls(self, request_id: str, tenant: str) -> list[CallUsage]:
        """Return the calls made for a request, in the order they ended."""
        query = select(usage_calls).where(usage_calls.c.tenant == tenant, usage_calls.c.request_id == request_id)
        with self._database.reading() as connection:
            found = connection.execute(query.order_by(usage_calls.c.at)).mappings().all()
        return [CallUsage(**{name: value for name, value in row.items() if name != "model_s"}) for row in found]

    def sweep(self) -> int:
        """Remove the single calls of long ago, whose sums stay, and return how many they were."""
        with self._database.writing() as connection:
            old = delete(usage_calls).where(usage_calls.c.at <= self._clock() - CALLS_KEPT_S)
            return connection.execute(old).rowcount


def _row(call: CallUsage) -> dict[str, Any]:
    names = {"request_id": call.request_id[:MAX_ID], "step": call.step[:MAX_STEP]}
    return {**asdict(call), **names, "model_s": call.model_s}


def _add_hours(connection: Connection, calls: Sequence[CallUsage]) -> None:
    """Add to the sums, in one order, so that writers of the same rows wait for each other instead of for ever."""
    sums: dict[tuple[Any, ...], Usage] = defaultdict(Usage)
    for call in calls:
        hour = int(call.at) // HOUR_S * HOUR_S
        sums[call.tenant, hour, call.key, call.task, call.model, call.outcome] += call.usage
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    added = dialect.insert(usage_hours)
    key = list(usage_hours.primary_key.columns)
    more = {name: usage_hours.c[name] + added.excluded[name] for name in Usage.model_fields}
    statement = added.on_conflict_do_update(index_elements=key, set_=more)
    names = [column.name for column in key]
    rows = [
        {**dict(zip(names, of, strict=True)), **usage.model_dump()} for of, usage in sorted(sums.items(), key=_of_row)
    ]
    connection.execute(statement, rows)


def _of_row(item: tuple[tuple[Any, ...], Usage]) -> tuple[Any, ...]:
    return item[0]


def _named(by: By, of: Any) -> str:
    """Return what a row is of as people and programs read it: times as ISO 8601."""
    return datetime.fromtimestamp(of, UTC).isoformat() if by in ("hour", "day") else str(of)


def _of(by: By) -> ColumnElement[Any]:
    if by == "day":
        return usage_hours.c.hour - usage_hours.c.hour % DAY_S
    return cast(usage_hours.c[by], String) if by != "hour" else usage_hours.c.hour
