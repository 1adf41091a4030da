"""Calls to models while they are counted: each attempt once, however it ends."""

import asyncio
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from llm_planner.plans.request import LLMCall
from model_wrappers.contract.errors import AudioGPTError, Cancelled, ModelFailed
from model_wrappers.contract.tasks.base import TaskRequest, TaskResponse
from model_wrappers.contract.usage import Usage, audio_s, characters
from router.calls import Timing
from router.scope import Scope

DONE = "done"
PLANNING = "planning"  # what the LLM is asked for; no task of models


@dataclass
class CallUsage:
    """One attempt at one model; `id` is its own, so that it counts once however often it is written."""

    tenant: str
    key: str  # id of the key that was shown; empty where none was asked for
    request_id: str
    step: str
    attempt: int
    task: str
    model: str
    id: str = field(default_factory=lambda: secrets.token_hex(16))
    at: float = 0.0  # when it ended, in seconds since 1970
    outcome: str = DONE  # or the code of its error
    elapsed_s: float = 0.0
    queue_s: float = 0.0
    run_s: float = 0.0
    batch_size: int = 0
    audio_in_s: float = 0.0
    audio_out_s: float = 0.0
    characters: int = 0
    prompt_tokens: int = 0  # of the LLM
    completion_tokens: int = 0

    @property
    def model_s(self) -> float:
        """Seconds of model: its share of the batch's."""
        return self.run_s / max(1, self.batch_size)

    @property
    def usage(self) -> Usage:
        """What it came to."""
        return Usage(
            calls=1,
            failed=int(self.outcome != DONE),
            model_s=self.model_s,
            audio_in_s=self.audio_in_s,
            audio_out_s=self.audio_out_s,
            characters=self.characters,
            prompt_tokens=self.prompt_tokens,
            completion_tokens=self.completion_tokens,
        )

    def gave(self, request: TaskRequest, response: TaskResponse) -> None:
        """Count an answer, or the next part of one."""
        self.audio_in_s, self.characters = audio_s(request), characters(request)
        self.audio_out_s += audio_s(response)

    def took(self, timing: Timing) -> None:
        """Count the time of the model."""
        self.queue_s, self.run_s, self.batch_size = timing.queue_s, timing.run_s, timing.batch_size


Note = Callable[[CallUsage], None]


def uncounted(call: CallUsage) -> None:
    """Count nothing: nobody asks what is used."""


class Bill:
    """The calls made within a block so far."""

    def __init__(self, outer: "Bill | None") -> None:
        """Begin with none; `outer` is told of each too."""
        self._calls: list[CallUsage] = []
        self._outer = outer

    def add(self, call: CallUsage) -> None:
        """Count a call that ended."""
        self._calls.append(call)
        if self._outer is not None:
            self._outer.add(call)

    @property
    def total(self) -> Usage:
        """What they came to."""
        return sum((call.usage for call in self._calls[1:]), self._calls[0].usage if self._calls else Usage())


_bill: ContextVar[Bill | None] = ContextVar("bill", default=None)


@contextmanager
def billed() -> Iterator[Bill]:
    """Count the calls made in the block, and by the tasks it starts."""
    bill = Bill(_bill.get())
    token = _bill.set(bill)
    try:
        yield bill
    finally:
        _bill.reset(token)


def bill_so_far() -> Usage:
    """Return what the calls that have ended came to, of those that the block around this made."""
    bill = _bill.get()
    return bill.total if bill is not None else Usage()


class Meter:
    """Counts the attempts made for one step of a request."""

    def __init__(self, scope: Scope, step: str, task: str, note: Note) -> None:
        """Tell `note` of each, on behalf of the scope's principal."""
        self._scope = scope
        self._step = step
        self._task = task
        self._note = note
        self._attempts = 0

    @contextmanager
    def attempt(self, model: str) -> Iterator[CallUsage]:
        """Count a call to a model, which the block makes."""
        self._attempts += 1
        principal, bill = self._scope.principal, _bill.get()
        call = CallUsage(
            tenant=principal.tenant,
            key=principal.key or "",
            request_id=self._scope.request_id,
            step=self._step,
            attempt=self._attempts,
            task=self._task,
            model=model,
        )
        began = time.perf_counter()
        try:
            yield call
        except BaseException as exc:
            call.outcome = _code(exc)
            raise
        finally:
            call.elapsed_s, call.at = time.perf_counter() - began, time.time()
            self._note(call)
            if bill is not None:
                bill.add(call)


def note_llm(scope: Scope, step: str, attempt: int, asked: LLMCall, note: Note) -> None:
    """Count a question to the LLM that plans, on behalf of a scope's principal."""
    call = CallUsage(
        tenant=scope.tenant,
        key=scope.principal.key or "",
        request_id=scope.request_id,
        step=step,
        attempt=attempt,
        task=PLANNING,
        model=asked.model,
        at=time.time(),
        elapsed_s=asked.elapsed_s,
        outcome=DONE if asked.ended else Cancelled.code,
        prompt_tokens=asked.prompt_tokens,
        completion_tokens=asked.completion_tokens,
    )
    note(call)
    if (bill := _bill.get()) is not None:
        bill.add(call)


def _code(error: BaseException) -> str:
    if isinstance(error, AudioGPTError):
        return error.code
    if isinstance(error, (asyncio.CancelledError, GeneratorExit)):
        return Cancelled.code
    return ModelFailed.code
