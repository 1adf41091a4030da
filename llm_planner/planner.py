"""The planner: an LLM where one is configured, the offline planner always, and a clear refusal at the end."""

import asyncio
import logging
import math
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Protocol

from llm_planner.online.settings import llm_settings
from llm_planner.plans.agreement import agree
from llm_planner.plans.plan import Outcome, Plan, PlanOutcome, Step, Unsupported
from llm_planner.plans.request import AnswerRequest, Asked, LLMCall, PlannedOutcome, PlanRequest, WrittenAnswer
from llm_planner.plans.results import StepResult
from llm_planner.plans.validation import check_outcome
from llm_planner.replies.answer import write_reply
from llm_planner.replies.refusals import refuse_languages
from model_wrappers.contract.errors import ModelError, PlanError

if TYPE_CHECKING:  # the client library is large, and many planners have no LLM
    from llm_planner.online.llm import ChatModel
    from llm_planner.online.planner import OnlinePlanner
    from llm_planner.online.writer import ReplyWriter

__all__ = ["AnswerRequest", "PlannedOutcome", "Planner"]

logger = logging.getLogger(__name__)

LLM_AT_ONCE = 32  # requests; the LLM's own server batches and bounds them
TELL_S = 0.5  # between two notes of what the LLM was asked so far, each a message to another process
OFFLINE_AT_ONCE = 2  # requests, each in a process of its own


class LocalPlanner(Protocol):
    """A planner that needs no network and answers at once, such as the offline planner."""

    def plan(self, request: PlanRequest) -> Outcome:
        """Turn a request into an outcome."""
        ...


class Planner:
    """Turn requests into outcomes and results into replies; it holds no session."""

    def __init__(
        self,
        offline: LocalPlanner,
        llm: "ChatModel | None" = None,
        compared: Callable[[bool], None] | None = None,
        fell_back: Callable[[ModelError], None] | None = None,
    ) -> None:
        """Plan with the LLM if there is one, told how the offline planner reads a request, and offline where it fails.

        Args:
            offline: Planner of last resort.
            llm: Chat model to plan and to write replies with.
            compared: Told of every plan of the LLM whether the offline planner read the request the same way.
            fell_back: Told why the LLM did not plan, each time it did not.
        """
        self._offline = offline
        self._online, self._writer = _parts(llm)
        self._compared = compared
        self._fell_back = fell_back

    @property
    def at_once(self) -> int:
        """Requests that are planned at a time; further ones had better wait outside."""
        return LLM_AT_ONCE if self._online else OFFLINE_AT_ONCE

    @classmethod
    def from_environment(
        cls,
        compared: Callable[[bool], None] | None = None,
        fell_back: Callable[[ModelError], None] | None = None,
        nearby: "Callable[[], ChatModel] | None" = None,
    ) -> "Planner":
        """Build the planner the environment asks for.

        Args:
            compared: See the constructor.
            fell_back: See the constructor.
            nearby: Makes the LLM to plan with where the environment names none.
        """
        from llm_planner.processes import PlannerProcesses

        llm = _configured_llm() or (nearby() if nearby else None)
        return cls(PlannerProcesses(count=OFFLINE_AT_ONCE), llm, compared, fell_back)

    async def plan(self, request: PlanRequest) -> PlannedOutcome:
        """Return a checked outcome: the LLM's, else the offline planner's, else `unsupported` with the reason."""
        started = time.monotonic()
        failure: ModelError | None = None
        calls: list[LLMCall] = []
        if self._online:
            hint = await self._hint(request)
            try:
                outcome = await self._online.plan(request, hint, calls)
                self._compare(outcome, hint)
                return _planned(outcome, "llm", started, calls)
            except ModelError as exc:
                failure = self._without_llm(exc)
        outcome = await self._plan_offline(request, failure)
        return _planned(outcome, "offline", started, calls)

    async def check(self) -> None:
        """Return at once: without an LLM the offline planner plans."""

    async def plan_stream(self, request: PlanRequest) -> AsyncGenerator[Step | Asked | PlannedOutcome, None]:
        """Yield steps that can start while the LLM still writes, and at last what `plan` would return.

        A step that was yielded need not be in the final plan; what is not there is to be cancelled. Where that is asked
        for, what the LLM was asked so far is told now and then: who breaks this off knows it only from there.
        """
        started, told = time.monotonic(), -math.inf
        failure: ModelError | None = None
        calls: list[LLMCall] = []
        if self._online:
            hint = await self._hint(request)
            try:
                async with aclosing(self._online.plan_stream(request, hint, calls)) as items:
                    async for item in items:
                        if isinstance(item, Step):
                            yield item
                        elif item is None:
                            if request.counted and time.monotonic() >= told + TELL_S:
                                told = time.monotonic()
                                yield Asked(llm=tuple(calls))
                        else:
                            self._compare(item, hint)
                            yield _planned(item, "llm", started, calls)
                return
            except ModelError as exc:
                failure = self._without_llm(exc)
        outcome = await self._plan_offline(request, failure)
        yield _planned(outcome, "offline", started, calls)

    async def replan(
        self, request: PlanRequest, plan: Plan, results: Sequence[StepResult], reason: str
    ) -> PlannedOutcome | None:
        """Return another outcome after a step failed, or None where only the LLM could find one and there is none.

        The same plan again means that the LLM was asked and found no other.

        Args:
            request: The request the plan was made for.
            plan: The plan that did not work out.
            results: What became of its steps so far; finished ones stay in the new plan unchanged.
            reason: Why it did not work out.
        """
        started = time.monotonic()
        if self._online is None:
            return None
        calls: list[LLMCall] = []
        try:
            outcome = await self._online.replan(request, plan, results, reason, calls)
        except ModelError as exc:
            logger.warning("The LLM found no other plan (%s).", exc.for_log)
            return _planned(PlanOutcome(plan=plan), "llm", started, calls) if calls else None
        return _planned(outcome, "llm", started, calls)

    async def answer(self, request: AnswerRequest) -> WrittenAnswer:
        """Return the reply to a turn, written from what really ran."""
        calls: list[LLMCall] = []
        if self._writer and request.planner == "llm" and self._writer.can_write(request):
            try:
                return WrittenAnswer(text=await self._writer.write(request, calls), llm=tuple(calls))
            except (ModelError, PlanError) as exc:
                logger.warning("The LLM wrote no usable reply (%s); using the templates.", exc.for_log)
        return WrittenAnswer(text=write_reply(request), llm=tuple(calls))

    def _without_llm(self, failure: ModelError) -> ModelError:
        logger.warning("The LLM did not plan (%s); planning offline.", failure.for_log)
        if self._fell_back:
            self._fell_back(failure)
        return failure

    async def _hint(self, request: PlanRequest) -> Outcome | None:
        """Return how the offline planner reads a request, unless that could not run."""
        try:
            return check_outcome(await asyncio.to_thread(self._offline.plan, request), request)
        except PlanError:
            return None

    def _compare(self, outcome: Outcome, hint: Outcome | None) -> None:
        if hint is None:
            return
        same = agree(outcome, hint)
        if not same:
            logger.info("The LLM plans otherwise than the offline planner: %s, not %s.", outcome.kind, hint.kind)
        if self._compared:
            self._compared(same)

    async def _plan_offline(self, request: PlanRequest, failure: ModelError | None) -> Outcome:
        outcome: Outcome | None = None
        try:
            outcome = await asyncio.to_thread(self._offline.plan, request)
            return check_outcome(outcome, request)
        except PlanError as exc:
            logger.warning("The offline planner found no valid plan: %s", exc.for_log)
            refusal = refuse_languages(outcome.plan, request.catalog) if isinstance(outcome, PlanOutcome) else None
            if refusal:
                return refusal
            reasons = [f"I found no plan that can run for this request: {exc.message}"]
        if failure:
            reasons.append(f"The language model could not help either: {failure.message}")
        return Unsupported(reason="\n".join(reasons))


def _configured_llm() -> "ChatModel | None":
    settings = llm_settings()
    if settings is None:
        return None
    from llm_planner.online.llm import ChatModel

    return ChatModel(settings)


def _parts(llm: "ChatModel | None") -> "tuple[OnlinePlanner | None, ReplyWriter | None]":
    if llm is None:
        return None, None
    from llm_planner.online.planner import OnlinePlanner
    from llm_planner.online.writer import ReplyWriter

    return OnlinePlanner(llm), ReplyWriter(llm)


def _planned(outcome: Outcome, planner: str, started: float, calls: Sequence[LLMCall]) -> PlannedOutcome:
    duration_s = time.monotonic() - started
    return PlannedOutcome(outcome=outcome, planner=planner, duration_s=duration_s, llm=tuple(calls))
