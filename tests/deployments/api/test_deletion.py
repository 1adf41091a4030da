"""Deletion over HTTP: with a receipt, and without a trace in files or logs."""

import asyncio
import logging
from pathlib import Path

import httpx
import pytest

from deployments.api.services import Services
from tests.deployments.api.test_authentication import Guarded, clock, guarded
from tests.deployments.sounds import wav
from tests.router.dispatching import LONG_S
from tests.router.models import STARTED, STOPPED

__all__ = ["clock", "guarded"]

SECRET = "the marmalade is under the bridge"
FILE = "marmalade.wav"


async def live(client: httpx.AsyncClient) -> tuple[str, str, str]:
    """Use what stores something; return the ids of a session, a run and a file."""
    file = (await client.post("/v1/artifacts", files={"file": (FILE, wav(0.5))})).json()["id"]
    answer = await client.post("/v1/chat", data={"text": SECRET}, files={"files": (FILE, wav(0.6))})
    session = answer.json()["session_id"]
    await client.post("/v1/tasks/text-to-speech", json={"text": SECRET})
    await client.post("/v1/tasks/text-to-speech", json={"text": SECRET, "language": "marmalade"})
    await client.post("/v1/tasks/speech-enhancement", json={"audio": "marmalade"})
    await client.post(f"/v1/sessions/{session}/links")
    run = (await client.post("/v1/runs", json={"text": SECRET, "session_id": session})).json()["id"]
    await client.get(f"/v1/runs/{run}/events", params={"stream": True})
    return session, run, file


async def test_nothing_of_a_tenant_is_left_in_any_file_or_log(
    guarded: Guarded, services: Services, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with guarded.client(guarded.key("ann")) as ann, guarded.client(guarded.key("bob")) as bob:
        ids = await live(ann)
        theirs = await live(bob)
        answer = await ann.delete("/v1/data")
        receipt = answer.json()
        assert (answer.status_code, receipt["tenant"], receipt["rows"]["sessions"]) == (200, "ann", 1)
        assert receipt["files"] >= 3
        for path in ("/v1/sessions", "/v1/runs", "/v1/artifacts"):
            assert (await ann.get(path)).json()["data"] == []
            assert (await bob.get(path)).json()["data"]
        assert (await ann.get(f"/v1/artifacts/{ids[2]}")).status_code == 404
        assert (await bob.get(f"/v1/artifacts/{theirs[2]}")).status_code == 200
        (await bob.delete("/v1/data")).raise_for_status()
        assert (await bob.get("/v1/tasks")).status_code == 200  # its key works on
    left = await asyncio.to_thread(
        holding, services.settings.home, (SECRET.encode(), FILE.encode(), *map(str.encode, ids))
    )
    assert left == []
    logged = "\n".join(record.getMessage() for record in caplog.records if record.name != "httpx")  # the test's own
    assert "invalid_input" in logged
    assert not any(thing in logged for thing in ("marmalade", *ids))


def holding(folder: Path, traces: tuple[bytes, ...]) -> list[Path]:
    """Return the files of which the name or the content tells one of the traces."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path for path in files if any(one in path.read_bytes() or one in str(path).encode() for one in traces)]


async def test_runs_that_go_on_are_cancelled(client: httpx.AsyncClient) -> None:
    STARTED["api"].clear()
    STOPPED["api"].clear()
    await client.post("/v1/runs", json={"text": "wait"})
    assert await asyncio.to_thread(STARTED["api"].wait, LONG_S)
    assert (await client.delete("/v1/data")).json()["cancelled_runs"] == 1
    assert await asyncio.to_thread(STOPPED["api"].wait, LONG_S)


async def test_a_key_must_permit_all_that_would_go(guarded: Guarded) -> None:
    async with guarded.client(guarded.key("ann", "artifacts", "sessions")) as client:
        answer = await client.delete("/v1/data")
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")


async def test_one_thing_is_deleted_and_the_others_stay(client: httpx.AsyncClient) -> None:
    session, run, file = await live(client)
    assert (await client.delete(f"/v1/artifacts/{file}")).status_code == 204
    assert (await client.delete(f"/v1/artifacts/{file}")).status_code == 404
    assert (await client.delete(f"/v1/runs/{run}")).status_code == 202
    assert (await client.get(f"/v1/runs/{run}")).status_code == 200
    assert (await client.delete(f"/v1/runs/{run}", params={"forget": True})).status_code == 202
    assert (await client.get(f"/v1/runs/{run}")).status_code == 404
    assert (await client.get(f"/v1/sessions/{session}")).status_code == 200
    assert (await client.delete(f"/v1/sessions/{session}")).status_code == 204
    assert (await client.get(f"/v1/sessions/{session}")).status_code == 404
