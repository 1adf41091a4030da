"""The planner that needs no LLM and no network."""

import operator
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from llm_planner.offline.arguments.direct_speech import with_quotes
from llm_planner.offline.arguments.limits import offers
from llm_planner.offline.arguments.manners import honour
from llm_planner.offline.arguments.speech_arguments import is_said
from llm_planner.offline.dialogue.followups import follow_up, last_steps
from llm_planner.offline.dialogue.questions import Pending, find_answers, open_question
from llm_planner.offline.learned.classifier import Prediction, TaskClassifier, one_task
from llm_planner.offline.learned.composer import MEDIA, Composer
from llm_planner.offline.learned.parser import EARLIER, Parser, describe
from llm_planner.offline.learned.repeats import (
    sounding_together,
    without_echoes,
    without_made,
    without_transcripts,
    without_translated,
    without_translations,
)
from llm_planner.offline.learned.wishes import Parse, Wish
from llm_planner.offline.learned.wordings import Cut, corrected, cut_up, without_quotes, wordings
from llm_planner.offline.sources.collected import Sources, collect
from llm_planner.offline.words.language_names import spell_codes
from llm_planner.offline.words.lexicon import excludes, is_command, is_question, strip_prefix
from llm_planner.offline.words.masking import Masked, mask, tidy
from llm_planner.offline.words.spelling import Speller
from llm_planner.offline.words.taken_back import without_taken_back
from llm_planner.plans.plan import Chat, Clarify, Outcome, Plan, PlanOutcome, Unsupported
from llm_planner.plans.request import PlanRequest
from llm_planner.plans.tongues import ENGLISH, needs_llm, tongue_of
from llm_planner.replies.questions import chat, question
from llm_planner.replies.refusals import off, refusal

MAX_CHARACTERS = 4_000  # of a request without its quoted texts; bounds the time one plan may take
SURE_OF_ANOTHER = 0.5  # that what was said to a question is no answer to it
SURE_OF_A_PART = 0.8  # of the reading of the rest, where a part of a request is impossible
IMPOSSIBLE = 0.7  # least probability that a piece of a request asks for what nothing does
SURE_OF_NONE = 0.85  # that a request without anything to work on is chat or impossible
LIKELY = 0.5  # that it is one that lacks it
MAX_PIECES = 8  # of a request that are asked about by themselves
SAID = frozenset({"text", "lyrics"})  # arguments that may sound like anything


@dataclass(frozen=True)
class Heard:
    """A request as it is read: its words without slips of the keyboard, and the same with quotes and names replaced."""

    text: str
    masked: Masked

    def pieces(self) -> list[str]:
        """Return its sentences and clauses."""
        return [self.text[begin:end] for begin, end in cut_up(self.text, self.masked)]


class OfflinePlanner:
    """Read a request as a whole with the learned parser, and find the arguments in the words it points at."""

    def __init__(self) -> None:
        """Load the parser and the classifier, half a second."""
        self._parser = Parser()
        self._classifier = TaskClassifier()
        self._speller = Speller(self._parser.knows)

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
        text = with_quotes(without_taken_back(tidy(text)))
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
        outcome = self._read(parse, request, Pending(text=request.text), heard, sources)
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
        return self._read(self.parse(heard, sources), request, pending, heard, sources)

    def parse(self, heard: Heard, sources: Sources) -> Parse:
        """Return how the parser reads a request with what there is to work on."""
        files = [(source.kind, source.name) for source in sources.items if source.origin == "attachment"]
        earlier = [(s.kind, s.task or "upload") for s in sources.items if s.origin == "earlier"]
        shown, place = without_quotes(heard.text, heard.masked)

        def other() -> str | None:
            """Return the one task that the classifier is sure of."""
            asking = [piece for piece in heard.pieces() if not excludes(piece)]
            return one_task(self._classify([heard.text, *asking]), [kind for kind, _ in files])

        prefix = describe(files, earlier[-EARLIER:])
        return self._one_by_one(self._parser.parse(shown, prefix, other).moved(place), heard)

    def _one_by_one(self, parse: Parse, heard: Heard) -> Parse:
        """Read clause by clause what only has things said or made, so that none of many is lost."""
        if parse.behaviour != "plan" or not all(_from_nothing(wish) for wish in parse.wishes):
            return parse
        spans = [(a, b) for a, b in cut_up(heard.text, heard.masked) if " " in heard.text[a:b].strip()]
        if not len(parse.wishes) < len(spans) <= MAX_PIECES:
            return parse
        wishes: list[Wish] = []
        for begin, end in spans:
            alone = self._parser.parse(heard.text[begin:end], describe([])).moved(partial(operator.add, begin))
            wishes += alone.wishes
            said = mask(heard.text[begin:end]).quotes or [wish.content for wish in alone.wishes if wish.content]
            only_this = len(alone.wishes) == 1 and _from_nothing(alone.wishes[0]) and is_command(heard.text[begin:end])
            if not (said and only_this):
                return parse
        return replace(parse, wishes=tuple(wishes))

    def _classify(self, pieces: Sequence[str]) -> list[Prediction]:
        """Return which tasks pieces of a request ask for, whatever they quote."""
        masked = map(mask, pieces)
        return self._classifier.classify([piece.plain(strip_prefix(piece.text)) for piece in masked])

    def _read(self, parse: Parse, request: PlanRequest, pending: Pending, heard: Heard, sources: Sources) -> Outcome:
        """Return what the parser's reading comes to."""
        if lacking := self._lacking(parse, heard, sources, pending):
            return _ask(*lacking, request, pending)
        if parse.behaviour == "chat":
            return chat(request.text, request.catalog)
        nearest = tuple(dict.fromkeys(w.task for w in parse.wishes if w.task in request.live_tasks))[:3]
        if parse.behaviour == "unsupported":
            part = self._possible_part(request, pending, heard, sources)
            return part or Unsupported(reason=refusal(heard.text, ()), alternatives=nearest)
        wishes, cut = _without_repeats(parse, heard, sources)
        earlier = last_steps(request.session)
        done = Composer(wishes, cut.words, heard.masked, sources, pending.answers, earlier).compose()
        if done.lacking:
            return _ask(*done.lacking, request, pending)
        if not pending.answers and (asking := parse.asks()):
            return _ask(asking, (parse.lack,), request, pending)
        left = [piece for piece in cut.free[:MAX_PIECES] if self._is_impossible(heard.masked.restore(piece))]
        return self._finished(done.plan(), left, request, pending, heard.masked)

    def _lacking(
        self, parse: Parse, heard: Heard, sources: Sources, pending: Pending
    ) -> tuple[str, tuple[str, ...]] | None:
        """Return what is missing where a request may seem to be none only because there is nothing to work on."""
        if parse.behaviour not in ("chat", "unsupported") or parse.share > SURE_OF_NONE or sources.items:
            return None
        probabilities = self._classify([heard.text])[0].probabilities
        if not any(max(wish.odds, probabilities[wish.task]) > LIKELY for wish in parse.wishes):
            return None
        wishes, cut = _without_repeats(parse, heard, sources)
        lacking = Composer(wishes, cut.words, heard.masked, sources, pending.answers).compose().lacking
        return lacking if lacking and MEDIA & set(lacking[1]) else None

    def _possible_part(
        self, request: PlanRequest, pending: Pending, heard: Heard, sources: Sources
    ) -> PlanOutcome | None:
        """Return the plan of what is surely possible of a request, of which the rest is refused, or None."""
        pieces = heard.pieces()
        left = [piece for piece in pieces if self._is_impossible(piece)] if 1 < len(pieces) <= MAX_PIECES else []
        rest = [piece for piece in pieces if piece not in left]
        if not left or not any(map(is_command, rest)):
            return None
        possible = self._hear(" ".join(rest))
        parse = self.parse(possible, sources)
        if parse.behaviour != "plan" or parse.confidence < SURE_OF_A_PART:
            return None
        outcome = self._read(parse, request, pending, possible, sources)
        if not isinstance(outcome, PlanOutcome):
            return None
        return outcome.model_copy(update={"notes": (*outcome.notes, *_undone(left))})

    def _is_impossible(self, piece: str) -> bool:
        """Tell whether a piece of a request, of which the rest is possible, asks for what no task does."""
        if excludes(piece) or not (is_command(piece) or is_question(piece)):
            return False
        return self._classify([piece])[0].probabilities["unsupported"] > IMPOSSIBLE

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
        return PlanOutcome(plan=manner.plan, notes=(*manner.notes, *_undone(map(masked.restore, left))))


def _without_repeats(parse: Parse, heard: Heard, sources: Sources) -> tuple[Sequence[Wish], Cut]:
    """Leave out wishes whose words only repeat others, one kind after the other, and cut out the words of the rest."""
    wishes = parse.wishes if is_said(heard.text) else without_translations(parse.wishes)
    cut = wordings(heard.text, wishes, heard.masked, spell_codes)
    attached = any(source.origin == "attachment" for source in sources.items)
    made = set() if attached else {source.task for source in sources.items if source.origin == "earlier"}
    same_language = partial(without_translated, masked=heard.masked)
    for fewer in (
        same_language,
        without_echoes,
        sounding_together,
        without_transcripts,
        partial(without_made, made=made),
    ):
        left = fewer(wishes, cut.words)
        if len(left) < len(wishes):
            wishes = left
            cut = wordings(heard.text, wishes, heard.masked, spell_codes)
    return wishes, cut


def _from_nothing(wish: Wish) -> bool:
    """Tell whether a wish is for something to be said or made that takes nothing from elsewhere."""
    return wish.task in ("text-to-speech", "text-to-audio") and wish.parent is None


def _undone(pieces: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"I could not do: {piece.strip(' .,;:!?')}." for piece in pieces)


def _asks(heard: Heard) -> bool:
    """Tell whether a text asks for anything, unlike an answer."""
    return any(is_command(piece) or is_question(piece) for piece in heard.pieces())


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
