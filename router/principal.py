"""Who asks: a tenant, by one of its keys, and what that key permits."""

import re
from dataclasses import dataclass
from typing import Final, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

Permission = Literal["infer", "artifacts", "sessions", "runs", "usage:read", "metrics", "admin"]
PERMISSIONS: Final[tuple[Permission, ...]] = get_args(Permission)
TENANT_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


class TenantLimits(BaseModel):
    """How much a tenant may ask for; None where there is no limit. A day is one of UTC."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    requests_per_min: int | None = Field(default=None, ge=1, description="Requests in any minute")
    audio_s_per_min: int | None = Field(default=None, ge=1, description="Seconds of audio heard and made, a minute")
    audio_s_per_day: int | None = Field(default=None, ge=1, description="Seconds of audio heard and made, a day")
    characters_per_day: int | None = Field(default=None, ge=1, description="Characters of text given to models, a day")
    llm_tokens_per_day: int | None = Field(default=None, ge=1, description="Tokens of the LLM that plans, a day")
    concurrent_calls: int | None = Field(default=None, ge=1, description="Requests for work at a time")
    runs: int | None = Field(default=None, ge=1, description="Runs that have not ended")
    sockets: int | None = Field(default=None, ge=1, description="Spoken conversations at a time")
    storage_bytes: int | None = Field(default=None, ge=1, description="Bytes of artifacts kept")


NO_LIMITS = TenantLimits()


@dataclass(frozen=True)
class Principal:
    """A tenant and the id of the key it showed; no key where none is asked for, which permits everything.

    Where tenants wait for the same thing, one of twice the `weight` gets twice as much of it.
    """

    tenant: str
    key: str | None = None
    permissions: frozenset[Permission] = frozenset(PERMISSIONS)
    weight: float = 1.0
    limits: TenantLimits = NO_LIMITS

    def may(self, permission: Permission) -> bool:
        """Tell whether something is permitted; `admin` permits everything."""
        return permission in self.permissions or "admin" in self.permissions
