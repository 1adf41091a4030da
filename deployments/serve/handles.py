"""Calls between deployments: typed errors in, typed errors out, and nothing left running."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any, TypeVar, cast

from ray import serve
from ray.exceptions import ObjectLostError, RayActorError, RayError, RayTaskError
from ray.serve.exceptions import BackPressureError, DeploymentUnavailableError, RayServeException, RequestCancelledError
from ray.serve.handle import DeploymentHandle, DeploymentResponseGenerator

from llm_planner.plans.plan import Plan, Step
from llm_planner.plans.request import AnswerRequest, Asked, PlannedOutcome, PlanRequest, WrittenAnswer
from llm_planner.plans.results import StepResult
from model_wrappers.contract.catalog import ModelEntry
from model_wrappers.contract.errors import (
    AudioGPTError,
    Cancelled,
    DeadlineExceeded,
    ModelFailed,
    ModelLost,
    ModelOverloaded,
    ModelUnavailable,
)
from model_wrappers.contract.tasks.base import TaskResponse
from router.calls import ModelAnswer, ModelCall, Timing
from router.scope import seconds_until
from router.telemetry import tracing

RequestT = TypeVar("RequestT", PlanRequest, AnswerRequest)

RETRY_AFTER_S = 2.0
WARM_TIMEOUT_S = 3_600.0  # the caller's own deadline is shorter
CHECK_TIMEOUT_S = 5.0
STREAMING = ("run_with_progress", "stream")  # methods of a model's deployment
PLANNER = "The planner"  # subject of an error's sentence


def translate_error(error: BaseException, who: str) -> AudioGPTError:
    """Return the project's own error for whatever a handle raised.

    Args:
        error: What awaiting a handle raised; Serve wraps it differently on its two transports.
        who: The callee, for the message.
    """
    cause = error.cause if isinstance(error, RayTaskError) and error.cause is not None else error
    if isinstance(cause, AudioGPTError):
        return cause
    if isinstance(cause, BackPressureError):
        return ModelOverloaded(f"{who} has too many requests waiting; try again later.", retry_after_s=RETRY_AFTER_S)
    if isinstance(cause, RequestCancelledError):
        return Cancelled(f"The call to {who} was cancelled.")
    if isinstance(cause, TimeoutError):
        return DeadlineExceeded(f"{who} did not answer before the deadline; allow more time or ask for less.")
    if isinstance(cause, (RayActorError, ObjectLostError)):
        return ModelLost(f"A process of {who} died while it worked on the call.")
    if isinstance(cause, (DeploymentUnavailableError, RayServeException)):
        return ModelUnavailable(f"{who} is not available: {cause}")
    return ModelFailed(f"{who} failed: {type(cause).__name__}: {cause}")


class RayDispatcher:
    """Send model calls to the models' deployments."""

    def __init__(self) -> None:
        """Start with no handles; each is made on first use."""
        self._handles: dict[tuple[str, str], DeploymentHandle[Any]] = {}
        self._methods: dict[tuple[str, str, str], DeploymentHandle[Any]] = {}

    async def run(
        self, entry: ModelEntry, call: ModelCall, on_progress: Callable[[float], None] | None = None
    ) -> ModelAnswer:
        """Run one call on one model and cancel it there if nobody waits any more.

        Raises:
            AudioGPTError: The model's own error, or what became of its process or queue.
        """
        who = f"Model '{entry.id}'"
        call = _traced(call)
        if on_progress is not None and entry.card.reports_progress:
            return await _streamed(self._method(entry, "run_with_progress"), call, on_progress, who)
        return cast(ModelAnswer, await call_handle(self._method(entry, "run"), who, call.scope.remaining_s(), call))

    async def warm(self, entry: ModelEntry) -> None:
        """Wait for a replica of a model: one that is asked for makes Serve start the first at once."""
        method, who = self._method(entry, "warm"), f"Model '{entry.id}'"
        await call_handle(method, who, WARM_TIMEOUT_S)

    async def stream(self, entry: ModelEntry, call: ModelCall) -> AsyncGenerator[TaskResponse | Timing, None]:
        """Run one call on one model and yield its answer in parts, then its timing; closing it cancels it there.

        Raises:
            AudioGPTError: The model's own error, or what became of its process or queue.
        """
        items = items_of(self._method(entry, "stream"), _traced(call), call.scope.deadline, f"Model '{entry.id}'")
        async with aclosing(items) as parts:
            async for part in parts:
                yield part

    def _method(self, entry: ModelEntry, name: str) -> DeploymentHandle[Any]:
        """Return a method's handle, made on its first call."""
        key = (entry.application, entry.id, name)
        if key not in self._methods:
            self._methods[key] = getattr(self._handle(entry).options(stream=name in STREAMING), name)
        return self._methods[key]

    def _handle(self, entry: ModelEntry) -> DeploymentHandle[Any]:
        key = (entry.application, entry.id)
        if key not in self._handles:
            try:
                self._handles[key] = serve.get_deployment_handle(entry.id, entry.application)
            except RayServeException as exc:
                raise translate_error(exc, f"Model '{entry.id}'") from exc
        return self._handles[key]


def _traced(call: ModelCall) -> ModelCall:
    """Return a call that brings the current span along; the same one if nothing is traced."""
    scope = tracing.carried(call.scope)
    return call if scope is call.scope else replace(call, scope=scope)


def _traced_request(request: RequestT) -> RequestT:
    current = tracing.traceparent()
    return request if current is None else request.model_copy(update={"traceparent": current})


async def call_handle(method: DeploymentHandle[Any], who: str, timeout_s: float, *arguments: object) -> object:
    """Await one handle call for at most `timeout_s` seconds.

    Raises:
        AudioGPTError: See `translate_error`.
    """
    response = method.remote(*arguments)
    try:
        async with asyncio.timeout(timeout_s):
            return await response
    except asyncio.CancelledError:
        response.cancel()
        raise
    except (RayError, RayServeException, AudioGPTError, TimeoutError) as exc:
        response.cancel()
        raise translate_error(exc, who) from exc


async def _streamed(
    method: DeploymentHandle[Any], call: ModelCall, on_progress: Callable[[float], None], who: str
) -> ModelAnswer:
    answer: ModelAnswer | None = None
    async with aclosing(items_of(method, call, call.scope.deadline, who)) as items:
        async for item in items:
            if isinstance(item, ModelAnswer):
                answer = item
            else:
                on_progress(item)
    if answer is None:
        raise ModelFailed(f"{who} ended without an answer.")
    return answer


async def items_of(
    method: DeploymentHandle[Any], argument: object, deadline: float, who: str
) -> AsyncGenerator[Any, None]:
    """Yield what a streaming method yields, until the deadline; the call ends there when this does.

    Raises:
        AudioGPTError: See `translate_error`.
    """
    response = cast(DeploymentResponseGenerator[Any], method.remote(argument))
    ended = False
    try:
        while True:
            async with asyncio.timeout(seconds_until(deadline)):
                item = await anext(response, None)
            if item is None:
                ended = True
                return
            yield item
    except (RayError, RayServeException, AudioGPTError, TimeoutError) as exc:
        raise translate_error(exc, who) from exc
    finally:
        if not ended:
            response.cancel()


class RemotePlanner:
    """The planner deployment, called through its handle."""

    def __init__(self, handle: DeploymentHandle[Any]) -> None:
        """Wrap a handle to the planner deployment."""
        self._handle = handle
        self._plan_stream = handle.options(stream=True).plan_stream

    async def check(self) -> None:
        """Ask a replica whether it is there."""
        await call_handle(self._handle.check, PLANNER, CHECK_TIMEOUT_S)

    async def plan(self, request: PlanRequest) -> PlannedOutcome:
        """Turn a request into an outcome; see `llm_planner.planner.Planner.plan`."""
        return cast(PlannedOutcome, await self._call(self._handle.plan, request.deadline, _traced_request(request)))

    async def plan_stream(self, request: PlanRequest) -> AsyncGenerator[Step | Asked | PlannedOutcome, None]:
        """Yield steps and the outcome; see `llm_planner.planner.Planner.plan_stream`."""
        try:
            traced = _traced_request(request)
            async with aclosing(items_of(self._plan_stream, traced, request.deadline, PLANNER)) as items:
                async for item in items:
                    yield item
        except ModelLost:
            yield await self.plan(request)

    async def replan(
        self, request: PlanRequest, plan: Plan, results: Sequence[StepResult], reason: str
    ) -> PlannedOutcome | None:
        """Return another outcome or None; see `llm_planner.planner.Planner.replan`."""
        arguments = (_traced_request(request), plan, tuple(results), reason)
        return cast(PlannedOutcome | None, await self._call(self._handle.replan, request.deadline, *arguments))

    async def answer(self, request: AnswerRequest) -> WrittenAnswer:
        """Write the reply; see `llm_planner.planner.Planner.answer`."""
        return cast(WrittenAnswer, await self._call(self._handle.answer, request.deadline, _traced_request(request)))

    async def _call(self, method: DeploymentHandle[Any], deadline: float, *arguments: object) -> object:
        timeout_s = seconds_until(deadline)
        try:
            return await call_handle(method, PLANNER, timeout_s, *arguments)
        except ModelLost:  # planning changes nothing, so another replica may do it again
            return await call_handle(method, PLANNER, seconds_until(deadline), *arguments)
