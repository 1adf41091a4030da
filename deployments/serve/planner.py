"""The planner as a deployment of its own, so that it scales and fails apart from the models."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from deployments.serve.process import begin_process
from llm_planner.planner import Planner
from llm_planner.plans.plan import Plan, Step
from llm_planner.plans.request import AnswerRequest, Asked, PlannedOutcome, PlanRequest, WrittenAnswer
from llm_planner.plans.results import StepResult
from model_wrappers.contract.errors import ModelError
from router.fairness.gate import FairGate
from router.scope import Flow
from router.telemetry import metrics, tracing

if TYPE_CHECKING:  # the client library is large, and many planners have no LLM
    from llm_planner.online.llm import ChatModel

MAX_WAITING = 256  # requests before a replica's planner
FIXED_CHARACTERS = 200  # that a plan costs however short its request is


class PlannerDeployment:
    """A planner replica; it holds no session."""

    def __init__(self, llm_application: str | None = None) -> None:
        """Set up the planner: an LLM where there is one, the offline planner always.

        Args:
            llm_application: Application of the cluster's own LLM, asked where the environment names no other.
        """
        begin_process("planner")
        nearby = None if llm_application is None else partial(_cluster_llm, llm_application)
        self._planner = Planner.from_environment(_compared, _fell_back, nearby)
        self._gate = FairGate("The planner", places=self._planner.at_once, max_waiting=MAX_WAITING)

    async def check(self) -> None:
        """Return at once: a replica that can be called can plan."""

    async def plan(self, request: PlanRequest) -> PlannedOutcome:
        """Turn a request into an outcome."""
        async with self._turn(request):
            return await self._planner.plan(request)

    async def plan_stream(self, request: PlanRequest) -> AsyncGenerator[Step | Asked | PlannedOutcome, None]:
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

    async def answer(self, request: AnswerRequest) -> WrittenAnswer:
        """Write the reply from what really ran."""
        with tracing.span("writer", request.traceparent):
            return await self._planner.answer(request)

    @asynccontextmanager
    async def _turn(self, request: PlanRequest) -> AsyncIterator[None]:
        """Wait for the request's turn; the wait and the planning are one span."""
        flow = Flow(request.session.tenant, request.weight, request.background)
        cost = FIXED_CHARACTERS + len(request.text)
        with tracing.span("planner", request.traceparent):
            async with self._gate.place(flow, request.deadline, "plan", cost):
                yield


def _cluster_llm(application: str) -> "ChatModel":
    from deployments.serve.llm.arguments import SERVED_AS
    from deployments.serve.llm.transport import ADDRESS, HandleTransport
    from llm_planner.online.llm import ChatModel
    from llm_planner.online.settings import LLMSettings

    settings = LLMSettings.from_environment(base_url=ADDRESS, model=SERVED_AS)
    return ChatModel(settings, HandleTransport(application))


def _compared(agreed: bool) -> None:
    metrics.LLM_PLANS.add(agreed=str(agreed).lower())


def _fell_back(failure: ModelError) -> None:
    metrics.LLM_FALLBACKS.add(code=failure.code)
