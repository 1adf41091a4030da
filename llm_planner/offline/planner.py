"""The planner that needs no LLM and no network."""

import re
from collections.abc import Iterable
from dataclasses import replace

from llm_planner.offline.arbiter import Reading, choose
from llm_planner.offline.assemble import Assigned, assemble
from llm_planner.offline.classifier import TaskClassifier
from llm_planner.offline.clauses import split_clauses
from llm_planner.offline.composer import Composer
from llm_planner.offline.dialogue import Pending, find_answers, open_question
from llm_planner.offline.followups import follow_up, last_steps
from llm_planner.offline.judge import Judge, Verdict
from llm_planner.offline.language_names import spell_codes
from llm_planner.offline.masking import Masked, mask
from llm_planner.offline.parser import EARLIER, Parse, Parser, describe
from llm_planner.offline.sources import Sources, collect
from llm_planner.offline.wordings import without_quotes, wordings
from llm_planner.plans.plan import Clarify, Outcome, Plan, PlanOutcome, Unsupported
from llm_planner.plans.request import PlanRequest
from llm_planner.replies.questions import chat, question
from llm_planner.replies.refusals import off, refusal

MAX_CHARACTERS = 4_000  # of a request without its quoted texts; bounds the time one plan may take


class OfflinePlanner:
    """Read a request twice, as a whole with the parser and clause by clause with rules, and take one reading."""

    def __init__(self) -> None:
        """Load the parser, the trained head and what it embeds sentences with, about a second."""
        classifier = TaskClassifier()
        self._judge = Judge(classifier)
        self._speller = classifier.speller
        self._parser = Parser()

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
        return replace(masked, text=self._polish(masked.text))

    def _polish(self, text: str) -> str:
        return spell_codes(self._speller.correct(text))

    def _plan(self, request: PlanRequest, pending: Pending) -> Outcome:
        masked = self._read(pending.text)
        if refused := _unreadable(masked.text):
            return refused
        sources = collect(request, pending.turns)
        repeated = follow_up(masked, request.session, sources)
        if repeated and repeated.steps[0].task in request.live_tasks:
            return PlanOutcome(plan=repeated)
        ruled = self.by_rules(request, pending, masked, collect(request, pending.turns))
        if request.session.turns and not pending.answers:  # the parser learned from first requests
            return ruled.outcome
        parse = self.parse(pending.text, masked, sources)
        learned = Reading(self.by_parser(parse, request, pending, masked, sources), parse.confidence)
        return choose(learned, ruled)

    def parse(self, text: str, masked: Masked, sources: Sources) -> Parse:
        """Return how the parser reads a request with what there is to work on."""
        files = [(source.kind, source.name) for source in sources.items if source.origin == "attachment"]
        earlier = [(s.kind, s.task or "upload") for s in sources.items if s.origin == "earlier"]
        shown, place = without_quotes(text, masked)
        return self._parser.parse(shown, describe(files, earlier[-EARLIER:])).moved(place)

    def by_parser(
        self, parse: Parse, request: PlanRequest, pending: Pending, masked: Masked, sources: Sources
    ) -> Outcome:
        """Return what the parser's reading comes to."""
        if parse.behaviour == "chat":
            return chat(request.text, request.catalog)
        nearest = tuple(dict.fromkeys(w.task for w in parse.wishes if w.task in request.live_tasks))[:3]
        if parse.behaviour == "unsupported":
            return Unsupported(reason=refusal(masked.restore(masked.text), ()), alternatives=nearest)
        words = wordings(pending.text, parse.wishes, masked, self._polish)
        done = Composer(parse.wishes, words, masked, sources, pending.answers, last_steps(request.session)).compose()
        if done.lacking:
            return _ask(*done.lacking, request, pending)
        if not pending.answers and (asking := parse.asks()):
            return _ask(asking, (parse.lack,), request, pending)
        return self._off(done.plan(), request) or PlanOutcome(plan=done.plan())

    def by_rules(self, request: PlanRequest, pending: Pending, masked: Masked, sources: Sources) -> Reading:
        """Return what the rules make of a request, clause by clause."""
        verdicts = self._judge.judge(split_clauses(masked.text), masked, sources)
        sure = min((verdict.confidence for verdict in verdicts), default=0.0)
        wanted = [verdict for verdict in verdicts if verdict.label != "chat"]
        if not wanted:
            return Reading(chat(request.text, request.catalog), sure)
        if refused := self._refuse(wanted, request, masked):
            return Reading(refused, sure)
        draft = assemble(
            [Assigned(v.clause, v.label) for v in wanted], masked, sources, pending.answers, last_steps(request.session)
        )
        if lacking := draft.lacking:
            return Reading(_ask(lacking.assigned.task, lacking.arguments.missing, request, pending), sure)
        return Reading(self._off(draft.plan(), request) or PlanOutcome(plan=draft.plan()), sure)

    def _off(self, plan: Plan, request: PlanRequest) -> Unsupported | None:
        """Refuse where a step nobody named, such as speaking a text for a face, is not in service."""
        missing = next((step.task for step in plan.steps if step.task not in request.live_tasks), None)
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


def _ask(task: str, missing: tuple[str, ...], request: PlanRequest, pending: Pending) -> Clarify:
    return Clarify(
        question=question(task, missing),
        missing=missing,
        pending=pending.asking(task, missing, request.turn).as_dict(),
    )
