"""Plan with an LLM: ask, check, and send back what is wrong a bounded number of times."""

import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from llm_planner.online.llm import ChatModel
from llm_planner.online.llm_errors import ModeRefused
from llm_planner.online.prompts import Message, planning_messages, repair_message, replanning_messages
from llm_planner.online.question import Calls
from llm_planner.online.schema import Schema, outcome_schema, parse_outcome
from llm_planner.online.streaming import StepStream
from llm_planner.plans.plan import Clarify, Outcome, Plan, PlanOutcome, Step
from llm_planner.plans.request import PlanRequest
from llm_planner.plans.results import StepResult
from llm_planner.plans.validation import check_outcome
from model_wrappers.contract.errors import InvalidPlan, ModelFailed
from model_wrappers.contract.tasks.base import MAX_TEXT_CHARACTERS

MAX_REPAIRS = 2
RETURNED_CHARACTERS = 8_000  # of a rejected answer sent back; 2,048 tokens are about as long


class OnlinePlanner:
    """Turn requests into outcomes with an LLM that is never believed unchecked."""

    def __init__(self, llm: ChatModel) -> None:
        """Plan with this LLM."""
        self._llm = llm

    async def plan(self, request: PlanRequest, hint: Outcome | None = None, calls: Calls | None = None) -> Outcome:
        """Return a valid outcome.

        Args:
            request: What is asked.
            hint: How another planner reads it, for the LLM to correct.
            calls: What the LLM is asked is added here, also if it comes to nothing.

        Raises:
            ModelFailed: If none came after `MAX_REPAIRS` repairs, or the LLM refused.
            ModelUnavailable: If the LLM cannot be reached.
            ModelOverloaded: If it stays too busy.
            DeadlineExceeded: If the deadline, or the LLM's own time-out, passes.
        """
        return await self._ask(self._first(request, planning_messages(request, hint), calls))

    async def replan(
        self,
        request: PlanRequest,
        plan: Plan,
        results: Sequence[StepResult],
        reason: str,
        calls: Calls | None = None,
    ) -> Outcome:
        """Return another outcome after a step failed; a plan among them holds every finished step unchanged.

        Args:
            request: The request the plan was made for.
            plan: The plan that did not work out.
            results: What became of its steps so far.
            reason: Why it did not, in words an LLM can act on.
            calls: As of `plan`.

        Raises what `plan` raises.
        """
        done = {result.id for result in results if result.state == "done"}
        finished = tuple(step for step in plan.steps if step.id in done)
        messages = replanning_messages(request, plan, results, reason)
        return await self._ask(replace(self._first(request, messages, calls), finished=finished))

    def _first(self, request: PlanRequest, messages: list[Message], calls: Calls | None) -> "_Query":
        schema = outcome_schema(request.catalog, request.session.artifacts)
        deadline = min(request.deadline, time.time() + self._llm.settings.timeout_s)
        return _Query(request, messages, schema, deadline, calls)

    async def plan_stream(
        self, request: PlanRequest, hint: Outcome | None = None, calls: Calls | None = None
    ) -> AsyncGenerator[Step | Outcome | None, None]:
        """Yield steps as soon as they can start, while the plan is still being written, and at last the outcome.

        None is yielded whenever more has been written. A step that was yielded need not be in the outcome's plan: a
        repair may have dropped or changed it, and the outcome may be no plan. Raises what `plan` raises.
        """
        query = self._first(request, planning_messages(request, hint), calls)
        steps, text = StepStream(request), ""
        try:
            async with aclosing(self._llm.stream(query.messages, query.schema, query.deadline, calls)) as pieces:
                async for piece in pieces:
                    text += piece
                    yield None
                    for step in steps.feed(piece):
                        yield step
            outcome = query.accept(text)
        except ModeRefused:
            outcome = await self._ask(query)
        except InvalidPlan as exc:
            yield None
            outcome = await self._ask(query.repaired(text, exc.message))
        yield outcome

    async def _ask(self, query: "_Query") -> Outcome:
        while query.number <= MAX_REPAIRS + 1:
            text = ""
            try:
                text = await self._llm.complete(query.messages, query.schema, query.deadline, query.calls)
                return query.accept(text)
            except InvalidPlan as exc:
                query = query.repaired(text, exc.message)
        raise ModelFailed(f"The LLM found no valid plan in {MAX_REPAIRS + 1} attempts; last problem: {query.problem}")


@dataclass(frozen=True)
class _Query:
    """One question to the LLM with all that was said before it."""

    request: PlanRequest
    messages: list[Message]
    schema: Schema
    deadline: float
    calls: Calls | None
    number: int = 1
    problem: str = ""
    finished: tuple[Step, ...] = ()

    def accept(self, text: str) -> Outcome:
        """Return the outcome in an answer; raise `InvalidPlan` if it cannot stand."""
        outcome = check_outcome(parse_outcome(text), self.request)
        if isinstance(outcome, PlanOutcome):
            changed = [step.id for step in self.finished if step not in outcome.plan.steps]
            if changed:
                raise InvalidPlan(f"Finished steps must stay exactly as they are; changed: {', '.join(changed)}.")
        return _with_pending(outcome, self.request)

    def repaired(self, text: str, problem: str) -> "_Query":
        """Return the next query, which shows the LLM its answer and what was wrong with it."""
        rejected: list[Message] = [{"role": "assistant", "content": text[:RETURNED_CHARACTERS]}] if text else []
        messages = [*self.messages, *rejected, repair_message(problem)]
        return replace(self, messages=messages, number=self.number + 1, problem=problem)


def _with_pending(outcome: Outcome, request: PlanRequest) -> Outcome:
    """Return a question with the request it belongs to, and what that one answered in front."""
    if not isinstance(outcome, Clarify):
        return outcome
    last = request.session.turns[-1] if request.session.turns else None
    earlier = last.pending.get("text") if last and last.pending else None
    text = f"{earlier}\n{request.text}" if isinstance(earlier, str) else request.text
    return outcome.model_copy(update={"pending": {"text": text[-MAX_TEXT_CHARACTERS:]}})
