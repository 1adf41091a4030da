"""Asking all processes of the system at once how things are there."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any

from ray import serve
from ray.serve.exceptions import DeploymentUnavailableError
from ray.serve.handle import DeploymentHandle

from model_wrappers.contract.catalog import Catalog
from router.standing import CallerStanding, ReplicaStanding, Standing

logger = logging.getLogger("ray.serve")

TIMEOUT_S = 3.0
AGAIN_S = 0.1  # until a new handle knows its replicas

Deployment = tuple[str, str]  # with its application


class ClusterStanding:
    """Asks the replicas of the loaded models and the processes that call them; this one it need not ask."""

    def __init__(
        self, catalog: Callable[[], Catalog], own: Callable[[], CallerStanding], callers: Iterable[Deployment]
    ) -> None:
        """Ask models of `catalog`, and `callers`, to which this process may belong; `own` tells how things are here."""
        self._catalog = catalog
        self._own = own
        self._callers = tuple(callers)
        self._handles: dict[Deployment, DeploymentHandle[Any]] = {}

    async def __call__(self) -> Standing:
        """Return what those told that answered in time."""
        loaded = [(entry.id, entry.application) for entry in self._catalog().models if entry.loaded]
        told = list(chain(*await asyncio.gather(*(self._ask(each) for each in (*self._callers, *loaded)))))
        callers = {each.process: each for each in (*told, self._own()) if isinstance(each, CallerStanding)}
        replicas = (each for each in told if isinstance(each, ReplicaStanding))
        return Standing(tuple(callers.values()), tuple(replicas))

    async def _ask(self, deployment: Deployment) -> list[object]:
        """Return what the replicas of a deployment told; one that is gone, or does not exist, tells nothing."""
        try:
            async with asyncio.timeout(TIMEOUT_S):
                return await self._answers(deployment)
        except Exception:  # whatever keeps one from answering, the others are worth knowing
            logger.info("Nobody of deployment '%s' told how things are", deployment[0], exc_info=True)
            return []

    async def _answers(self, deployment: Deployment) -> list[object]:
        if deployment not in self._handles:
            self._handles[deployment] = serve.get_deployment_handle(*deployment)
        while True:
            try:
                return list(await self._handles[deployment].broadcast("standing").results_async(timeout_s=TIMEOUT_S))
            except DeploymentUnavailableError:
                await asyncio.sleep(AGAIN_S)
