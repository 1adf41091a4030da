"""The runner: executes queued runs in replicas of its own, so that no ingress holds work that outlives its requests."""

import asyncio

from deployments.local.loopback import bind_replica_to_loopback
from deployments.serve.discovery import LiveCatalog
from deployments.serve.ingress import assemble_services


class RunnerDeployment:
    """A replica that claims runs; when it stops it hands them back, and when it dies others take them over."""

    async def __init__(self, planner_application: str) -> None:  # type: ignore[misc]  # Serve awaits constructors
        """Connect to the stores and the other deployments, and begin to claim runs.

        Args:
            planner_application: Application of the planner.
        """
        bind_replica_to_loopback()
        self._catalog = LiveCatalog()
        await self._catalog.start()
        self._services = assemble_services(planner_application, self._catalog)
        self._services.ledger.start()
        self._services.runner.start()
        self._sending = asyncio.create_task(self._services.sender.run())

    def check_health(self) -> None:
        """Raise if runs are claimed no more, so that Serve replaces the replica."""
        self._services.runner.check_health()

    async def __del__(self) -> None:
        """Hand the runs back."""
        if hasattr(self, "_sending"):
            self._sending.cancel()
            await self._services.runner.stop()
            await self._services.ledger.close()
            await self._catalog.stop()
