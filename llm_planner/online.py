"""Plan with an LLM: ask, check, and send back what is wrong a bounded number of times."""

import time

from llm_planner.llm import ChatModel
from llm_planner.plan import Clarify, Outcome
from llm_planner.prompts import Message, planning_messages, repair_message
from llm_planner.request import PlanRequest
from llm_planner.schema import Schema, outcome_schema, parse_outcome
from llm_planner.validation import check_outcome
from model_wrappers.errors import InvalidPlan, ModelFailed
from model_wrappers.tasks.base import MAX_TEXT_CHARACTERS

MAX_REPAIRS = 2
RETURNED_CHARACTERS = 8_000  # of a rejected answer sent back; 2,048 tokens are about as long


class OnlinePlanner:
    """Turn requests into outcomes with an LLM that is never believed unchecked."""

    def __init__(self, llm: ChatModel) -> None:
        """Plan with this LLM."""
        self._llm = llm

    async def plan(self, request: PlanRequest) -> Outcome:
        """Return a valid outcome.

        Raises:
            ModelFailed: If none came after `MAX_REPAIRS` repairs, or the LLM refused.
            ModelUnavailable: If the LLM cannot be reached.
            ModelOverloaded: If it stays too busy.
            DeadlineExceeded: If the deadline, or the LLM's own time-out, passes.
        """
        schema = outcome_schema(request.catalog, request.session.artifacts)
        return await self._ask(planning_messages(request), schema, request)

    async def _ask(self, messages: list[Message], schema: Schema, request: PlanRequest) -> Outcome:
        deadline = min(request.deadline, time.time() + self._llm.settings.timeout_s)
        problem = ""
        for _ in range(MAX_REPAIRS + 1):
            text = ""
            try:
                text = await self._llm.complete(messages, schema, deadline)
                return _with_pending(check_outcome(parse_outcome(text), request), request)
            except InvalidPlan as exc:
                problem = exc.message
            rejected: list[Message] = [{"role": "assistant", "content": text[:RETURNED_CHARACTERS]}] if text else []
            messages = [*messages, *rejected, repair_message(problem)]
        raise ModelFailed(f"The LLM found no valid plan in {MAX_REPAIRS + 1} attempts; the last problem: {problem}")


def _with_pending(outcome: Outcome, request: PlanRequest) -> Outcome:
    """Return a question with the request it belongs to, and what that one answered in front."""
    if not isinstance(outcome, Clarify):
        return outcome
    last = request.session.turns[-1] if request.session.turns else None
    earlier = last.pending.get("text") if last and last.pending else None
    text = f"{earlier}\n{request.text}" if isinstance(earlier, str) else request.text
    return outcome.model_copy(update={"pending": {"text": text[-MAX_TEXT_CHARACTERS:]}})
