"""The planner that needs no LLM and no network."""

import re
from collections.abc import Iterable
from dataclasses import replace

from llm_planner.offline.assemble import Assigned, Draft, assemble
from llm_planner.offline.clauses import split_clauses
from llm_planner.offline.dialogue import Pending, find_answers, open_question
from llm_planner.offline.followups import follow_up, last_steps
from llm_planner.offline.judge import Judge, Verdict
from llm_planner.offline.language_names import spell_codes
from llm_planner.offline.masking import Masked, mask
from llm_planner.offline.replies import chat, off, question, refusal
from llm_planner.offline.routing import Router
from llm_planner.offline.sources import collect
from llm_planner.plan import Clarify, Outcome, PlanOutcome, Unsupported
from llm_planner.request import PlanRequest

MAX_CHARACTERS = 4_000  # of a request without its quoted texts; bounds the time one plan may take


class OfflinePlanner:
    """Split a request into clauses, route each to a task, extract arguments, wire inputs."""

    def __init__(self) -> None:
        """Load the trained head and what it embeds sentences with, about a second."""
        router = Router()
        self._judge = Judge(router)
        self._speller = router.speller

    def plan(self, request: PlanRequest) -> Outcome:
        """Return a plan, a question, a refusal or an answer, in tens of milliseconds."""
        pending = open_question(request)
        if pending:
            answers = find_answers(self._read(request.text), request, pending, self._judge)
            if answers is not None:
                return self._plan(request, pending.continued(answers))
        return self._plan(request, Pending(text=request.text))

    def _read(self, text: str) -> Masked:
        """Take quotes and file names out of a text, then correct what is left."""
        masked = mask(text)
        return replace(masked, text=spell_codes(self._speller.correct(masked.text)))

    def _plan(self, request: PlanRequest, pending: Pending) -> Outcome:
        masked = self._read(pending.text)
        if refused := _unreadable(masked.text):
            return refused
        sources = collect(request, pending.turns)
        repeated = follow_up(masked, request.session, sources)
        if repeated and repeated.steps[0].task in request.live_tasks:
            return PlanOutcome(plan=repeated)
        verdicts = self._judge.judge(split_clauses(masked.text), masked, sources)
        wanted = [verdict for verdict in verdicts if verdict.label != "chat"]
        if not wanted:
            return chat(request.text, request.catalog)
        refused = self._refuse(wanted, request, masked)
        if refused:
            return refused
        draft = assemble(
            [Assigned(v.clause, v.label) for v in wanted], masked, sources, pending.answers, last_steps(request.session)
        )
        if lacking := draft.lacking:
            task, missing = lacking.assigned.task, lacking.arguments.missing
            return Clarify(
                question=question(task, missing),
                missing=missing,
                pending=pending.asking(task, missing, request.turn).as_dict(),
            )
        return self._off(draft, request) or PlanOutcome(plan=draft.plan())

    def _off(self, draft: Draft, request: PlanRequest) -> Unsupported | None:
        """Refuse where a step nobody named, such as speaking a text for a face, is not in service."""
        missing = next((step.task for step in draft.steps if step.task not in request.live_tasks), None)
        return Unsupported(reason=off(missing, request.catalog)) if missing else None

    def _refuse(self, verdicts: Iterable[Verdict], request: PlanRequest, masked: Masked) -> Unsupported | None:
        """Refuse where one of the clauses is no task, or its task is not in service."""
        for verdict in verdicts:
            live = set(request.live_tasks)
            nearest = tuple(task for task in verdict.nearest if task in live)[:3]
            if verdict.label == "unsupported":
                return Unsupported(reason=refusal(masked.restore(verdict.clause.text), ()), alternatives=nearest)
            if verdict.label not in live:
                return Unsupported(reason=off(verdict.label, request.catalog), alternatives=nearest)
        return None


def _unreadable(text: str) -> Unsupported | None:
    """Refuse a request that is too long to be one, or that is written in no Latin letters."""
    if len(text) > MAX_CHARACTERS:
        return Unsupported(
            reason=f"The request has {len(text):,} characters outside of quotes; the offline planner reads up to "
            f"{MAX_CHARACTERS:,}. Put long texts in quotes, or ask for less at once."
        )
    if re.search(r"[^\W\d_]", text) and not re.search(r"[a-z]", text, re.IGNORECASE):
        return Unsupported(reason="Without a language model I understand requests in English only.")
    return None
