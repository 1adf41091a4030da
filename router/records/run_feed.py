"""Following runs: one reader a process, however many follow."""

import asyncio
import logging
from collections import defaultdict, deque
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass, field

from model_wrappers.contract.errors import StorageUnavailable
from router.events import RunEvent, RunInfo
from router.records.database import Database
from router.records.runs import RunStore

logger = logging.getLogger(__name__)

POLL_S = 0.25  # a database that rings no bells is looked at this often
GATHER_S = 0.05  # news of many runs share their reading
PAGE = 200
KEPT = 64  # readings that a slow follower may fall behind before it reads for itself


@dataclass(frozen=True)
class _News:
    run: RunInfo | None  # None: it was deleted
    events: tuple[RunEvent, ...]


@dataclass(eq=False)
class _Follower:
    news: "deque[_News]" = field(default_factory=lambda: deque(maxlen=KEPT))
    some: asyncio.Event = field(default_factory=asyncio.Event)

    async def next(self, quiet_s: float) -> _News | None:
        with suppress(TimeoutError):
            async with asyncio.timeout(quiet_s):
                await self.some.wait()
        found = self.news.popleft() if self.news else None
        if not self.news:
            self.some.clear()
        return found


class RunFeed:
    """Tells followers the events of their runs; what a follower has missed it reads from the store."""

    def __init__(self, store: RunStore, database: Database) -> None:
        """Follow runs of `store`, whose database's bells tell of news."""
        self._store = store
        self._database = database
        self._followers: dict[str, set[_Follower]] = defaultdict(set)
        self._told: dict[str, int] = {}
        self._reader: asyncio.Task[None] | None = None

    @property
    def followers(self) -> int:
        """How many follow a run now."""
        return sum(len(each) for each in self._followers.values())

    async def follow(
        self, run_id: str, tenant: str, *, after: int = 0, quiet_s: float
    ) -> AsyncGenerator[RunEvent | None, None]:
        """Yield the events of a run after a sequence until it ends, and None after `quiet_s` without one.

        Raises:
            NotFound: If the tenant has no such run.
        """
        run = await asyncio.to_thread(self._store.get, run_id, tenant)
        follower = self._join(run)
        try:
            upto, ended = run.last_sequence, run.ended
            while True:
                while after < upto:
                    page = await asyncio.to_thread(self._store.events, run_id, tenant, after=after, limit=PAGE)
                    for event in page:
                        yield event
                    after = page[-1].sequence if page else upto
                if ended:
                    return
                news = await follower.next(quiet_s)
                if news is None:
                    yield None
                    continue
                if news.run is None:
                    return
                for event in news.events:
                    if event.sequence == after + 1:  # else it was told already, or some before it are missing
                        yield event
                        after = event.sequence
                upto, ended = news.run.last_sequence, news.run.ended
        finally:
            self._leave(run_id, follower)

    def _join(self, run: RunInfo) -> _Follower:
        follower = _Follower()
        self._followers[run.id].add(follower)
        self._told.setdefault(run.id, run.last_sequence)
        if self._reader is None or self._reader.done():
            self._reader = asyncio.create_task(self._read())
        return follower

    def _leave(self, run_id: str, follower: _Follower) -> None:
        self._followers[run_id].discard(follower)
        if not self._followers[run_id]:
            del self._followers[run_id], self._told[run_id]

    async def _read(self) -> None:
        with self._database.bell("events") as bell:
            while self._followers:
                await bell.wait(POLL_S)
                await asyncio.sleep(GATHER_S)
                try:
                    await self._tell()
                except StorageUnavailable as exc:
                    logger.warning("The runs that are followed cannot be read: %s", exc.for_log)

    async def _tell(self) -> None:
        told = dict(self._told)
        found = await asyncio.to_thread(self._store.news, list(told))
        behind = {run_id: told[run_id] for run_id, run in found.items() if run.last_sequence > told[run_id]}
        events = await asyncio.to_thread(self._store.events_after, behind) if behind else {}
        for run_id in told:
            run = found.get(run_id)
            if run is None or run.ended or run_id in behind:
                self._push(run_id, _News(run, events.get(run_id, ())))

    def _push(self, run_id: str, news: _News) -> None:
        if run_id in self._told and news.run is not None:
            self._told[run_id] = max(self._told[run_id], news.run.last_sequence)
        for follower in self._followers.get(run_id, ()):
            follower.news.append(news)
            follower.some.set()
