"""Whatever is sent, the answer is no failure of the server, and says in words what is wrong.

AUDIOGPT_HOSTILE_CASES and AUDIOGPT_HOSTILE_SEED choose how many and which, as for files.
"""

import asyncio
import os
from itertools import islice

import httpx

from deployments.api.app import create_app
from deployments.api.services import Services
from tests.deployments.conftest import services as services
from tests.deployments.conftest import specs as specs
from tests.deployments.websockets import connected
from tests.hostile.json_cases import cases, events

SEED = os.environ.get("AUDIOGPT_HOSTILE_SEED", "1")
COUNT = max(400, int(os.environ.get("AUDIOGPT_HOSTILE_CASES", "0")) // 8)
EVENTS = COUNT // 4
PATIENCE_S = 60.0


async def test_no_request_makes_the_server_fail(services: Services) -> None:
    app = create_app(services)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://localhost", timeout=PATIENCE_S) as client,
    ):
        for number, case in enumerate(islice(cases(SEED), COUNT)):
            headers = [(name, value.encode("latin-1")) for name, value in case.headers.items()]
            answer = await client.post(case.path, content=case.body, headers=headers)
            assert answer.status_code < 500, (number, case.path, case.body[:500], answer.text)
            assert answer.status_code < 400 or answer.text, (number, case.path)


async def test_no_event_ends_a_conversation(services: Services) -> None:
    async with connected(create_app(services), "/v1/realtime") as connection:
        for text in islice(events(SEED), EVENTS):
            await connection.to_app.put({"type": "websocket.receive", "text": text})
        await connection.send(type="audiogpt.ping")
        await asyncio.wait_for(connection.until("audiogpt.pong"), PATIENCE_S)
