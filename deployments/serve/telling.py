"""Telling models of the steps that are planned on them, so that Serve starts replicas before their queues are long."""

import asyncio
import logging
import secrets
from collections.abc import Callable

from deployments.serve.broadcasting import Broadcaster
from model_wrappers.contract.catalog import Catalog
from router.execution.planned import PlannedSteps

logger = logging.getLogger("ray.serve")

EVERY_S = 5.0


class PlanTeller:
    """Tells the replicas of each model how many steps of this process's plans will need it."""

    def __init__(self, planned: PlannedSteps, catalog: Callable[[], Catalog]) -> None:
        """Tell the loaded models of `catalog`."""
        self._planned = planned
        self._catalog = catalog
        self._broadcaster = Broadcaster()
        self._process = secrets.token_hex(8)  # a name that no other process has
        self._told: set[str] = set()

    async def tell_regularly(self) -> None:
        """Tell until cancelled."""
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                await self._tell()
            except Exception:  # whatever it was, the next one may succeed
                logger.exception("Models were not told of the steps that are planned on them")

    async def _tell(self) -> None:
        """Tell the models that have planned steps, and once more those that had some and have none."""
        catalog = self._catalog()
        counts = self._planned.by_model(catalog)
        loaded = [entry for entry in catalog.models if entry.loaded and entry.id in self._told | counts.keys()]
        self._told = set(counts)
        await asyncio.gather(
            *(
                self._broadcaster.ask((entry.id, entry.application), "expect", self._process, counts.get(entry.id, 0))
                for entry in loaded
            )
        )
