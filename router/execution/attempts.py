"""Getting one request answered: the best model first, again where that can help, then the next model."""

import asyncio
import logging
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol, TypeVar

from model_wrappers.contract.catalog import Catalog, ModelEntry
from model_wrappers.contract.errors import (
    AudioGPTError,
    Cancelled,
    DeadlineExceeded,
    ModelError,
    ModelFailed,
    ModelLost,
    ModelOverloaded,
    StorageFull,
    StorageUnavailable,
)
from model_wrappers.contract.tasks import Task
from model_wrappers.contract.tasks.base import TaskRequest, TaskResponse
from model_wrappers.contract.usage import audio_s, characters
from model_wrappers.speech.lexicon import Lexicon
from router.calls import Dispatcher, ModelAnswer, ModelCall, OnProgress, Timing, timing_of
from router.execution.composite import run_composite
from router.execution.lines import Lines
from router.execution.planned import PlannedSteps
from router.execution.reuse import EarlierWork, work_key
from router.execution.selection import ANY, Wish, choose
from router.execution.warming import Warmer
from router.failures import known_failures
from router.limits.limiter import Limiter, Spending
from router.scope import Scope
from router.telemetry import tracing
from router.usage.calls import CallUsage, Meter, Note, uncounted

logger = logging.getLogger(__name__)

ResultT = TypeVar("ResultT")

COLD_SHARE = 0.5  # of the time left: so long a model may take to load and answer while a loaded one stands by
# Ends of calls about which their model says nothing: what it spent on them is what their caller saw.
BROKEN_OFF = (asyncio.CancelledError, GeneratorExit, Cancelled, DeadlineExceeded, ModelLost)
MAX_COMPOSITE_DEPTH = 2  # composites within each other


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how patiently a model is tried again whose process or store went away, or whose queue is full."""

    attempts: int = 3  # calls to one model
    backoff_s: float = 0.2  # before the second attempt; doubles with every further one
    max_backoff_s: float = 5.0
    jitter: Callable[[], float] = random.random  # spreads retries over half to all of the backoff

    def wait_s(self, attempt: int, error: ModelError) -> float:
        """Return the seconds to wait after the failed attempt `attempt`, counted from 1."""
        asked = max(error.retry_after_s or 0.0, self.backoff_s * 2.0 ** (attempt - 1))
        return min(asked, self.max_backoff_s) * (0.5 + 0.5 * self.jitter())


class Observer(Protocol):
    """Told what becomes of a request while it is worked on; `step` is what it is counted under."""

    @property
    def step(self) -> str:
        """Id of the step, of a sub-step behind that of its composite's."""
        ...

    def attempting(self, entry: ModelEntry, error: AudioGPTError | None) -> None:
        """Note that a model is about to be called; `error` is what the attempt before ended with."""
        ...

    def reusing(self, entry: ModelEntry) -> None:
        """Note that no model is called, because this one answered the same before."""
        ...

    def waiting(self, place: int, wait_s: float | None) -> None:
        """Note the place in the model's line; see `Lines.place`."""
        ...

    def progress(self, fraction: float) -> None:
        """Note how far the work is, 0 to 1."""
        ...


@dataclass
class _Attempt:
    """One request on its way to one model."""

    task: Task
    request: TaskRequest
    entry: ModelEntry
    scope: Scope
    observer: Observer
    meter: Meter
    within: tuple[str, ...]
    catalog: Catalog
    failed: ModelError | None = None

    @cached_property
    def key(self) -> str:
        """What determines the answer, as one hash."""
        return work_key(self.catalog, self.entry, self.task, self.request, self.scope.tenant)

    def leave_time_for(self, others: Sequence["_Attempt"]) -> None:
        """Give a model that must first be loaded part of the time only, if a loaded one could answer instead."""
        if self.entry.loaded is False and any(other.entry.loaded for other in others):
            left_s = self.scope.deadline - time.time()
            self.scope = replace(self.scope, deadline=time.time() + left_s * COLD_SHARE)

    def call(self, *, by_value: bool = False) -> ModelCall:
        """Return what is sent to the model."""
        return ModelCall(self.task.id, self.request, self.scope, self.key, by_value)


@dataclass(frozen=True)
class _SubStepObserver:
    """Observes a composite's sub-step, of which only the progress shows."""

    step: str
    progress: OnProgress

    def attempting(self, entry: ModelEntry, error: AudioGPTError | None) -> None:
        if error is not None:
            logger.info("A sub-step goes on with model '%s' after: %s", entry.id, error.for_log)

    def reusing(self, entry: ModelEntry) -> None:
        pass

    def waiting(self, place: int, wait_s: float | None) -> None:
        pass


class Caller:
    """Answers requests with whatever live model can."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        catalog: Callable[[], Catalog],
        policy: RetryPolicy,
        note: Note | None = None,
        earlier: EarlierWork | None = None,
        limiter: Limiter | None = None,
        lexicon: Lexicon | None = None,
    ) -> None:
        """Keep the parts, as `Executor` has them."""
        self._dispatcher = dispatcher
        self._catalog = catalog
        self._policy = policy
        self._note = note or uncounted
        self._earlier = earlier
        self._limiter = limiter or Limiter.local()
        self._lexicon = lexicon or Lexicon()
        self.lines = Lines()
        self.planned = PlannedSteps()

    def warmer(self, scope: Scope) -> Warmer:
        """Return what loads the models of steps that are planned for a request."""
        return Warmer(self._dispatcher, self._catalog, scope, self.lines.loaded)

    async def call(
        self,
        task: Task,
        request: TaskRequest,
        scope: Scope,
        observer: Observer,
        *,
        wish: Wish = ANY,
        within: tuple[str, ...] = (),
    ) -> ModelAnswer:
        """Answer a request.

        Args:
            task: Task of the request.
            request: Media are references.
            scope: Of the request that this is part of.
            observer: Told of attempts and progress.
            wish: Which model is wanted.
            within: Composite models this call is part of, outermost first; they are not chosen again.

        Raises:
            RequestError: If no model can take the request, or one rejected it.
            ModelError: The last model's error if all failed.
        """
        catalog, request = self._catalog(), self._lexicon.added_to(request)
        without = set(within)
        if len(within) >= MAX_COMPOSITE_DEPTH:
            without |= _composites(catalog)
        entries = self._in_time(choose(catalog, task.id, request, wish, without), scope)
        meter = Meter(scope, observer.step, task.id, self._note)
        attempts = [_Attempt(task, request, entry, scope, observer, meter, within, catalog) for entry in entries]
        known = await self._known(attempts[0])
        return known if known is not None else await self._first(attempts, self._once)

    async def stream(
        self, step: str, task: Task, request: TaskRequest, scope: Scope, *, wish: Wish = ANY, whole: bool = False
    ) -> AsyncGenerator[TaskResponse, None]:
        """Answer a request in parts with decoded media; once the first is out, no other attempt is made.

        Args:
            step: What it is counted under.
            task: Task of the request.
            request: Media are references.
            scope: Of the request that this is part of.
            wish: Which model is wanted.
            whole: Take the answer in one part, by a call that costs less; media too long for a message are references.

        Raises:
            AudioGPTError: As `call` does, also after some parts.
        """
        catalog, request = self._catalog(), self._lexicon.added_to(request)
        entries = choose(catalog, task.id, request, wish, _composites(catalog))
        observer, meter = _SubStepObserver(step, lambda fraction: None), Meter(scope, step, task.id, self._note)
        attempts = [_Attempt(task, request, entry, scope, observer, meter, (), catalog) for entry in entries]
        if whole:
            yield (await self._first(attempts, self._by_value)).response
            return
        first, rest = await self._first(attempts, self._open)
        async with aclosing(rest):
            yield first
            async for part in rest:
                yield part

    def _in_time(self, entries: Sequence[ModelEntry], scope: Scope) -> Sequence[ModelEntry]:
        """Put the models that will answer too late, as far as is known, behind those that may answer in time."""
        left_s = scope.deadline - time.time()
        return sorted(entries, key=lambda entry: self.lines.answer_s(entry) > left_s)

    async def _first(self, attempts: Sequence["_Attempt"], once: Callable[["_Attempt"], Awaitable[ResultT]]) -> ResultT:
        """Return what the first model that answers answers."""
        failed: ModelError | None = None
        deadline = attempts[0].scope.deadline
        others = list(attempts)
        while others:
            attempt = others.pop(0)
            attempt.failed = failed
            attempt.leave_time_for(others)
            try:
                return await self._persist(attempt, once)
            except Cancelled:
                raise
            except ModelError as exc:
                if isinstance(exc, DeadlineExceeded):
                    if time.time() >= deadline:
                        raise
                    others.sort(key=lambda other: not other.entry.loaded)  # no time is left to load another
                failed = exc
        assert failed is not None
        raise failed

    async def _persist(self, attempt: "_Attempt", once: Callable[["_Attempt"], Awaitable[ResultT]]) -> ResultT:
        """Call one model until it answers, fails for good or has been tried often enough."""
        number = 1
        while True:
            attempt.observer.attempting(attempt.entry, attempt.failed)
            try:
                with (
                    tracing.span("attempt", model=attempt.entry.id, number=number),
                    known_failures(f"Calling model '{attempt.entry.id}'", attempt.scope.request_id),
                ):
                    return await once(attempt)
            except (ModelLost, ModelOverloaded, StorageUnavailable) as exc:
                wait_s = self._policy.wait_s(number, exc)
                out_of_time = time.time() + wait_s >= attempt.scope.deadline
                hopeless = attempt.entry.card.is_composite or isinstance(exc, StorageFull)
                if number >= self._policy.attempts or out_of_time or hopeless:
                    raise
                attempt.failed = exc
            await asyncio.sleep(wait_s)
            number += 1

    async def _known(self, attempt: "_Attempt") -> ModelAnswer | None:
        """Return what the model answered to the same request before, where that may be used."""
        if self._earlier is None or not attempt.scope.reuse or not attempt.entry.card.repeatable:
            return None
        answer = await self._earlier.answer(attempt.task, attempt.key, attempt.scope.tenant)
        if answer is not None:
            attempt.observer.reusing(attempt.entry)
        return answer

    async def _once(self, attempt: "_Attempt") -> ModelAnswer:
        key = attempt.key if attempt.entry.card.repeatable else None
        if attempt.entry.card.is_composite:
            return replace(await self._composite(attempt), key=key)
        return replace(await self._run(attempt, attempt.call(), attempt.observer.progress), key=key)

    async def _by_value(self, attempt: "_Attempt") -> ModelAnswer:
        return await self._run(attempt, attempt.call(by_value=True))

    async def _run(self, attempt: "_Attempt", call: ModelCall, on_progress: OnProgress | None = None) -> ModelAnswer:
        async with self._spending(call) as spent:
            with attempt.meter.attempt(attempt.entry.id) as usage:
                with self._out(attempt, usage):
                    answer = await self._dispatcher.run(attempt.entry, call, on_progress)
                usage.gave(call.request, answer.response)
                usage.took(answer.timing)
            spent.is_of(usage)
        self.lines.ran(attempt.entry, answer.run_s)
        return answer

    @contextmanager
    def _out(self, attempt: "_Attempt", usage: CallUsage) -> Iterator[None]:
        """Stand in the model's line; a call that ends without an answer has taken the model's time, too."""
        with self.lines.place(attempt.entry, attempt.scope.flow, attempt.observer.waiting) as place:
            try:
                yield
            except BaseException as exc:
                if (told := timing_of(exc)) is not None:
                    usage.took(told)
                elif isinstance(exc, BROKEN_OFF) and attempt.entry.loaded is not False:
                    usage.took(place.timing)
                raise

    def _spending(self, call: ModelCall) -> AbstractAsyncContextManager[Spending]:
        """Count what a call costs with the limits of who asks for it."""
        request = call.request
        return self._limiter.spending(
            call.scope.principal, lambda: Spending(audio_s=audio_s(request), characters=characters(request))
        )

    async def _open(self, attempt: "_Attempt") -> tuple[TaskResponse, AsyncGenerator[TaskResponse, None]]:
        """Return the first part of an answer and the iterator over the others."""
        parts = self._parts(attempt)
        try:
            return await anext(parts), parts
        except StopAsyncIteration:
            raise ModelFailed(f"Model '{attempt.entry.id}' ended without an answer.") from None

    async def _parts(self, attempt: "_Attempt") -> AsyncGenerator[TaskResponse, None]:
        call = attempt.call()
        async with self._spending(call) as spent:
            with (
                attempt.meter.attempt(attempt.entry.id) as usage,
                self._out(attempt, usage),
            ):
                async with aclosing(self._dispatcher.stream(attempt.entry, call)) as parts:
                    async for part in parts:
                        if isinstance(part, Timing):
                            usage.took(part)
                        else:
                            usage.gave(call.request, part)
                            spent.is_of(usage)
                            yield part

    async def _composite(self, attempt: "_Attempt") -> ModelAnswer:
        within = (*attempt.within, attempt.entry.id)

        async def call(name: str, task: Task, request: TaskRequest, on_progress: OnProgress) -> ModelAnswer:
            observer = _SubStepObserver(f"{attempt.observer.step}/{name}", on_progress)
            return await self.call(task, request, attempt.scope, observer, within=within)

        return await run_composite(attempt.entry, attempt.request, attempt.scope, call, attempt.observer.progress)


def _composites(catalog: Catalog) -> set[str]:
    return {entry.id for entry in catalog.models if entry.card.is_composite}
