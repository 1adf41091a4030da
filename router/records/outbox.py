"""What webhooks have to be told, written in the transaction of what happened."""

import json
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, insert, select

from router.events import RunInfo
from router.records.tables import runs, webhook_messages, webhooks

RUN_ENDED = "run.ended"
TEST = "webhook.test"


def announce_end(connection: Connection, run_id: str, now: ColumnElement[float]) -> None:
    """Note, for each webhook of a run's tenant, that the run has ended; its row must say so already."""
    run = connection.execute(select(runs).where(runs.c.id == run_id)).one()
    addressed = connection.scalars(select(webhooks.c.id).where(webhooks.c.tenant == run.tenant)).all()
    if not addressed:
        return
    info = RunInfo.model_validate({name: run._mapping[name] for name in RunInfo.model_fields})
    content = _content(RUN_ENDED, run.updated, info.model_dump())
    _put(connection, addressed, content, now, tenant=run.tenant, run_id=run_id)


def announce_test(connection: Connection, webhook_id: str, tenant: str, now: ColumnElement[float]) -> None:
    """Note that a webhook is to be tried."""
    at = connection.scalar(select(now)) or 0.0
    _put(connection, (webhook_id,), _content(TEST, at, {"webhook_id": webhook_id}), now, tenant=tenant, run_id="")


def _content(kind: str, at: float, data: dict[str, Any]) -> str:
    return json.dumps({"type": kind, "timestamp": datetime.fromtimestamp(at, UTC).isoformat(), "data": data})


def _put(connection: Connection, addressed: Sequence[str], content: str, now: ColumnElement[float], **of: str) -> None:
    at = connection.scalar(select(now))
    rows = [
        {
            "id": f"msg_{secrets.token_hex(16)}",
            "webhook_id": webhook_id,
            "content": content,
            "due": at,
            "created": at,
            **of,
        }
        for webhook_id in addressed
    ]
    connection.execute(insert(webhook_messages), rows)
