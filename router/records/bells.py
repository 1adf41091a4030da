"""Bells: a write in one place wakes those who wait for it elsewhere; who waits must look now and then all the same."""

import asyncio
import logging
import threading
from collections import defaultdict
from collections.abc import Callable
from contextlib import closing, suppress
from typing import Any, Self

from sqlalchemy import Engine

logger = logging.getLogger(__name__)

CHANNEL = "audiogpt"
STOP_S = 0.25  # how long a listener may take to notice that it is to stop
AGAIN_S = 1.0  # between its attempts to connect


class Bells:
    """The bells of one process, by topic; any thread may ring them."""

    def __init__(self) -> None:
        """Start with none."""
        self._rings: dict[str, list[Callable[[], object]]] = defaultdict(list)
        self._lock = threading.Lock()

    def hang(self, topic: str, ring: Callable[[], object]) -> Callable[[], None]:
        """Have `ring` called, in any thread, whenever the topic has news; return what ends that."""
        with self._lock:
            self._rings[topic].append(ring)
        return lambda: self._rings[topic].remove(ring)

    def ring(self, topic: str) -> None:
        """Tell those who wait for the topic."""
        with self._lock:
            rings = list(self._rings[topic])
        for ring in rings:
            with suppress(RuntimeError):  # its event loop is closed
                ring()


class Bell:
    """Waits in an event loop for news of a topic; use it as a context manager."""

    def __init__(self, bells: Bells, topic: str) -> None:
        """Wait for news of `topic` only."""
        self._bells = bells
        self._topic = topic
        self._news = asyncio.Event()

    def __enter__(self) -> Self:
        """Begin to listen."""
        loop = asyncio.get_running_loop()
        self._take_down = self._bells.hang(self._topic, lambda: loop.call_soon_threadsafe(self._news.set))
        return self

    def __exit__(self, *details: object) -> None:
        """Stop listening."""
        self._take_down()

    def ring(self) -> None:
        """Wake who waits at this bell; for the event loop's thread."""
        self._news.set()

    async def wait(self, at_most_s: float) -> None:
        """Return at the next news, or when none came for so long; news since the last wait count."""
        with suppress(TimeoutError):
            async with asyncio.timeout(at_most_s):
                await self._news.wait()
        self._news.clear()


class PostgresListener:
    """Rings this process's bells for what any process tells Postgres."""

    def __init__(self, engine: Engine, bells: Bells) -> None:
        """Listen over a connection of its own, in a thread that `stop` ends."""
        self._engine = engine
        self._bells = bells
        self._stopping = threading.Event()
        self._hears = True  # until it turns out otherwise
        self._thread = threading.Thread(target=self._listen, name="postgres-listener", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End listening."""
        self._stopping.set()
        self._thread.join()

    def _listen(self) -> None:
        while not self._stopping.is_set():
            try:
                self._follow()
            except Exception:  # also the driver's own: it is not installed everywhere, so they have no name here
                if self._hears:  # else it was told before
                    logger.exception("Postgres tells no news; they are polled for until it does again")
                self._hears = False
                self._stopping.wait(AGAIN_S)

    def _follow(self) -> None:
        pooled = self._engine.raw_connection()
        driver: Any = pooled.driver_connection
        pooled.detach()  # the pool has nothing more to do with it
        with closing(driver):
            driver.rollback()
            driver.autocommit = True
            driver.execute(f"LISTEN {CHANNEL}")
            self._hears = True
            while not self._stopping.is_set():
                for notice in driver.notifies(timeout=STOP_S):
                    self._bells.ring(notice.payload)
