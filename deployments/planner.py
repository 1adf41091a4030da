"""The planner as a deployment of its own, so that it scales and fails apart from the models."""

from deployments.loopback import bind_replica_to_loopback
from llm_planner.planner import AnswerRequest, PlannedOutcome, Planner
from llm_planner.request import PlanRequest


class PlannerDeployment:
    """A planner replica; it holds no session."""

    def __init__(self) -> None:
        """Set up the planner from the environment: an LLM where one is configured, the offline planner always."""
        bind_replica_to_loopback()
        self._planner = Planner.from_environment()

    async def plan(self, request: PlanRequest) -> PlannedOutcome:
        """Turn a request into an outcome."""
        return await self._planner.plan(request)

    async def answer(self, request: AnswerRequest) -> str:
        """Write the reply from what really ran."""
        return await self._planner.answer(request)
