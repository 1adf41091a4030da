"""How things are in a process and in the stores, noted every few seconds and whenever somebody asks."""

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from model_wrappers.contract.catalog import Catalog
from model_wrappers.contract.errors import StorageUnavailable
from router.execution.lines import Lines
from router.records.census import RunCensus, count_runs
from router.records.database import Database
from router.settings import Settings
from router.telemetry import metrics
from router.telemetry.tenants import STANDARD, class_of

logger = logging.getLogger(__name__)

STATES = ("live", "starting", "off")
SAMPLE_S = 10.0


class Pool(Protocol):
    """Decoders of the process, or nothing like it."""

    def note_load(self) -> None:
        """Note how many files are in work."""
        ...


class Gauges:
    """Sets the gauges of one process."""

    def __init__(
        self,
        settings: Settings,
        catalog: Callable[[], Catalog],
        lines: Lines,
        database: Database,
        decoders: Pool | None = None,
    ) -> None:
        """Look at these, each time `sample` is called."""
        self._classes = {STANDARD, *settings.tenant_classes.values()}
        self._catalog = catalog
        self._lines = lines
        self._database = database
        self._decoders = decoders

    async def sample(self) -> None:
        """Set all gauges; what a database that is away would tell stays as it was."""
        self._note_models()
        if self._decoders is not None:
            self._decoders.note_load()
        self._database.note_connections()
        try:
            self._note_runs(await asyncio.to_thread(count_runs, self._database))
        except StorageUnavailable as exc:
            logger.warning("The runs were not counted: %s", exc.for_log)

    async def sample_regularly(self) -> None:
        """Set all gauges until cancelled."""
        while True:
            try:
                await self.sample()
            except Exception:  # operators would miss what they see now, and for good
                logger.exception("The gauges could not be set")
            await asyncio.sleep(SAMPLE_S)

    def _note_models(self) -> None:
        catalog = self._catalog()
        for state in STATES:
            metrics.MODELS.set(sum(entry.state == state for entry in catalog.models), state=state)
        metrics.LIVE_TASKS.set(len(catalog.live_tasks()))
        for model, (running, waiting) in self._lines.counts().items():
            metrics.MODEL_CALLS.set(running, model=model, state="running")
            metrics.MODEL_CALLS.set(waiting, model=model, state="waiting")

    def _note_runs(self, census: RunCensus) -> None:
        for state, tenants in (("queued", census.queued), ("running", census.running)):
            counts = dict.fromkeys(self._classes, 0)
            for tenant, count in tenants.items():
                counts[class_of(tenant)] = counts.get(class_of(tenant), 0) + count
            for tenant_class, count in counts.items():
                metrics.RUNS.set(count, state=state, tenant_class=tenant_class)
        metrics.OLDEST_RUN.set(census.oldest_queued_s)
        metrics.STALE_LEASES.set(census.stale)
