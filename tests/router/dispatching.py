"""Small real models behind a dispatcher in this process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from router.artifacts.store import ArtifactStore
from router.in_process import InProcessDispatcher
from router.principal import Principal
from router.replica.observer import CallMetrics
from router.scope import Scope
from router.spec import ModelSpec

LONG_S = 120.0  # more than any of these tests takes
TENANT = "default"


def scope(timeout_s: float = LONG_S, tenant: str = TENANT, request_id: str = "r1") -> Scope:
    """Return the scope of a request."""
    return Scope.lasting(timeout_s, Principal(tenant), request_id)


@asynccontextmanager
async def dispatching(
    store: ArtifactStore, *specs: ModelSpec, metrics: CallMetrics | None = None
) -> AsyncIterator[InProcessDispatcher]:
    """Load the models and let go of them afterwards."""
    dispatcher = InProcessDispatcher(specs, store, metrics=metrics)
    try:
        yield dispatcher
    finally:
        await dispatcher.close()
