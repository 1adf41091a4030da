"""What is known of tenants and keys, as people and programs read it; times are seconds since 1970."""

from pydantic import BaseModel, ConfigDict, Field

from router.principal import Permission, TenantLimits


class KeyInfo(BaseModel):
    """What is known of a key, but for its secret."""

    model_config = ConfigDict(frozen=True)

    id: str
    tenant: str
    name: str
    permissions: tuple[Permission, ...]
    created: float
    expires: float | None = Field(description="None if it does not")
    revoked: float | None
    last_used: float | None

    def works(self, now: float) -> bool:
        """Tell whether the key is taken."""
        return self.revoked is None and (self.expires is None or self.expires > now)


class TenantInfo(BaseModel):
    """A tenant, its share beside others and its limits."""

    model_config = ConfigDict(frozen=True)

    id: str
    created: float
    weight: float
    limits: TenantLimits
