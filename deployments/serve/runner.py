"""The runner: executes queued runs in replicas of its own, so that no ingress holds work that outlives its requests."""

import asyncio

from deployments.serve.discovery import LiveCatalog
from deployments.serve.ingress import assemble_services
from deployments.serve.process import begin_process
from deployments.serve.telling import PlanTeller
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
        of = self._services
        self._duties = [
            asyncio.create_task(of.sender.run()),
            asyncio.create_task(of.gauges.sample_regularly()),
            asyncio.create_task(PlanTeller(of.executor.planned, self._catalog).tell_regularly()),
        ]

    async def standing(self) -> CallerStanding:
        """Return what this process waits for."""
        return self._services.executor.lines.standing()

    def check_health(self) -> None:
        """Raise if runs are claimed no more, so that Serve replaces the replica."""
        self._services.runner.check_health()

    async def __del__(self) -> None:
        """Hand the runs back."""
        if hasattr(self, "_duties"):
            for duty in self._duties:
                duty.cancel()
            await self._services.runner.stop()
            await self._services.ledger.close()
            await self._catalog.stop()
