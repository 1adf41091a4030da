"""Removal of what has expired, in the background of an ingress replica."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Protocol

from model_wrappers.contract.errors import AudioGPTError

logger = logging.getLogger("ray.serve")

SWEEP_S = 600.0


class Sweepable(Protocol):
    """A store whose entries expire."""

    def sweep(self) -> int:
        """Remove what has expired and return how many entries that were; blocks."""
        ...


async def sweep_regularly(stores: Sequence[Sweepable], every_s: float = SWEEP_S) -> None:
    """Sweep stores until cancelled; one that fails is tried again the next time."""
    while True:
        await asyncio.sleep(every_s)
        for store in stores:
            try:
                await asyncio.to_thread(store.sweep)
            except AudioGPTError as exc:
                logger.warning("Expired entries could not be removed: %s", exc)
            except Exception:  # one store's trouble must not keep the others, or this one for good, from their sweep
                logger.exception("Expired entries of a %s could not be removed", type(store).__name__)
