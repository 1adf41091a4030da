"""Administration over HTTP, by keys that permit it and no others."""

from dataclasses import replace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from deployments.api.app import create_app
from deployments.api.services import Services
from router.tenants.door import Door
from router.tenants.keys import Key
from router.tenants.sign_ins import FailedSignIns

USER = ("infer", "artifacts", "sessions", "runs", "usage:read", "metrics")


@pytest.fixture
def failed(services: Services) -> FailedSignIns:
    return FailedSignIns(services.audit)


@pytest.fixture
def app(services: Services, failed: FailedSignIns) -> FastAPI:
    services.tenants.create_tenant("ops")
    return create_app(replace(services, door=Door(services.tenants, failed=failed)))


@pytest.fixture
def root(services: Services, app: FastAPI) -> Key:
    return services.tenants.create_key("ops", ["admin"])


def asking(app: FastAPI, key: Key | str) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {key if isinstance(key, str) else key.text}"}
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost", headers=headers)


async def sent(client: httpx.AsyncClient, method: str, path: str, status: int = 200, **options: Any) -> Any:
    answer = await client.request(method, f"/v1/admin{path}", **options)
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_a_tenant_gets_a_key_that_works_is_rotated_and_revoked(app: FastAPI, root: Key) -> None:
    async with asking(app, root) as admin:
        body = {"id": "acme", "weight": 2, "limits": {"runs": 4}}
        assert (await sent(admin, "POST", "/tenants", 201, json=body))["weight"] == 2
        body = {"tenant": "acme", "permissions": ["infer"], "name": "laptop", "expires_s": 3_600}
        answer = await admin.post("/v1/admin/keys", json=body)
        assert answer.headers["cache-control"] == "no-store"
        made = answer.json()
        assert Key.read(made["key"]) is not None
        async with asking(app, made["key"]) as acme:
            assert (await acme.get("/v1/tasks")).status_code == 200
        other = await sent(admin, "POST", f"/keys/{made['id']}/rotate", 201, json={"overlap_s": 60})
        for text in (made["key"], other["key"]):
            async with asking(app, text) as acme:
                assert (await acme.get("/v1/tasks")).status_code == 200
        revoked = await sent(admin, "DELETE", f"/keys/{other['id']}")
        assert revoked["revoked"] is not None
        listed = await sent(admin, "GET", "/keys", params={"tenant": "acme"})
        assert {key["id"] for key in listed["data"]} == {made["id"], other["id"]}
        for text in (made["key"], other["key"]):
            assert text not in str(listed)


async def test_limits_that_are_not_named_stay(app: FastAPI, root: Key) -> None:
    async with asking(app, root) as admin:
        await sent(admin, "POST", "/tenants", 201, json={"id": "acme", "limits": {"runs": 4, "sockets": 2}})
        changed = await sent(admin, "PATCH", "/tenants/acme", json={"limits": {"runs": 5}})
        assert (changed["limits"]["runs"], changed["limits"]["sockets"], changed["weight"]) == (5, 2, 1.0)
        changed = await sent(admin, "PATCH", "/tenants/acme", json={"limits": {"runs": None}, "weight": 3})
        assert (changed["limits"]["runs"], changed["limits"]["sockets"], changed["weight"]) == (None, 2, 3.0)
        assert await sent(admin, "GET", "/tenants/acme") == changed


async def test_acts_are_noted_under_the_key_that_made_them(app: FastAPI, root: Key, failed: FailedSignIns) -> None:
    async with asking(app, root) as admin, asking(app, Key.new()) as nobody:
        await sent(admin, "POST", "/tenants", 201, json={"id": "acme"})
        assert (await nobody.get("/v1/tasks")).status_code == 401
        await failed.flush()
        created = (await sent(admin, "GET", "/audit", params={"tenant": "acme"}))["data"]
        assert [(entry["act"], entry["actor"]) for entry in created] == [("tenant.created", f"ops/{root.id}")]
        (refused,) = (await sent(admin, "GET", "/audit", params={"act": "sign_in.failed"}))["data"]
        assert refused["actor"] == "nobody"
        pages = [await sent(admin, "GET", "/audit", params={"limit": 1})]
        while pages[-1]["next"]:
            pages.append(await sent(admin, "GET", "/audit", params={"limit": 1, "cursor": pages[-1]["next"]}))
        assert len({page["data"][0]["id"] for page in pages}) == len(pages) >= 4


async def test_the_usage_of_any_tenant_is_told(app: FastAPI, root: Key, services: Services) -> None:
    services.tenants.create_tenant("acme")
    async with asking(app, root) as admin, asking(app, services.tenants.create_key("acme", USER)) as acme:
        assert (await acme.post("/v1/tasks/text-to-speech", json={"text": "hi"})).status_code == 200
        report = await sent(admin, "GET", "/usage", params={"tenant": "acme", "by": "task"})
        assert [row["of"] for row in report["rows"]] == ["text-to-speech"]
        assert (await sent(admin, "GET", "/usage", params={"tenant": "ops"}))["rows"] == []
        everybody = await sent(admin, "GET", "/usage", params={"by": "tenant"})
        assert [row["of"] for row in everybody["rows"]] == ["acme"]


async def test_only_an_admins_key_opens_it(app: FastAPI, services: Services) -> None:
    operations = app.openapi()["paths"]
    async with asking(app, services.tenants.create_key("ops", USER)) as user:
        for path, methods in operations.items():
            for method in methods if path.startswith("/v1/admin/") else ():
                answer = await user.request(method.upper(), path.format(tenant="ops", key_id="k" * 12), json={})
                assert answer.status_code == 403, (method, path)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "message"),
    [
        ("POST", "/tenants", {"id": "A B"}, 422, "is no tenant's name"),
        ("POST", "/tenants", {"id": "ops"}, 409, "There is a tenant 'ops' already"),
        ("POST", "/tenants", {"id": "x", "limits": {"pages": 1}}, 422, "pages"),
        ("POST", "/tenants", {"id": "x", "weight": 0}, 422, "weight"),
        ("PATCH", "/tenants/nobody", {"weight": 2}, 404, "no tenant 'nobody'"),
        ("POST", "/keys", {"tenant": "nobody", "permissions": ["infer"]}, 404, "no tenant 'nobody'"),
        ("POST", "/keys", {"tenant": "ops", "permissions": ["fly"]}, 422, "permissions"),
        ("POST", "/keys", {"tenant": "ops", "permissions": []}, 422, "permissions"),
        ("POST", "/keys/unknown/rotate", {}, 404, "no key 'unknown'"),
        ("DELETE", "/keys/unknown", None, 404, "no key 'unknown'"),
        ("GET", "/keys?cursor=x", None, 422, "is no cursor of this list"),
        ("GET", "/audit?act=fly", None, 422, "act"),
    ],
)
async def test_mistakes_say_what_is_wrong(
    app: FastAPI, root: Key, method: str, path: str, body: Any, status: int, message: str
) -> None:
    async with asking(app, root) as admin:
        answer = await admin.request(method, f"/v1/admin{path}", json=body)
        assert answer.status_code == status, answer.text
        assert message in answer.text
