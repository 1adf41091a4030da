"""Asking all processes of the system at once how things are there."""

import asyncio
from collections.abc import Callable, Iterable
from itertools import chain

from deployments.serve.broadcasting import Broadcaster, Deployment
from model_wrappers.contract.catalog import Catalog
from router.standing import CallerStanding, ReplicaStanding, Standing


class ClusterStanding:
    """Asks the replicas of the loaded models and the processes that call them; this one it need not ask."""

    def __init__(
        self, catalog: Callable[[], Catalog], own: Callable[[], CallerStanding], callers: Iterable[Deployment]
    ) -> None:
        """Ask models of `catalog`, and `callers`, to which this process may belong; `own` tells how things are here."""
        self._catalog = catalog
        self._own = own
        self._callers = tuple(callers)
        self._broadcaster = Broadcaster()

    async def __call__(self) -> Standing:
        """Return what those told that answered in time."""
        loaded = [(entry.id, entry.application) for entry in self._catalog().models if entry.loaded]
        asked = (self._broadcaster.ask(each, "standing") for each in (*self._callers, *loaded))
        told = list(chain(*await asyncio.gather(*asked)))
        callers = {each.process: each for each in (*told, self._own()) if isinstance(each, CallerStanding)}
        replicas = (each for each in told if isinstance(each, ReplicaStanding))
        return Standing(tuple(callers.values()), tuple(replicas))
