"""Who asks: a tenant, by one of its keys, and what that key permits."""

import re
from dataclasses import dataclass
from typing import Final, Literal, get_args

Permission = Literal["infer", "artifacts", "sessions", "runs", "metrics", "admin"]
PERMISSIONS: Final[tuple[Permission, ...]] = get_args(Permission)
TENANT_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


@dataclass(frozen=True)
class Principal:
    """A tenant and the id of the key it showed; no key where none is asked for, which permits everything."""

    tenant: str
    key: str | None = None
    permissions: frozenset[Permission] = frozenset(PERMISSIONS)

    def may(self, permission: Permission) -> bool:
        """Tell whether something is permitted; `admin` permits everything."""
        return permission in self.permissions or "admin" in self.permissions
