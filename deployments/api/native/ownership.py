"""What only the owner of things may ask for: lists of all of them, and that all of them go."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query

from deployments.api.services import ScopeOf, ServicesOf
from model_wrappers.contract.errors import Forbidden
from router.pages import MAX_PAGE, PAGE


async def owner_of(services: ServicesOf, scope: ScopeOf) -> str:
    """Return the tenant who asks.

    Raises:
        Forbidden: If the server takes everybody for the same one; then an id is what keeps a thing from others.
    """
    if scope.principal.key is None and services.settings.auth == "off":
        raise Forbidden(
            "This server asks nobody for a key, so that nothing in it has an owner to list or delete all of it.",
            hint="Name a thing by its id, or have the operator set AUDIOGPT_AUTH=on.",
        )
    return scope.tenant


Owner = Annotated[str, Depends(owner_of)]


@dataclass(frozen=True)
class Part:
    """Which part of a list is asked for, and by whom."""

    tenant: str
    cursor: str | None
    limit: int


async def part_of(
    tenant: Owner,
    cursor: Annotated[
        str | None, Query(max_length=300, description="The `next` of the page before; the newest if absent")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE, description="Things of a page")] = PAGE,
) -> Part:
    """Return which part of a list is asked for."""
    return Part(tenant, cursor, limit)


PartOf = Annotated[Part, Depends(part_of)]
