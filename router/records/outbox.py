"""What ended runs have to tell their tenant's webhooks, written in the transaction that ends them."""

import json
import secrets
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, insert, select

from router.events import RunInfo
from router.records.tables import runs, webhook_messages, webhooks

RUN_ENDED = "run.ended"


def announce_end(connection: Connection, run_id: str, now: ColumnElement[float]) -> None:
    """Note, for each webhook of a run's tenant, that the run has ended; its row must say so already."""
    run = connection.execute(select(runs).where(runs.c.id == run_id)).one()
    addressed = connection.scalars(select(webhooks.c.id).where(webhooks.c.tenant == run.tenant)).all()
    if not addressed:
        return
    info = RunInfo.model_validate({name: run._mapping[name] for name in RunInfo.model_fields})
    moment = datetime.fromtimestamp(run.updated, UTC).isoformat()
    content = json.dumps({"type": RUN_ENDED, "timestamp": moment, "data": info.model_dump()})
    at = connection.scalar(select(now))
    rows = [
        {
            "id": f"msg_{secrets.token_hex(16)}",
            "webhook_id": webhook_id,
            "tenant": run.tenant,
            "run_id": run_id,
            "content": content,
            "due": at,
            "created": at,
        }
        for webhook_id in addressed
    ]
    connection.execute(insert(webhook_messages), rows)
