"""Tenants, keys and usage of a server, for whoever has an admin's key."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel

from audiogpt_client.calls import Call
from audiogpt_client.client import AudioGPT
from router.principal import NO_LIMITS, TenantLimits
from router.tenants.info import KeyInfo, TenantInfo
from router.tenants.keys import Key
from router.usage.report import UsageReport

ModelT = TypeVar("ModelT", bound=BaseModel)

PAGE = 200


class Administration(AudioGPT):
    """A connection by which tenants and keys are managed, as `TenantStore` does straight on the database."""

    def create_tenant(self, tenant: str, *, weight: float = 1.0, limits: TenantLimits = NO_LIMITS) -> None:
        """Add a tenant."""
        body = {"id": tenant, "weight": weight, "limits": limits.model_dump(exclude_none=True)}
        self._one("POST", "/admin/tenants", TenantInfo, json=body)

    def edit_tenant(
        self, tenant: str, *, weight: float | None = None, limits: TenantLimits | None = None
    ) -> TenantInfo:
        """Change what is given of a tenant, and return all of it."""
        body = {"weight": weight, "limits": limits.model_dump() if limits is not None else {}}
        return self._one("PATCH", f"/admin/tenants/{tenant}", TenantInfo, json=body)

    def tenant(self, tenant: str) -> TenantInfo:
        """Return a tenant."""
        return self._one("GET", f"/admin/tenants/{tenant}", TenantInfo)

    def tenants(self) -> list[TenantInfo]:
        """Return all tenants, by name."""
        return sorted(self._all("/admin/tenants", TenantInfo), key=lambda tenant: tenant.id)

    def create_key(
        self, tenant: str, permissions: Sequence[str], *, name: str = "", expires_s: float | None = None
    ) -> Key:
        """Make a key, which nobody can be shown again."""
        body = {"tenant": tenant, "permissions": list(permissions), "name": name, "expires_s": expires_s}
        return self._key("/admin/keys", body)

    def keys(self, tenant: str | None = None) -> list[KeyInfo]:
        """Return the keys of a tenant, of all if None, the newest first."""
        return list(self._all("/admin/keys", KeyInfo, **({"tenant": tenant} if tenant else {})))

    def rotate(self, key_id: str, overlap_s: float) -> Key:
        """Make a key like another; the old one works for `overlap_s` seconds more."""
        return self._key(f"/admin/keys/{key_id}/rotate", {"overlap_s": overlap_s})

    def revoke(self, key_id: str) -> None:
        """Let a key work no more."""
        self._one("DELETE", f"/admin/keys/{key_id}", KeyInfo)

    def usage_of(self, tenant: str | None, *, month: str | None = None, by: str = "model") -> UsageReport:
        """Return what the calls of a tenant came to in a month, one's own if None."""
        params = {name: value for name, value in (("tenant", tenant), ("month", month), ("by", by)) if value}
        path = "/v1/admin/usage" if tenant else "/v1/usage"
        return self._send(
            Call("GET", path, lambda response: UsageReport.model_validate_json(response.content), {"params": params})
        )

    def _key(self, path: str, body: dict[str, Any]) -> Key:
        def read(response: Any) -> Key:
            key = Key.read(response.json()["key"])
            assert key is not None
            return key

        return self._send(Call("POST", f"/v1{path}", read, {"json": body}))

    def _one(self, method: str, path: str, kind: type[ModelT], **options: Any) -> ModelT:
        read: Callable[[Any], ModelT] = lambda response: kind.model_validate_json(response.content)  # noqa: E731
        return self._send(Call(method, f"/v1{path}", read, options))

    def _all(self, path: str, kind: type[ModelT], **params: str) -> Iterator[ModelT]:
        cursor: str | None = None
        while True:
            options = {"params": {**params, "limit": str(PAGE), **({"cursor": cursor} if cursor else {})}}
            page = self._send(Call("GET", f"/v1{path}", lambda response: dict(response.json()), options))
            yield from (kind.model_validate(item) for item in page["data"])
            if (cursor := page["next"]) is None:
                return
