import asyncio
import logging
from collections.abc import Iterator

import pytest

from router.principal import Principal
from router.scope import Scope
from router.telemetry.logs import about, label_records

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SCOPE = Scope(Principal("acme"), 0.0, "r1", traceparent=f"00-{TRACE}-00f067aa0ba902b7-01")


@pytest.fixture(autouse=True)
def labelled() -> Iterator[None]:
    before = logging.getLogRecordFactory()
    label_records()
    yield
    logging.setLogRecordFactory(before)


def test_records_tell_whose_work_they_are_about(caplog: pytest.LogCaptureFixture) -> None:
    with about(SCOPE, run_id="run1"):
        logging.getLogger("x").warning("inside")
    logging.getLogger("x").warning("outside")
    inside, outside = caplog.records
    assert vars(inside) | {"request_id": "r1", "tenant": "acme", "run_id": "run1", "trace_id": TRACE} == vars(inside)
    assert not hasattr(outside, "tenant")


async def test_work_started_meanwhile_tells_it_too(caplog: pytest.LogCaptureFixture) -> None:
    async def work() -> None:
        await asyncio.sleep(0)
        logging.getLogger("x").warning("later")

    with about(SCOPE, run_id="run1"):
        task = asyncio.create_task(work())
        with about(SCOPE):  # an inner part forgets nothing
            await asyncio.to_thread(logging.getLogger("x").warning, "in a thread")
    await task
    assert {record.__dict__["run_id"] for record in caplog.records} == {"run1"}
