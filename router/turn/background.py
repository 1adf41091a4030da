"""Runs that outlive their connection: queued here, executed by whichever runner claims them."""

import asyncio
from dataclasses import replace

from router.events import RunInfo
from router.records.runs import RunStore
from router.records.sessions import SessionStore
from router.turn.conversation import MESSAGE, Message


async def queue_run(message: Message, store: RunStore, sessions: SessionStore, *, priority: int = 0) -> RunInfo:
    """Queue a message and return at once.

    Raises:
        LimitExceeded: If too many runs have not ended.
        NotFound: If the message's session does not exist.
    """
    return await asyncio.to_thread(_queue_run, message, store, sessions, priority)


def _queue_run(message: Message, store: RunStore, sessions: SessionStore, priority: int) -> RunInfo:
    tenant = message.scope.tenant
    if message.session_id is None:
        message = replace(message, session_id=sessions.create(tenant).id)
    else:
        sessions.get(message.session_id, tenant)
    run_id = store.create(
        MESSAGE.dump_json(message).decode(),
        tenant=tenant,
        session_id=message.session_id,
        deadline_s=message.scope.remaining_s(),
        priority=priority,
        most=message.scope.principal.limits.runs,
    )
    return store.get(run_id, tenant)
