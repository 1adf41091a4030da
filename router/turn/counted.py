"""A planner on behalf of one request: what it asks the LLM is counted."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from llm_planner.plans.plan import Plan, Step
from llm_planner.plans.request import AnswerRequest, LLMCall, PlannedOutcome, PlanRequest, WrittenAnswer
from llm_planner.plans.results import StepResult
from router.scope import Scope
from router.turn.planning import PlannerClient
from router.usage.calls import Note, note_llm


class CountedPlanner:
    """Asks another planner, and keeps count of its questions to the LLM and of their tokens."""

    def __init__(self, planner: PlannerClient, scope: Scope, note: Note) -> None:
        """Ask `planner` for the request of a scope, and tell `note` of every question to the LLM."""
        self._planner = planner
        self._scope = scope
        self._note = note
        self._asked = 0
        self.tokens = 0

    async def check(self) -> None:
        """Ask whether it is there."""
        await self._planner.check()

    async def plan(self, request: PlanRequest) -> PlannedOutcome:
        """Turn a request into an outcome."""
        return self._counted(await self._planner.plan(request), "plan")

    async def plan_stream(self, request: PlanRequest) -> AsyncGenerator[Step | PlannedOutcome, None]:
        """Yield steps that can start while the plan is still written, and at last the outcome."""
        async with aclosing(self._planner.plan_stream(request)) as items:
            async for item in items:
                yield self._counted(item, "plan") if isinstance(item, PlannedOutcome) else item

    async def replan(
        self, request: PlanRequest, plan: Plan, results: Sequence[StepResult], reason: str
    ) -> PlannedOutcome | None:
        """Return another outcome after a step failed, or None if there is none."""
        other = await self._planner.replan(request, plan, results, reason)
        return None if other is None else self._counted(other, "replan")

    async def answer(self, request: AnswerRequest) -> WrittenAnswer:
        """Write the reply from what really ran."""
        written = await self._planner.answer(request)
        self._count(written.llm, "reply")
        return written

    def _counted(self, planned: PlannedOutcome, step: str) -> PlannedOutcome:
        self._count(planned.llm, step)
        return planned

    def _count(self, calls: Sequence[LLMCall], step: str) -> None:
        for call in calls:
            self._asked += 1
            self.tokens += call.prompt_tokens + call.completion_tokens
            note_llm(self._scope, step, self._asked, call, self._note)
