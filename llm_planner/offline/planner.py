"""The planner that needs no LLM and no network."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from llm_planner.offline.arbiter import Reading, choose
from llm_planner.offline.arguments.limits import offers
from llm_planner.offline.arguments.manners import honour
from llm_planner.offline.arguments.speech_arguments import is_said
from llm_planner.offline.dialogue.followups import follow_up, last_steps
from llm_planner.offline.dialogue.questions import Pending, find_answers, open_question
from llm_planner.offline.learned.composer import Composer
from llm_planner.offline.learned.parser import (
    EARLIER,
    Parse,
    Parser,
    describe,
    without_transcripts,
    without_translations,
)
from llm_planner.offline.learned.wordings import corrected, without_quotes, wordings
from llm_planner.offline.rules.assemble import Assigned, assemble
from llm_planner.offline.rules.classifier import TaskClassifier
from llm_planner.offline.rules.clauses import split_clauses
from llm_planner.offline.rules.judge import Judge, Verdict
from llm_planner.offline.sources.collected import Sources, collect
from llm_planner.offline.words.language_names import spell_codes
from llm_planner.offline.words.lexicon import is_command, is_question
from llm_planner.offline.words.masking import Masked, mask, tidy
from llm_planner.offline.words.taken_back import without_taken_back
from llm_planner.plans.plan import Chat, Clarify, Outcome, Plan, PlanOutcome, Unsupported
from llm_planner.plans.request import PlanRequest
from llm_planner.plans.tongues import ENGLISH, needs_llm, tongue_of
from llm_planner.replies.questions import chat, question
from llm_planner.replies.refusals import off, refusal

MAX_CHARACTERS = 4_000  # of a request without its quoted texts; bounds the time one plan may take
SURE_OF_ANOTHER = 0.5  # of the parser, that what was said to a question is no answer to it
SAID = frozenset({"text", "lyrics"})  # arguments that may sound like anything


@dataclass(frozen=True)
class Heard:
    """A request as it is read: its words without slips of the keyboard, and the same with quotes and names replaced."""

    text: str
    masked: Masked


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
        if request.english:
            request = request.model_copy(update={"text": request.english})
        if refused := _unreadable(mask(request.text).text):
            return refused
        if not request.english and (tongue := tongue_of(request.text)) != ENGLISH:
            return Unsupported(reason=needs_llm(tongue))
        pending = open_question(request)
        if pending:
            return self._after_question(request, pending)
        return self._plan(request, Pending(text=request.text))

    def _after_question(self, request: PlanRequest, pending: Pending) -> Outcome:
        """Complete a request by its answer, take another request instead, or ask again."""
        heard = self._hear(request.text)
        alone = self._stands_alone(heard, request, pending)
        answers = None if alone else find_answers(heard.masked, request, pending)
        if answers is not None:
            return self._plan(request, pending.continued(answers))
        outcome = self._plan(request, Pending(text=request.text))
        if alone or isinstance(outcome, Chat) or (isinstance(outcome, PlanOutcome) and _asks(heard)):
            return outcome
        return _ask(pending.task, pending.missing, request, pending)

    def _hear(self, text: str) -> Heard:
        """Correct what stands outside of quotes and file names, then replace these."""
        text = without_taken_back(tidy(text))
        text = corrected(text, mask(text), self._speller.correct)
        masked = mask(text)
        return Heard(text, replace(masked, text=spell_codes(masked.text)))

    def _stands_alone(self, heard: Heard, request: PlanRequest, pending: Pending) -> bool:
        """Tell whether what was said to an open question is another request, which needs nothing of it."""
        if not _asks(heard):
            return False
        sources = collect(request)
        parse = self.parse(heard, sources)
        if parse.behaviour in ("chat", "unsupported"):
            return parse.share > SURE_OF_ANOTHER and not set(pending.missing) & SAID
        outcome = self.by_parser(parse, request, Pending(text=request.text), heard, sources)
        if not isinstance(outcome, PlanOutcome):
            return False
        other = {step.task for step in outcome.plan.steps} != {pending.task}
        return other and parse.confidence > SURE_OF_ANOTHER

    def _plan(self, request: PlanRequest, pending: Pending) -> Outcome:
        heard = self._hear(pending.text)
        sources = collect(request, pending.turns)
        repeated = follow_up(heard.masked, request, sources)
        if repeated:
            return repeated
        if not heard.text.strip():
            return Clarify(question="What should I do with it?", missing=("text",))
        ruled = self.by_rules(request, pending, heard, collect(request, pending.turns))
        if request.session.turns and not pending.answers and isinstance(ruled.outcome, PlanOutcome | Chat):
            return ruled.outcome  # the parser learned mostly from first requests
        parse = self.parse(heard, sources)
        return choose(Reading(self.by_parser(parse, request, pending, heard, sources), parse.confidence), ruled)

    def parse(self, heard: Heard, sources: Sources) -> Parse:
        """Return how the parser reads a request with what there is to work on."""
        files = [(source.kind, source.name) for source in sources.items if source.origin == "attachment"]
        earlier = [(s.kind, s.task or "upload") for s in sources.items if s.origin == "earlier"]
        shown, place = without_quotes(heard.text, heard.masked)
        return self._parser.parse(shown, describe(files, earlier[-EARLIER:])).moved(place)

    def by_parser(
        self, parse: Parse, request: PlanRequest, pending: Pending, heard: Heard, sources: Sources
    ) -> Outcome:
        """Return what the parser's reading comes to."""
        if parse.behaviour == "chat":
            return chat(request.text, request.catalog)
        nearest = tuple(dict.fromkeys(w.task for w in parse.wishes if w.task in request.live_tasks))[:3]
        if parse.behaviour == "unsupported":
            return Unsupported(reason=refusal(heard.text, ()), alternatives=nearest)
        wishes = parse.wishes if is_said(heard.text) else without_translations(parse.wishes)
        cut = wordings(heard.text, wishes, heard.masked, spell_codes)
        if said_once := without_transcripts(wishes, [one.text for one in cut.words]):
            wishes = said_once
            cut = wordings(heard.text, wishes, heard.masked, spell_codes)
        earlier = last_steps(request.session)
        done = Composer(wishes, cut.words, heard.masked, sources, pending.answers, earlier).compose()
        if done.lacking:
            return _ask(*done.lacking, request, pending)
        if not pending.answers and (asking := parse.asks()):
            return _ask(asking, (parse.lack,), request, pending)
        left = [piece for piece in cut.free if self._judge.is_impossible(piece, heard.masked)]
        return self._finished(done.plan(), left, request, pending, heard.masked)

    def by_rules(self, request: PlanRequest, pending: Pending, heard: Heard, sources: Sources) -> Reading:
        """Return what the rules make of a request, clause by clause."""
        masked = heard.masked
        verdicts = self._judge.judge(split_clauses(masked.text), masked, sources)
        sure = min((verdict.confidence for verdict in verdicts), default=0.0)
        wanted = [verdict for verdict in verdicts if verdict.label != "chat"]
        if not wanted:
            return Reading(chat(request.text, request.catalog), sure)
        possible = [verdict for verdict in wanted if verdict.label != "unsupported"]
        left = [verdict.clause.text for verdict in wanted if verdict.label == "unsupported"] if possible else []
        if refused := self._refuse(possible or wanted, request, masked):
            return Reading(refused, sure)
        draft = assemble(
            [Assigned(v.clause, v.label) for v in possible],
            masked,
            sources,
            pending.answers,
            last_steps(request.session),
        )
        if lacking := draft.lacking:
            return Reading(_ask(lacking.assigned.task, lacking.arguments.missing, request, pending), sure)
        return Reading(self._finished(draft.plan(), left, request, pending, masked), sure)

    def _finished(
        self, plan: Plan, left: Sequence[str], request: PlanRequest, pending: Pending, masked: Masked
    ) -> Outcome:
        """Return a plan with what is left out of it, unless a step is out of service or beyond a limit."""
        if missing := next((step.task for step in plan.steps if step.task not in request.live_tasks), None):
            return Unsupported(reason=off(missing, request.catalog))
        if offer := next(offers(plan), None):
            asked = pending.asking(offer.task, (offer.argument,), request.turn, {offer.argument: offer.value})
            return Clarify(question=offer.question, missing=(offer.argument,), pending=asked.as_dict())
        manner = honour(plan, masked.text, request.catalog)
        undone = tuple(f"I could not do: {masked.restore(piece).strip(' .,;:!?')}." for piece in left)
        return PlanOutcome(plan=manner.plan, notes=(*manner.notes, *undone))

    def _refuse(self, verdicts: Iterable[Verdict], request: PlanRequest, masked: Masked) -> Unsupported | None:
        """Refuse where all that is asked for is no task, or a task is not in service."""
        for verdict in verdicts:
            live = set(request.live_tasks)
            nearest = tuple(task for task in verdict.nearest if task in live)[:3]
            if verdict.label == "unsupported":
                return Unsupported(reason=refusal(masked.restore(verdict.clause.text), ()), alternatives=nearest)
            if verdict.label not in live:
                return Unsupported(reason=off(verdict.label, request.catalog), alternatives=nearest)
        return None


def _asks(heard: Heard) -> bool:
    """Tell whether a text asks for anything, unlike an answer."""
    return any(is_command(clause.text) or is_question(clause.text) for clause in split_clauses(heard.masked.text))


def _unreadable(text: str) -> Unsupported | None:
    """Refuse a request that is too long to be one."""
    if len(text) > MAX_CHARACTERS:
        return Unsupported(
            reason=f"The request has {len(text):,} characters outside of quotes; the offline planner reads up to "
            f"{MAX_CHARACTERS:,}. Put long texts in quotes, or ask for less at once."
        )
    return None


def _ask(task: str, missing: tuple[str, ...], request: PlanRequest, pending: Pending) -> Clarify:
    return Clarify(
        question=question(task, missing),
        missing=missing,
        pending=pending.asking(task, missing, request.turn).as_dict(),
    )
