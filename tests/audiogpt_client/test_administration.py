"""`audiogpt tenants`, `keys` and `usage` on a server that is named."""

import asyncio
import json

import pytest
from typer.testing import CliRunner

from audiogpt_cli.main import app
from audiogpt_client.administration import Administration
from audiogpt_client.errors import ServerError
from router.principal import TenantLimits
from router.tenants.keys import Key


async def said(server: str, *words: str) -> str:
    words = (*words, "--server", server)
    result = await asyncio.to_thread(CliRunner().invoke, app, words, catch_exceptions=False)
    return result.output.strip()


async def test_the_command_manages_the_tenants_of_a_server(server_url: str) -> None:
    await said(server_url, "tenants", "create", "acme", "--weight", "2", "--limit", "runs=4")
    await said(server_url, "tenants", "edit", "acme", "--limit", "sockets=3")
    (acme,) = (t for t in json.loads(await said(server_url, "tenants", "list", "--json")) if t["id"] == "acme")
    assert (acme["weight"], acme["limits"]["runs"], acme["limits"]["sockets"]) == (2.0, 4, 3)
    key = Key.read(await said(server_url, "keys", "create", "--tenant", "acme", "--scopes", "infer", "--expires", "1d"))
    assert key is not None
    other = Key.read(await said(server_url, "keys", "rotate", key.id, "--overlap", "1h"))
    assert other is not None
    await said(server_url, "keys", "revoke", key.id)
    listed = json.loads(await said(server_url, "keys", "list", "--tenant", "acme", "--json"))
    assert {info["id"]: info["revoked"] is not None for info in listed} == {key.id: True, other.id: False}
    assert json.loads(await said(server_url, "usage", "--tenant", "acme", "--json"))["total"]["calls"] == 0
    assert json.loads(await said(server_url, "usage", "--json"))["tenant"] == "default"


async def test_lists_longer_than_a_page_are_whole(server_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audiogpt_client.administration.PAGE", 1)
    names = ("one", "two", "three")

    def manage() -> None:
        with Administration(server_url) as client:
            for name in names:
                client.create_tenant(name, limits=TenantLimits(runs=1))
            assert {tenant.id for tenant in client.tenants()}.issuperset(names)
            with pytest.raises(ServerError, match="There is a tenant 'one' already"):
                client.create_tenant("one")

    await asyncio.to_thread(manage)
