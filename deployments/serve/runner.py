"""The runner: executes queued runs in replicas of its own, so that no ingress holds work that outlives its requests."""

import asyncio

from deployments.serve.discovery import LiveCatalog
from deployments.serve.ingress import assemble_services
from deployments.serve.process import begin_process
from router.standing import CallerStanding


class RunnerDeployment:
    """A replica that claims runs; when it stops it hands them back, and when it dies others take them over."""

    async def __init__(self, planner_application: str) -> None:  # type: ignore[misc]  # Serve awaits constructors
        """Connect to the stores and the other deployments, and begin to claim runs.

        Args:
            planner_application: Application of the planner.
        """
        begin_process("runner")
        self._catalog = LiveCatalog()
        await self._catalog.start()
        self._services = assemble_services(planner_application, self._catalog)
        self._services.ledger.start()
        self._services.runner.start()
        self._sending = asyncio.create_task(self._services.sender.run())
        self._sampler = asyncio.create_task(self._services.gauges.sample_regularly())

    async def standing(self) -> CallerStanding:
        """Return what this process waits for."""
        return self._services.executor.lines.standing()

    def check_health(self) -> None:
        """Raise if runs are claimed no more, so that Serve replaces the replica."""
        self._services.runner.check_health()

    async def __del__(self) -> None:
        """Hand the runs back."""
        if hasattr(self, "_sending"):
            self._sending.cancel()
        if hasattr(self, "_sampler"):
            self._sampler.cancel()
            await self._services.runner.stop()
            await self._services.ledger.close()
            await self._catalog.stop()
