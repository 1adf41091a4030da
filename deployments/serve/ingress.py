"""The ingress: puts the services together inside a replica and serves the HTTP API over them."""

import asyncio
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI
from ray import serve

from deployments.api.app import create_app
from deployments.api.services import Services
from deployments.serve.discovery import LiveCatalog, fetch_details, listens_on, processes_that_count
from deployments.serve.handles import RayDispatcher, RemotePlanner
from deployments.serve.housekeeping import sweep_regularly
from deployments.serve.nodes import NodeFigures
from deployments.serve.process import begin_process
from deployments.serve.standings import ClusterStanding
from deployments.serve.telling import PlanTeller
from router.artifacts.store import ArtifactStore
from router.limits.limiter import check_counting
from router.media.pool import DecoderPool
from router.settings import Settings, check_environment
from router.standing import CallerStanding
from router.tenants.door import Door, door_for

INGRESS = "ingress"
RUNNERS = ("runner", "runner")  # deployment and application, where there are runners of their own


@serve.ingress()
class Ingress:
    """A replica of the HTTP API; all state is in the stores, so there can be many."""

    async def __init__(  # type: ignore[misc]
        self, planner_application: str | None, children: list[Any] | None = None, *, executes_runs: bool
    ) -> None:
        """Connect to the stores and the other deployments.

        Args:
            planner_application: Application of the planner; this one's own if None.
            children: Deployments of this application, named so that Serve deploys them with it.
            executes_runs: Whether it is a runner besides; no other one is needed then.
        """
        begin_process("ingress")
        check_environment()
        settings = Settings.from_environment()
        door = await asyncio.to_thread(door_for, settings, listens_on())
        if door is not None:
            check_counting(settings, processes_that_count(await fetch_details()))
        self._decoders = DecoderPool(settings.decoders)
        self._catalog = LiveCatalog()
        await self._catalog.start()
        own = (INGRESS, serve.get_replica_context().app_name)
        self._services = assemble_services(planner_application, self._catalog, self._decoders, door, [own, RUNNERS])
        self._services.ledger.start()
        self._leases = asyncio.create_task(self._services.limiter.renew_regularly())
        if executes_runs:
            self._services.runner.start()
            self._sending = asyncio.create_task(self._services.sender.run())
        of = self._services
        stores = (of.artifacts, of.sessions, of.runs, of.usage, of.answers, of.sender)
        self._duties = [
            asyncio.create_task(sweep_regularly(stores)),
            asyncio.create_task(of.gauges.sample_regularly()),
            asyncio.create_task(PlanTeller(of.executor.planned, self._catalog).tell_regularly()),
        ]

    def __serve_build_asgi_app__(self) -> FastAPI:
        """Build the application; Serve calls this once the constructor is done."""
        return create_app(self._services, ids_answered_outside=True)

    async def standing(self) -> CallerStanding:
        """Return what this process waits for."""
        return self._services.executor.lines.standing()

    def check_health(self) -> None:
        """Raise if runs are claimed no more, so that Serve replaces the replica."""
        self._services.runner.check_health()

    async def __del__(self) -> None:
        """Stop background work when the replica stops."""
        if hasattr(self, "_duties"):
            for duty in self._duties:
                duty.cancel()
            if hasattr(self, "_sending"):
                self._sending.cancel()
            self._leases.cancel()
            await self._services.runner.stop()
            await self._services.ledger.close()
            await self._catalog.stop()
            self._services.media.close()
            self._decoders.close()


def assemble_services(
    planner_application: str | None,
    catalog: LiveCatalog,
    decoders: DecoderPool | None = None,
    door: Door | None = None,
    callers: Sequence[tuple[str, str]] = (),
) -> Services:
    """Put the services together inside a replica.

    Args:
        planner_application: Application of the planner; the replica's own if None.
        catalog: Models in service.
        decoders: Of the replica, where it takes files.
        door: Where keys are shown, where they are asked for.
        callers: Deployments that call models, with their applications, where somebody may ask how things are there.
    """
    settings = Settings.from_environment()
    application = planner_application or serve.get_replica_context().app_name
    return Services.assemble(
        settings,
        artifacts=ArtifactStore.from_settings(settings, decoders),
        dispatcher=RayDispatcher(),
        planner=RemotePlanner(serve.get_deployment_handle("planner", application)),
        catalog=catalog,
        door=door,
        decoders=decoders,
        figures=NodeFigures(),
        standing=lambda own: ClusterStanding(catalog, own, callers),
    )
