"""A planner on behalf of one request: what it asks the LLM is counted, also where nobody waits for the end."""

import asyncio
import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing, contextmanager

from llm_planner.plans.history import count_tokens
from llm_planner.plans.plan import Plan, Step
from llm_planner.plans.request import AnswerRequest, Asked, LLMCall, PlannedOutcome, PlanRequest, WrittenAnswer
from llm_planner.plans.results import StepResult
from model_wrappers.contract.errors import ModelFailed
from router.scope import Scope
from router.turn.planning import PlannerClient
from router.usage.calls import Note, note_llm

FIXED_TOKENS = 4_000  # of the LLM's instructions, the tasks in service, and its answer


class CountedPlanner:
    """Asks another planner, and keeps count of its questions to the LLM and of their tokens.

    Of a plan that is broken off, what the planner told last counts, which is at most half a second old; of another plan
    or a reply that is, an estimate of the question.
    """

    def __init__(self, planner: PlannerClient, scope: Scope, note: Note) -> None:
        """Ask `planner` for the request of a scope, and tell `note` of every question to the LLM."""
        self._planner = planner
        self._scope = scope
        self._note = note
        self._asked = 0
        self._model: str | None = None
        self.tokens = 0

    async def check(self) -> None:
        """Ask whether it is there."""
        await self._planner.check()

    async def plan(self, request: PlanRequest) -> PlannedOutcome:
        """Turn a request into an outcome."""
        async with aclosing(self.plan_stream(request)) as items:
            async for item in items:
                if isinstance(item, PlannedOutcome):
                    return item
        raise ModelFailed("The planner ended without an outcome.")

    async def plan_stream(self, request: PlanRequest) -> AsyncGenerator[Step | PlannedOutcome, None]:
        """Yield steps that can start while the plan is still written, and at last the outcome."""
        asked: tuple[LLMCall, ...] = ()
        try:
            async with aclosing(self._planner.plan_stream(request.model_copy(update={"counted": True}))) as items:
                async for item in items:
                    if isinstance(item, Asked):
                        asked = item.llm
                        continue
                    if isinstance(item, PlannedOutcome):
                        asked = ()
                        self._count(item.llm, "plan")
                    yield item
        finally:
            self._count(asked, "plan")

    async def replan(
        self, request: PlanRequest, plan: Plan, results: Sequence[StepResult], reason: str
    ) -> PlannedOutcome | None:
        """Return another outcome after a step failed, or None if there is none."""
        with self._estimated(request, "replan"):
            other = await self._planner.replan(request, plan, results, reason)
        if other is not None:
            self._count(other.llm, "replan")
        return other

    async def answer(self, request: AnswerRequest) -> WrittenAnswer:
        """Write the reply from what really ran."""
        with self._estimated(request, "reply"):
            written = await self._planner.answer(request)
        self._count(written.llm, "reply")
        return written

    @contextmanager
    def _estimated(self, request: PlanRequest | AnswerRequest, step: str) -> Iterator[None]:
        """Count an estimate of a question that is broken off, if it is one to the LLM."""
        began = time.perf_counter()
        try:
            yield
        except asyncio.CancelledError:
            if self._model is not None:
                elapsed_s, tokens = time.perf_counter() - began, llm_tokens(request)
                asked = LLMCall(
                    model=self._model, prompt_tokens=tokens, completion_tokens=0, elapsed_s=elapsed_s, ended=False
                )
                self._count((asked,), step)
            raise

    def _count(self, calls: Sequence[LLMCall], step: str) -> None:
        for call in calls:
            self._asked += 1
            self._model = call.model
            self.tokens += call.prompt_tokens + call.completion_tokens
            note_llm(self._scope, step, self._asked, call, self._note)


def llm_tokens(request: PlanRequest | AnswerRequest) -> int:
    """Estimate the tokens that the LLM takes for a request: instructions and answer, its words and its session."""
    return FIXED_TOKENS + count_tokens(request.text) + count_tokens(request.session.model_dump_json())
