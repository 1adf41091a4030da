"""The secret of a key appears nowhere: in no file, log, metric or answer."""

import asyncio
import base64
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from deployments.api.app import create_app
from deployments.api.services import Services
from router.tenants.door import Door
from router.tenants.keys import Key
from router.tenants.links import Links
from router.tenants.sign_ins import FailedSignIns
from tests.deployments.sounds import wav
from tests.deployments.websockets import connected

CALL = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "tools/call",
    "params": {"name": "text-to-speech", "arguments": {"text": "hi"}},
}


async def test_the_secret_of_a_key_is_in_nothing_that_a_server_wrote_or_said(
    services: Services, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    store, failed = services.tenants, FailedSignIns(services.audit)
    store.create_tenant("ann")
    key = store.create_key("ann", ["admin"], name="laptop")
    wrong = Key(key.id, Key.new().secret)
    door = Door(store, failed=failed, links=Links(b"p" * 32))
    app = create_app(replace(services, door=door))
    said: list[str] = []

    async def ask(shown: str, method: str, path: str, **options: Any) -> None:
        headers = {"Authorization": shown, "Accept": "application/json, text/event-stream"}
        answer = await client.request(method, path, headers=headers, **options)
        said.append(f"{answer.headers}{answer.text}")

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://localhost") as client,
    ):
        for one in (key, wrong, Key.new()):
            for shown in (
                f"Bearer {one.text}",
                f"Basic {base64.b64encode(f':{one.text}'.encode()).decode()}",
                one.text,
            ):
                await ask(shown, "GET", "/docs")
                await ask(shown, "POST", "/v1/artifacts", files={"file": ("a.wav", wav(0.2))})
                await ask(shown, "POST", "/v1/chat", json={"text": "hello", "stream": True})
                await ask(shown, "POST", "/v1/runs", json={"text": "hello"})
                await ask(shown, "POST", "/v1/tasks/text-to-speech", json={"text": 3})
                await ask(shown, "POST", "/v1/audio/speech", json={"model": "tts-1", "input": "hi"})
                await ask(shown, "POST", "/mcp", json=CALL)
                await ask(shown, "GET", "/v1/nowhere")
                await ask(shown, "GET", "/v1/admin/keys")
                await ask(shown, "GET", "/v1/admin/audit")
                await ask(shown, "GET", "/metrics")
        protocols = ("realtime", f"openai-insecure-api-key.{key.text}")
        async with connected(app, "/v1/realtime", *protocols) as connection:
            said.append(str(await connection.receive()))
        app.state.services = replace(services, door=door, catalog=_broken)
        await ask(f"Bearer {key.text}", "GET", "/v1/tasks")
    assert "The server failed on this request" in said[-1]
    await failed.flush()
    await services.ledger.flush()
    assert key.id in str(services.audit.page(act="sign_in.failed").data)  # what was wrong can be found out
    secrets = [key.secret, wrong.secret]
    written = await asyncio.to_thread(_files, services.settings.home)
    assert len(written) > 3
    logged = caplog.text + "".join(str(record.__dict__) for record in caplog.records)
    for secret in secrets:
        assert [path for path, data in written.items() if secret.encode() in data] == []
        assert secret not in logged
        assert not [text for text in said if secret in text]
        assert secret not in f"{services!r}{door!r}{key!r}"


def _broken() -> Any:
    raise RuntimeError("no catalog")


def _files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
