"""Asking all replicas of a deployment at once; whoever is gone, or too slow, answers nothing."""

import asyncio
import logging
from typing import Any

from ray import serve
from ray.serve.exceptions import DeploymentUnavailableError
from ray.serve.handle import DeploymentHandle

logger = logging.getLogger("ray.serve")

TIMEOUT_S = 3.0
AGAIN_S = 0.1  # until a new handle knows its replicas

Deployment = tuple[str, str]  # with its application


class Broadcaster:
    """Calls a method on every replica of a deployment."""

    def __init__(self) -> None:
        """Start with no handles; each is made on first use."""
        self._handles: dict[Deployment, DeploymentHandle[Any]] = {}

    async def ask(self, deployment: Deployment, method: str, *arguments: object) -> list[object]:
        """Return what the replicas answered; nothing if the deployment does not exist, or one took too long."""
        try:
            async with asyncio.timeout(TIMEOUT_S):
                return await self._answers(deployment, method, *arguments)
        except Exception:  # whatever keeps one deployment from answering, others are worth asking
            logger.info("Nobody of deployment '%s' answered '%s'", deployment[0], method, exc_info=True)
            return []

    async def _answers(self, deployment: Deployment, method: str, *arguments: object) -> list[object]:
        if deployment not in self._handles:
            self._handles[deployment] = serve.get_deployment_handle(*deployment)
        while True:
            try:
                response = self._handles[deployment].broadcast(method, *arguments)
                return list(await response.results_async(timeout_s=TIMEOUT_S))
            except DeploymentUnavailableError:
                await asyncio.sleep(AGAIN_S)
