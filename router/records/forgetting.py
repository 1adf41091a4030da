"""What belongs to a run, a session or a tenant, out of the database."""

import re
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, delete, select

from router.records.tables import (
    kept_answers,
    metadata,
    run_events,
    run_steps,
    runs,
    session_artifacts,
    sessions,
    turns,
    webhook_messages,
)

ARTIFACT_ID = re.compile(r"\b[0-9a-f]{64}\b")
KEPT = {  # tables whose rows name a tenant and stay when all that it has is deleted
    "audit": "the log that nobody changes: who did what, of nothing that was sent",
    "keys": "who holds one can go on",
    "usage_hours": "the bill: sums by hour and model, of nothing that was sent",
}


def forget_file(connection: Connection, artifact_id: str, tenant: str) -> set[str]:
    """Delete what answers told of a file, and return its id."""
    forget_answers(connection, artifact_id, tenant)
    return {artifact_id}


def forget_run(connection: Connection, run_id: str, tenant: str) -> set[str]:
    """Delete a run of a tenant, and return the ids of the files that nothing but it and its session names."""
    its = runs.c.id == run_id
    session_id = connection.scalar(select(runs.c.session_id).where(its, runs.c.tenant == tenant))
    named = _named_by_runs(connection, its)
    connection.execute(delete(webhook_messages).where(webhook_messages.c.run_id == run_id))
    connection.execute(delete(runs).where(its, runs.c.tenant == tenant))
    forget_answers(connection, run_id, tenant)
    return named - _still_named(connection, tenant, besides=session_id)


def forget_session(connection: Connection, session_id: str, tenant: str) -> set[str]:
    """Delete a session of a tenant with its runs, and return the ids of the files that nothing else names."""
    its = runs.c.session_id == session_id
    named = _named_by_runs(connection, its) | _named_by_sessions(connection, sessions.c.id == session_id)
    ids = select(runs.c.id).where(its, runs.c.tenant == tenant).scalar_subquery()
    connection.execute(delete(webhook_messages).where(webhook_messages.c.run_id.in_(ids)))
    connection.execute(delete(runs).where(its, runs.c.tenant == tenant))
    connection.execute(delete(sessions).where(sessions.c.id == session_id, sessions.c.tenant == tenant))
    forget_answers(connection, session_id, tenant)
    return named - _still_named(connection, tenant)


def forget_answers(connection: Connection, thing: str, tenant: str) -> None:
    """Delete the kept answers of a tenant that name a session, a run or a file."""
    connection.execute(delete(kept_answers).where(kept_answers.c.tenant == tenant, kept_answers.c.body.contains(thing)))


def forget_tenant(connection: Connection, tenant: str) -> dict[str, int]:
    """Delete the rows of a tenant from every table but those in `KEPT`, and return how many those were, by table."""
    owned = [table for table in reversed(metadata.sorted_tables) if "tenant" in table.c and table.name not in KEPT]
    return {table.name: connection.execute(delete(table).where(table.c.tenant == tenant)).rowcount for table in owned}


def _named_by_runs(connection: Connection, which: ColumnElement[bool], *, events: bool = True) -> set[str]:
    ids = select(runs.c.id).where(which).scalar_subquery()
    texts: list[Select[Any]] = [
        select(runs.c.request).where(which, runs.c.request.is_not(None)),
        select(run_steps.c.result).where(run_steps.c.run_id.in_(ids)),
    ]
    if events:
        texts.append(select(run_events.c.content).where(run_events.c.run_id.in_(ids)))
    return _ids(text for query in texts for text in connection.scalars(query))


def _named_by_sessions(connection: Connection, which: ColumnElement[bool]) -> set[str]:
    ids = select(sessions.c.id).where(which).scalar_subquery()
    texts: list[Select[Any]] = [
        select(turns.c.content).where(turns.c.session_id.in_(ids)),
        select(session_artifacts.c.content).where(session_artifacts.c.session_id.in_(ids)),
    ]
    return _ids(text for query in texts for text in connection.scalars(query))


def _still_named(connection: Connection, tenant: str, besides: str | None = None) -> set[str]:
    """Return the files that a tenant's runs and sessions, but one, name; events name no others than the steps."""
    others = sessions.c.tenant == tenant
    if besides is not None:
        others &= sessions.c.id != besides
    return _named_by_sessions(connection, others) | _named_by_runs(connection, runs.c.tenant == tenant, events=False)


def _ids(texts: Iterable[str]) -> set[str]:
    return {found for text in texts for found in ARTIFACT_ID.findall(text)}
