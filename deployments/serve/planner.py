"""The planner as a deployment of its own, so that it scales and fails apart from the models."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from ray.serve import metrics

from deployments.local.loopback import bind_replica_to_loopback
from llm_planner.planner import Planner
from llm_planner.plans.plan import Plan, Step
from llm_planner.plans.request import AnswerRequest, PlannedOutcome, PlanRequest
from llm_planner.plans.results import StepResult


class PlannerDeployment:
    """A planner replica; it holds no session."""

    def __init__(self) -> None:
        """Set up the planner from the environment: an LLM where one is configured, the offline planner always."""
        bind_replica_to_loopback()
        self._plans = metrics.Counter(
            "audiogpt_llm_plans_total",
            description="Plans of the LLM, by whether the offline planner reads the request the same way",
            tag_keys=("agreed",),
        )
        self._planner = Planner.from_environment(self._compared)

    def _compared(self, agreed: bool) -> None:
        self._plans.inc(tags={"agreed": str(agreed).lower()})

    async def plan(self, request: PlanRequest) -> PlannedOutcome:
        """Turn a request into an outcome."""
        return await self._planner.plan(request)

    async def plan_stream(self, request: PlanRequest) -> AsyncGenerator[Step | PlannedOutcome, None]:
        """Yield steps that can start while the plan is still written, and at last the outcome."""
        async with aclosing(self._planner.plan_stream(request)) as items:
            async for item in items:
                yield item

    async def replan(
        self, request: PlanRequest, plan: Plan, results: Sequence[StepResult], reason: str
    ) -> PlannedOutcome | None:
        """Return another outcome after a step failed, or None if there is none."""
        return await self._planner.replan(request, plan, results, reason)

    async def answer(self, request: AnswerRequest) -> str:
        """Write the reply from what really ran."""
        return await self._planner.answer(request)
