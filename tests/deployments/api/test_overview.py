"""What an owner sees of its keys, and an operator of all that goes on."""

import asyncio

import httpx
import pytest

from deployments.api.services import Services
from tests.deployments.api.test_authentication import Guarded, clock, guarded
from tests.router.dispatching import LONG_S
from tests.router.models import GATES, STARTED

__all__ = ["clock", "guarded"]


async def test_a_tenant_sees_its_own_keys_without_their_text(guarded: Guarded) -> None:
    key = guarded.key("ann", "usage:read")
    guarded.key("bob")
    async with guarded.client(key) as client:
        answer = await client.get("/v1/keys")
        limits = (await client.get("/v1/limits")).status_code
    assert [one["id"] for one in answer.json()["data"]] == [key.id]
    assert key.text not in answer.text
    assert limits == 403


async def test_who_asks_is_told_what_its_key_permits(guarded: Guarded) -> None:
    key = guarded.key("ann", "infer", "runs")
    async with guarded.client(key) as ann:
        told = (await ann.get("/v1/limits")).json()
    assert (told["tenant"], told["key"], told["permissions"]) == ("ann", key.id, ["infer", "runs"])


async def test_an_operator_sees_who_waits_and_what_runs(guarded: Guarded) -> None:
    STARTED["api"].clear()
    async with guarded.client(guarded.key("ann")) as ann, guarded.client(guarded.key("bob", "admin")) as operator:
        run = (await ann.post("/v1/runs", json={"text": "wait"})).json()["id"]
        assert await asyncio.to_thread(STARTED["api"].wait, LONG_S)
        found = (await operator.get("/v1/admin/status")).json()
        assert (found["models"][0]["id"], found["models"][0]["calls"]) == ("patient", {"ann": 1})
        assert [(one["id"], one["tenant"]) for one in found["going_on"]] == [(run, "ann")]
        assert (await ann.get("/v1/admin/status")).status_code == 403
        GATES["api"].set()
        async with ann.stream("GET", f"/v1/runs/{run}/events", params={"stream": True}) as events:
            await events.aread()
        assert (await operator.get("/v1/admin/status")).json()["going_on"] == []


@pytest.mark.parametrize("accepted", ["gzip", "identity"])
async def test_the_list_of_tasks_is_packed_for_who_takes_it_so(
    client: httpx.AsyncClient, services: Services, accepted: str
) -> None:
    answer = await client.get("/v1/tasks", headers={"Accept-Encoding": accepted})
    assert answer.headers.get("content-encoding") == ("gzip" if accepted == "gzip" else None)
    assert len(answer.json()) == 16
    assert answer.headers["vary"] == "Accept-Encoding"
