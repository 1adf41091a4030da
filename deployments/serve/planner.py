"""The planner as a deployment of its own, so that it scales and fails apart from the models."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractAsyncContextManager, aclosing

from ray.serve import metrics

from deployments.local.loopback import bind_replica_to_loopback
from llm_planner.planner import Planner
from llm_planner.plans.plan import Plan, Step
from llm_planner.plans.request import AnswerRequest, PlannedOutcome, PlanRequest
from llm_planner.plans.results import StepResult
from router.fairness.gate import FairGate
from router.scope import Flow

MAX_WAITING = 256  # requests before a replica's planner
FIXED_CHARACTERS = 200  # that a plan costs however short its request is


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
        self._gate = FairGate("The planner", places=self._planner.at_once, max_waiting=MAX_WAITING)

    def _compared(self, agreed: bool) -> None:
        self._plans.inc(tags={"agreed": str(agreed).lower()})

    async def plan(self, request: PlanRequest) -> PlannedOutcome:
        """Turn a request into an outcome."""
        async with self._turn(request):
            return await self._planner.plan(request)

    async def plan_stream(self, request: PlanRequest) -> AsyncGenerator[Step | PlannedOutcome, None]:
        """Yield steps that can start while the plan is still written, and at last the outcome."""
        async with self._turn(request), aclosing(self._planner.plan_stream(request)) as items:
            async for item in items:
                yield item

    async def replan(
        self, request: PlanRequest, plan: Plan, results: Sequence[StepResult], reason: str
    ) -> PlannedOutcome | None:
        """Return another outcome after a step failed, or None if there is none."""
        async with self._turn(request):
            return await self._planner.replan(request, plan, results, reason)

    async def answer(self, request: AnswerRequest) -> str:
        """Write the reply from what really ran."""
        return await self._planner.answer(request)

    def _turn(self, request: PlanRequest) -> AbstractAsyncContextManager[None]:
        flow = Flow(request.session.tenant, request.weight, request.background)
        return self._gate.place(flow, request.deadline, "plan", FIXED_CHARACTERS + len(request.text))
