"""What the HTTP API stands on; put together by the ingress, or by a test in process."""

import secrets
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache, cached_property, partial
from typing import Annotated, Self

from fastapi import Depends
from starlette.requests import HTTPConnection

from deployments.api.errors import request_id_of
from deployments.api.figures import Figures, OwnFigures
from deployments.api.gauges import Gauges, Pool
from model_wrappers.contract.catalog import Catalog
from model_wrappers.speech.lexicon import Lexicon
from router.artifacts.store import ArtifactStore
from router.calls import Dispatcher
from router.erasure import Eraser
from router.execution.executor import Executor
from router.limits.limiter import Limiter
from router.media.threads import MediaThreads
from router.principal import Principal
from router.records.answers import AnswerStore
from router.records.database import Database
from router.records.run_feed import RunFeed
from router.records.run_queue import RunQueue
from router.records.runs import RunStore
from router.records.sessions import SessionStore
from router.render import Pictures
from router.scope import Scope
from router.settings import Settings
from router.standing import CallerStanding, Standing
from router.telemetry.metric import record_with
from router.tenants.audit import AuditLog
from router.tenants.door import Door
from router.tenants.pepper import pepper
from router.tenants.store import TenantStore
from router.turn.conversation import Conversation, PlannerClient
from router.turn.earlier import EarlierRuns
from router.turn.runner import Runner
from router.usage.ledger import Ledger
from router.usage.store import UsageStore
from router.webhooks.sender import Sender
from router.webhooks.store import WebhookStore


@dataclass(frozen=True)
class Services:
    """The parts behind the routes."""

    settings: Settings
    catalog: Callable[[], Catalog]
    planner: PlannerClient
    executor: Executor
    artifacts: ArtifactStore
    pictures: Pictures
    sessions: SessionStore
    conversation: Conversation
    media: MediaThreads
    runs: RunStore
    feed: RunFeed
    answers: AnswerStore
    eraser: Eraser
    webhooks: WebhookStore
    sender: Sender  # tells webhooks where it is run
    runner: Runner  # executes runs where it is started
    database: Database
    audit: AuditLog
    usage: UsageStore
    ledger: Ledger  # takes note of what every call of this process came to
    limiter: Limiter  # counts what tenants with limits use
    gauges: Gauges
    figures: Figures  # of the whole system
    standing: Callable[[], Awaitable[Standing]]  # of all its processes
    door: Door | None = None  # where keys are shown; no key is asked for if None

    @classmethod
    def assemble(
        cls,
        settings: Settings,
        *,
        artifacts: ArtifactStore,
        dispatcher: Dispatcher,
        planner: PlannerClient,
        catalog: Callable[[], Catalog],
        door: Door | None = None,
        decoders: Pool | None = None,
        figures: Figures | None = None,
        standing: Callable[[Callable[[], CallerStanding]], Callable[[], Awaitable[Standing]]] | None = None,
    ) -> Self:
        """Put the parts together over the databases the settings name.

        Args:
            settings: Of this process.
            artifacts: The store that the dispatcher's models read from and write to.
            dispatcher: The way to the models.
            planner: In this process or another.
            catalog: Returns the models in service at the time it is called.
            door: Where keys are shown; no key is asked for if None.
            decoders: Of this process, for its metrics.
            figures: Of the whole system; None if that is this process, whose metrics are then kept here.
            standing: Given what tells how things are here, returns what asks all processes; this one alone if None.
        """
        if figures is None:
            record_with(own := OwnFigures())
            figures = own
        database = Database(settings.database_url.get_secret_value(), connections=settings.database_connections)
        sessions = SessionStore.from_settings(settings, database)
        runs = RunStore.from_settings(settings, database)
        usage = UsageStore(database)
        ledger = Ledger(usage)
        limiter = Limiter.from_settings(settings)
        earlier = EarlierRuns(runs, artifacts)
        executor = Executor(
            dispatcher,
            artifacts,
            catalog,
            note=ledger.note,
            earlier=earlier,
            limiter=limiter,
            lexicon=Lexicon.read(settings.lexicons),
        )
        conversation = Conversation(planner, executor, artifacts, sessions, limiter, ledger.note)
        webhooks = WebhookStore(database, cache(partial(pepper, settings)))

        async def own_standing() -> Standing:
            return Standing((executor.lines.standing(),))

        return cls(
            settings=settings,
            catalog=catalog,
            planner=planner,
            executor=executor,
            artifacts=artifacts,
            pictures=Pictures(artifacts),
            sessions=sessions,
            conversation=conversation,
            media=MediaThreads(settings.decoders, settings.max_waiting_files),
            runs=runs,
            feed=RunFeed(runs, database),
            answers=AnswerStore.from_settings(settings, database),
            webhooks=webhooks,
            sender=Sender(database, webhooks, settings.webhook_hosts),
            eraser=Eraser(database, sessions, runs, artifacts),
            runner=Runner(RunQueue(database, sessions, _owner(), lease_s=settings.run_lease_s), database, conversation),
            database=database,
            audit=AuditLog(database),
            usage=usage,
            ledger=ledger,
            limiter=limiter,
            gauges=Gauges(settings, catalog, executor.lines, database, decoders),
            figures=figures,
            standing=standing(executor.lines.standing) if standing else own_standing,
            door=door,
        )

    @cached_property
    def tenants(self) -> TenantStore:
        """Tenants and keys; the pepper is read, or made, when they are first asked for."""
        return TenantStore(self.database, pepper(self.settings))

    def url_of(self, artifact_id: str, principal: Principal) -> str:
        """Return the path of a file; where keys are asked for it opens for a while without one, as players need."""
        link = self.door.link(artifact_id, principal) if self.door is not None else None
        return f"/v1/artifacts/{artifact_id}" + (f"?link={link}" if link else "")

    def scope(self, connection: HTTPConnection, timeout_s: float | None = None) -> Scope:
        """Return for whom a request is served, until when and under which id.

        Args:
            connection: The request, or the WebSocket.
            timeout_s: Seconds from now; those of a plan somebody waits for if None.
        """
        timeout_s = timeout_s or self.settings.plan_timeout_s
        state = connection.state
        return Scope.lasting(timeout_s, state.principal, request_id_of(connection), state.traceparent)


def _owner() -> str:
    """Return a name that no other process has."""
    return f"{socket.gethostname()[:40]}-{secrets.token_hex(8)}"


async def services_of(connection: HTTPConnection) -> Services:
    """Return the services the application was made with; async, so that no request pays for a thread."""
    found = connection.app.state.services
    assert isinstance(found, Services)
    return found


ServicesOf = Annotated[Services, Depends(services_of)]


async def scope_of(connection: HTTPConnection, services: ServicesOf) -> Scope:
    """Return the scope of a request from its arrival on."""
    return services.scope(connection)


ScopeOf = Annotated[Scope, Depends(scope_of)]
