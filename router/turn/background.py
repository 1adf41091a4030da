"""Runs that outlive their connection: started here, seen and cancelled from anywhere."""

import asyncio
import logging
from dataclasses import dataclass, replace

from llm_planner.plans.results import ErrorInfo
from model_wrappers.contract.errors import AudioGPTError, Cancelled, Conflict, NotFound
from router.events import EndState, Event, Failed, Replied, RunInfo
from router.failures import known_failures
from router.records.runs import HEARTBEAT_S, RunStore
from router.turn.conversation import Conversation, Message

logger = logging.getLogger(__name__)

FLUSH_S = 0.2  # how long an event may wait for others to share its write
CANCEL_POLL_S = 1.0


@dataclass(frozen=True)
class _Run:
    """A run of this process: its work may be cancelled at any time, its record is always kept to the end."""

    work: asyncio.Task[Replied]
    record: asyncio.Task[None]

    def cancel(self) -> None:
        """Cancel the work once; a second time would cut short its tidying up."""
        if not self.work.cancelling():
            self.work.cancel()


class BackgroundRuns:
    """Owns the runs started in this process; the store knows them all."""

    def __init__(self, store: RunStore, conversation: Conversation) -> None:
        """Run messages of `conversation` and record them in `store`."""
        self.store = store
        self._conversation = conversation
        self._runs: dict[str, _Run] = {}

    async def start(self, message: Message) -> RunInfo:
        """Start a run and return at once.

        Raises:
            ModelOverloaded: If too many runs have not ended.
            NotFound: If the message's session does not exist.
        """
        if message.session_id is None:
            session = await asyncio.to_thread(self._conversation.sessions.create, message.scope.tenant)
            message = replace(message, session_id=session.id)
        else:
            await asyncio.to_thread(self._conversation.sessions.get, message.session_id, message.scope.tenant)
        run_id = await asyncio.shield(self._begin(message))  # or a caller who leaves now leaves a run without owner
        return await asyncio.to_thread(self.store.get, run_id, message.scope.tenant)

    async def cancel(self, run_id: str, tenant: str) -> RunInfo:
        """Ask for the end of a run, wherever it is; one that runs here is cancelled at once."""
        info = await asyncio.to_thread(self.store.request_cancel, run_id, tenant)
        if run := self._runs.get(run_id):
            run.cancel()
        return info

    async def stop(self) -> None:
        """Cancel the runs of this process and record that they ended."""
        runs = list(self._runs.values())
        for run in runs:
            run.cancel()
        await asyncio.gather(*(run.record for run in runs), return_exceptions=True)

    async def _begin(self, message: Message) -> str:
        run_id = await asyncio.to_thread(self.store.create, message.scope.tenant, message.session_id)
        events: list[Event] = []
        work = asyncio.create_task(self._conversation.respond(message, events.append))
        record = asyncio.create_task(self._record(run_id, work, events))
        self._runs[run_id] = _Run(work, record)
        record.add_done_callback(lambda _: self._runs.pop(run_id, None))
        return run_id

    async def _record(self, run_id: str, work: asyncio.Task[Replied], events: list[Event]) -> None:
        """Write down what the work does until it has ended; nothing but the end of this process cancels this."""
        state: EndState = "failed"
        last: Event
        try:
            with known_failures(f"Run {run_id}", "-"):
                await asyncio.to_thread(self.store.start, run_id)
                await self._watch(run_id, work, events)
                last, state = await work, "done"
        except asyncio.CancelledError:
            last, state = _failed(Cancelled("The run was cancelled.")), "cancelled"
        except AudioGPTError as exc:
            last = _failed(exc)
        finally:
            work.cancel()
        await asyncio.wait({work})
        await self._finish(run_id, state, [*events, last])

    async def _watch(self, run_id: str, work: asyncio.Task[Replied], events: list[Event]) -> None:
        """Write events as they come and look for a request to cancel, until the work is done."""
        clock = asyncio.get_running_loop().time
        next_heartbeat = clock()
        while not work.done():
            await asyncio.wait({work}, timeout=FLUSH_S if not events else 0)
            if events:
                batch, events[:] = events[:], []
                await asyncio.to_thread(self.store.append, run_id, batch)
            if clock() >= next_heartbeat:
                next_heartbeat = clock() + min(HEARTBEAT_S, CANCEL_POLL_S)
                if await asyncio.to_thread(self.store.heartbeat, run_id):
                    self._runs[run_id].cancel()

    async def _finish(self, run_id: str, state: EndState, events: list[Event]) -> None:
        try:
            await asyncio.to_thread(self.store.finish, run_id, state, events)
        except (Conflict, NotFound) as exc:
            logger.warning("Run %s ended but was given up or deleted before: %s", run_id, exc.message)


def _failed(error: AudioGPTError) -> Failed:
    return Failed(error=ErrorInfo.of(error))
