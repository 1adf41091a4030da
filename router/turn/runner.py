"""The runner: executes queued runs; none is lost when it stops, sleeps or dies."""

import asyncio
import logging
import time
from dataclasses import dataclass, field, replace
from typing import Literal

from pydantic import ValidationError

from model_wrappers.contract.errors import AudioGPTError, Cancelled, InvalidInput, StorageFull, StorageUnavailable
from router.failures import known_failures
from router.records.bells import Bell
from router.records.database import Database
from router.records.run_queue import Lease, RunQueue
from router.telemetry import metrics, tracing
from router.telemetry.logs import about
from router.turn.conversation import MESSAGE, Conversation, Message
from router.turn.run_record import RunRecord

logger = logging.getLogger(__name__)

PLACES = 16  # runs of one runner at a time; what they wait for is elsewhere
POLL_S = 1.0  # a database that rings no bells is looked at this often
PAUSE_S = 1.0  # before a run that met a store that is away is put back
RENEWALS = 6  # of a lease until it would end: five may fail
MARGIN = 0.07  # of a lease: so long before its end its owner stops writing


@dataclass
class _Execution:
    """A run in work; `fate` says why its work was cancelled."""

    lease: Lease
    claimed: float
    work: asyncio.Task[None] = field(init=False)
    fate: Literal["cancelled", "released", "lost"] | None = None

    def end(self, fate: Literal["cancelled", "released", "lost"]) -> None:
        """Cancel the work once; a second time would cut short its tidying up."""
        if self.fate is None and not self.work.done():
            self.fate = fate
            self.work.cancel()


class Runner:
    """Claims runs from the queue while it has places, and renews their leases until they end."""

    def __init__(
        self, queue: RunQueue, database: Database, conversation: Conversation, *, places: int = PLACES
    ) -> None:
        """Execute runs of `queue`.

        Args:
            queue: Where runs are claimed, for this owner.
            database: Whose bells tell of new runs.
            conversation: Answers their messages.
            places: Most runs at a time.
        """
        self._queue = queue
        self._database = database
        self._conversation = conversation
        self._places = places
        self._running: dict[str, _Execution] = {}
        self._records: set[asyncio.Task[None]] = set()
        self._renewed = float("-inf")
        self._stopping = False
        self._queued: Bell | None = None
        self._duties: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to claim runs; call it in an event loop."""
        self._duties = [asyncio.create_task(duty()) for duty in (self._claim, self._renew, self._cancel)]

    def check_health(self) -> None:
        """Raise if one of its duties has ended, which none does by itself."""
        if any(duty.done() for duty in self._duties) and not self._stopping:
            raise RuntimeError("The runner has stopped claiming or renewing runs.")

    async def stop(self) -> None:
        """Claim no more, hand back the runs in work and return once that is written."""
        self._stopping = True
        self._wake()
        if not self._duties:
            return
        claiming, *others = self._duties
        await asyncio.gather(claiming, return_exceptions=True)  # a claim on its way is not cut off
        for execution in list(self._running.values()):
            execution.end("released")
        await asyncio.gather(*self._records, return_exceptions=True)
        for duty in others:
            duty.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _claim(self) -> None:
        with self._database.bell("queued") as self._queued:
            while not self._stopping:
                lease = await self._take() if len(self._running) < self._places else None
                if lease is None:
                    await self._queued.wait(POLL_S)
                else:
                    self._begin(lease)

    async def _take(self) -> Lease | None:
        try:
            return await asyncio.to_thread(self._queue.claim)
        except StorageUnavailable as exc:
            logger.warning("No run can be claimed: %s", exc.for_log)
            return None

    def _begin(self, lease: Lease) -> None:
        execution = self._running[lease.run_id] = _Execution(lease, time.monotonic())
        record = RunRecord(self._queue, lease, lambda: self._holds(execution), lambda: execution.end("lost"))
        execution.work = asyncio.create_task(self._respond(lease, record))
        ending = asyncio.create_task(self._see_to_the_end(execution, record))
        self._records.add(ending)
        ending.add_done_callback(lambda _: self._forget(ending, execution))

    def _forget(self, ending: asyncio.Task[None], execution: _Execution) -> None:
        self._records.discard(ending)
        if self._running.get(execution.lease.run_id) is execution:
            del self._running[execution.lease.run_id]
        self._wake()

    def _wake(self) -> None:
        if self._queued is not None:
            self._queued.ring()

    async def _respond(self, lease: Lease, record: RunRecord) -> None:
        async with record.writing():
            with known_failures("The run", lease.run_id):
                message = _message(lease)
                with (
                    about(message.scope, run_id=lease.run_id),
                    tracing.span("run", message.scope.traceparent, run=lease.run_id, attempt=lease.attempt),
                ):
                    await self._conversation.respond(message, record.emit, record)

    async def _see_to_the_end(self, execution: _Execution, record: RunRecord) -> None:
        """Write down how the work ended, unless the run is in other hands."""
        await asyncio.wait({execution.work})
        try:
            if execution.fate == "lost":
                metrics.LEASES.add(event="lost")
                logger.warning("Run %s is in other hands; its work here is dropped", execution.lease.run_id)
            elif execution.fate == "released":
                await record.release()
            elif execution.fate == "cancelled" and execution.work.cancelled():
                await record.fail("cancelled", Cancelled("The run was cancelled."))
            elif _may_pass(error := _error(execution)):
                logger.warning("Run %s is put back until its stores answer", execution.lease.run_id)
                await asyncio.sleep(PAUSE_S)
                await record.release()
            elif error is not None:
                await record.fail("failed", error)
        except AudioGPTError as exc:
            logger.warning("The end of run %s was not written: %s", execution.lease.run_id, exc.for_log)

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(self._queue.lease_s / RENEWALS)
            began, before = time.monotonic(), list(self._running.values())
            try:
                held = await asyncio.to_thread(self._queue.renew) if before else {}
            except StorageUnavailable as exc:
                metrics.LEASES.add(event="not renewed")
                logger.warning("Leases could not be renewed: %s", exc.for_log)
                for execution in before:
                    if not self._holds(execution):
                        execution.end("lost")
                continue
            self._renewed = began
            for execution in before:
                if held.get(execution.lease.run_id) != execution.lease.fence:
                    execution.end("lost")

    async def _cancel(self) -> None:
        with self._database.bell("cancelled") as bell:
            while True:
                await bell.wait(POLL_S)
                if not self._running:
                    continue
                try:
                    asked = await asyncio.to_thread(self._queue.cancellations)
                except StorageUnavailable:
                    continue  # asked again in a second
                for run_id in asked & self._running.keys():
                    self._running[run_id].end("cancelled")

    def _holds(self, execution: _Execution) -> bool:
        """Tell whether nobody else can have taken the run over yet."""
        silent_s = time.monotonic() - max(self._renewed, execution.claimed)
        return silent_s < self._queue.lease_s * (1 - MARGIN)


def _message(lease: Lease) -> Message:
    try:
        message = MESSAGE.validate_json(lease.request, extra="ignore")
    except ValidationError as exc:
        raise InvalidInput("The run was asked for by another version of this program; ask for it again.") from exc
    return replace(message, scope=replace(message.scope.renewed(lease.deadline_s), background=True))


def _may_pass(error: AudioGPTError | None) -> bool:
    """Tell whether the run could not go on only because a store was away; room does not come by itself."""
    return isinstance(error, StorageUnavailable) and not isinstance(error, StorageFull)


def _error(execution: _Execution) -> AudioGPTError | None:
    if execution.work.cancelled():
        return Cancelled("The run was cancelled.")
    error = execution.work.exception()
    assert error is None or isinstance(error, AudioGPTError)
    return error
