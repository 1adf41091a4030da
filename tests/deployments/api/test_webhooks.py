"""Webhooks over HTTP."""

import httpx
import pytest

from deployments.api.services import Services
from tests.deployments.api.test_authentication import Guarded, clock, guarded

__all__ = ["clock", "guarded"]


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/x",
        "http://localhost/x",
        "http://10.0.0.1/x",
        "http://1.1.1.1:22/x",
        "ftp://1.1.1.1/x",
        "x",
        "",
    ],
)
async def test_an_address_inside_or_none_is_refused(client: httpx.AsyncClient, url: str) -> None:
    answer = await client.post("/v1/webhooks", json={"url": url})
    assert (answer.status_code, answer.json()["error"]["param"]) == (422, "url")


async def test_a_webhook_shows_its_secret_once_and_belongs_to_its_tenant(guarded: Guarded, services: Services) -> None:
    async with guarded.client(guarded.key("ann")) as ann, guarded.client(guarded.key("bob")) as bob:
        made = (await ann.post("/v1/webhooks", json={"url": "https://1.1.1.1/told"})).raise_for_status().json()
        assert (made["secret"],) == services.webhooks.secrets_of(made["id"], "ann")
        (listed,) = (await ann.get("/v1/webhooks")).json()["data"]
        assert "secret" not in listed
        assert listed["url"] == "https://1.1.1.1/told"
        assert (await bob.get("/v1/webhooks")).json()["data"] == []
        assert (await ann.post(f"/v1/webhooks/{made['id']}/test")).status_code == 202
        assert (await ann.get("/v1/webhooks")).json()["data"][0]["waiting"] == 1
        rotated = (await ann.post(f"/v1/webhooks/{made['id']}/rotate")).raise_for_status().json()
        assert rotated["secret"] not in (made["secret"], None)
        assert (await bob.delete(f"/v1/webhooks/{made['id']}")).status_code == 404
        assert (await ann.delete(f"/v1/webhooks/{made['id']}")).status_code == 204
        assert (await ann.get("/v1/webhooks")).json()["data"] == []
