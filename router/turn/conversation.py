"""The four stages of one turn: understand speech, plan, run, reply."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from pydantic import TypeAdapter

from llm_planner.plans.history import add_uploads, condense, remember, with_turn
from llm_planner.plans.plan import Plan
from llm_planner.plans.request import AnswerRequest, PlannedOutcome, PlanRequest
from llm_planner.plans.results import StepResult
from llm_planner.plans.validation import known_artifacts
from llm_planner.replies.answer import write_reply
from model_wrappers.contract.artifacts import ArtifactRef
from model_wrappers.contract.errors import AudioGPTError, Conflict, InvalidInput, ModelError
from model_wrappers.contract.sessions import Session
from model_wrappers.contract.usage import Usage
from router.artifacts.store import ArtifactStore
from router.events import Replied, Transcribed
from router.execution.executor import Executor
from router.execution.plan_run import Emit
from router.limits.limiter import Limiter, Spending
from router.records.sessions import SessionStore, SessionTurn
from router.scope import Scope
from router.telemetry import tracing
from router.turn.counted import CountedPlanner, llm_tokens
from router.turn.english import in_english
from router.turn.planning import GivenPlan, PlannerClient, Worked, measured, plan_and_run
from router.turn.record import Record, TurnRecord
from router.turn.texts import StepTexts
from router.turn.words import checked_words
from router.usage.calls import Note, billed, uncounted

__all__ = ["Conversation", "Emit", "Message", "PlannerClient", "Upload", "with_uploads"]

logger = logging.getLogger(__name__)

TURN_ATTEMPTS = 3  # at adding a turn to a session that others add to as well


@dataclass(frozen=True)
class Upload:
    """A file that came with a request."""

    ref: ArtifactRef
    file_name: str | None = None


@dataclass(frozen=True)
class Message:
    """One request of a person: `text` or `speech` is the request itself, `uploads` are its resources.

    With both, `text` is what was said. Speech is answered in speech unless `speak` is false.
    """

    scope: Scope
    text: str | None = None
    speech: ArtifactRef | None = None
    uploads: tuple[Upload, ...] = ()
    session_id: str | None = None
    plan: Plan | None = None
    speak: bool = True

    def __post_init__(self) -> None:
        """Hold the words to the bound of all requests, whichever way they came."""
        if self.text is not None:
            object.__setattr__(self, "text", checked_words(self.text))


MESSAGE = TypeAdapter(Message)


@dataclass(frozen=True)
class Conversation:
    """Answers messages; one object serves all sessions and holds none of them."""

    planner: PlannerClient
    executor: Executor
    artifacts: ArtifactStore
    sessions: SessionStore
    limiter: Limiter = field(default_factory=Limiter.local)
    note: Note = uncounted

    async def respond(self, message: Message, emit: Emit, record: Record | None = None) -> Replied:
        """Answer one message and add the turn to its session.

        Args:
            message: The request.
            emit: Called with every event but the last, in order.
            record: What was done for the message before, and where the end is written; only the turn is if None.

        Returns:
            The last event.

        Raises:
            AudioGPTError: If there is no answer: unknown session, unreadable speech, planner gone.
        """
        record = record or TurnRecord(self.sessions, message.scope.tenant)
        session = await self._session(message)
        before = _usage_of(record)
        with billed() as bill:
            text = await self._text(message, emit)
            session = with_uploads(session, message)
            request = self._plan_request(message, text, session, await in_english(text, self.executor, message.scope))
            async with self._planning(request, message) as planner:
                worked = await self._work(planner, request, message, emit, record)
                with tracing.span("reply"):
                    reply = await self._reply(planner, text, session, worked, message.scope.deadline)
            spoken = await self._speak(reply, message) if message.speech is not None and message.speak else None
        answer = _Answer(text, worked, reply, spoken, before + bill.total)
        for attempt in range(1, TURN_ATTEMPTS + 1):
            replied, turn = _told(message, session, answer)
            try:
                await record.commit(replied, turn)
            except Conflict:  # another turn of the session came first; what was done stays, and follows that one
                if attempt == TURN_ATTEMPTS:
                    raise
                session = with_uploads(await self._session(message), message)
            else:
                break
        return replied

    async def plan(self, message: Message) -> PlannedOutcome:
        """Plan a message without running anything or keeping the turn."""
        session = await self._session(message, create=False)
        text = await self._text(message, lambda event: None)
        english = await in_english(text, self.executor, message.scope)
        request = self._plan_request(message, text, with_uploads(session, message), english)
        async with self._planning(request, message) as planner:
            with measured() as count:
                planned = await planner.plan(request)
                count(planned)
        return planned

    async def _session(self, message: Message, *, create: bool = True) -> Session:
        if message.session_id is not None:
            return await asyncio.to_thread(self._use_session, message.session_id, message.scope.tenant)
        if create:
            return await asyncio.to_thread(self.sessions.create, message.scope.tenant)
        return Session(id="", tenant=message.scope.tenant)

    def _use_session(self, session_id: str, tenant: str) -> Session:
        """Return a session, whose artifacts now live at least as long as it does itself."""
        session = self.sessions.get(session_id, tenant)
        self.artifacts.touch([artifact.ref for artifact in session.artifacts])
        return session

    async def _text(self, message: Message, emit: Emit) -> str:
        if message.text is not None and message.text.strip():
            return message.text.strip()
        if message.speech is None:
            if message.plan is not None:
                return "Run this plan."
            if message.uploads:
                return ""
            raise InvalidInput("The request is empty; send 'text', or 'speech' as an audio file.", param="text")
        result = await self.executor.execute_task(
            "speech-recognition",
            {"audio": message.speech},
            message.scope,
        )
        text = checked_words(str(result.outputs["text"]).strip())
        if not text:
            raise InvalidInput("No words were heard in the spoken request; speak again or type it.", param="speech")
        emit(Transcribed(text=text))
        return text

    def _plan_request(self, message: Message, text: str, session: Session, english: str | None) -> PlanRequest:
        return PlanRequest(
            text=text,
            english=english,
            session=session,
            catalog=self.executor.catalog(),
            spoken=message.speech is not None,
            deadline=message.scope.deadline,
            weight=message.scope.flow.weight,
            background=message.scope.background,
        )

    async def _work(
        self, counted: CountedPlanner, request: PlanRequest, message: Message, emit: Emit, record: Record
    ) -> Worked:
        """Plan and run; a plan that came with the message runs as it is."""
        artifacts = known_artifacts(request.session)
        planner = counted if message.plan is None else GivenPlan(message.plan, artifacts)
        done = await asyncio.to_thread(self._still_there, record.results)
        # What another owner of a run did was told by that one; what another run did was not.
        new = record.planned is None
        texts = StepTexts(self.artifacts, message.scope.principal)
        begun = self.executor.begin(
            message.scope, artifacts=artifacts, emit=emit, done=done, tell_done=new, keep=texts.keep
        )
        async with begun as run:
            worked = await plan_and_run(planner, request, run, emit, self.executor.catalog, record)
        return replace(worked, results=await texts.keep_left(worked.results))

    @asynccontextmanager
    async def _planning(self, request: PlanRequest, message: Message) -> AsyncIterator[CountedPlanner]:
        """Give the planner, and hold the tokens of the LLM, if it asks one, to the limits of who asks.

        They are reserved by an estimate, and settled by what was used, also where nothing came of it.
        """
        planner = CountedPlanner(self.planner, message.scope, self.note)
        expected = lambda: Spending(llm_tokens=llm_tokens(request))  # noqa: E731
        async with self.limiter.spending(message.scope.principal, expected) as spent:
            try:
                yield planner
            finally:
                spent.llm_tokens = planner.tokens

    def _still_there(self, results: Mapping[str, StepResult]) -> dict[str, StepResult]:
        """Return the results whose artifacts are all still stored, and keep those for their whole time."""
        kept = {step: r for step, r in results.items() if all(map(self.artifacts.exists, r.artifacts.values()))}
        self.artifacts.touch([ref for result in kept.values() for ref in result.artifacts.values()])
        return kept

    async def _reply(
        self, planner: CountedPlanner, text: str, session: Session, worked: Worked, deadline: float
    ) -> str:
        """Word the reply; what ran is told even where the planner is gone or no time is left to ask it."""
        request = AnswerRequest(
            text=text,
            outcome=worked.planned.outcome,
            results=worked.results,
            session=session,
            catalog=self.executor.catalog(),
            deadline=deadline,
            planner=worked.planned.planner,
            notes=worked.notes,
        )
        try:
            return (await planner.answer(request)).text
        except ModelError as exc:
            logger.warning("The planner worded no reply (%s); using the templates.", exc.for_log)
            return write_reply(request)

    async def _speak(self, reply: str, message: Message) -> ArtifactRef | None:
        """Speak the reply; a spoken reply is a courtesy, so its failure costs only the sound."""
        if "text-to-speech" not in self.executor.catalog().live_tasks():
            return None
        try:
            result = await self.executor.execute_task(
                "text-to-speech",
                {"text": reply},
                message.scope,
            )
        except AudioGPTError as exc:
            logger.warning("The reply was not spoken: %s [%s]", exc.for_log, message.scope.request_id)
            return None
        return result.artifacts["audio"]


@dataclass(frozen=True)
class _Answer:
    """What came of a message."""

    text: str
    worked: Worked
    reply: str
    spoken: ArtifactRef | None
    usage: Usage


def _usage_of(record: Record) -> Usage:
    """Return what the steps came to that another owner of the run did; those of another run were billed there."""
    mine = record.results.values() if record.planned is not None else ()
    return sum((result.usage for result in mine if result.usage is not None), Usage())


def _told(message: Message, session: Session, answer: _Answer) -> tuple[Replied, SessionTurn]:
    """Return the answer as its caller gets it, and as the next turn of the session keeps it."""
    outcome, results = answer.worked.planned.outcome, answer.worked.results
    remembered = remember(session, answer.text, outcome, results, answer.reply, spoken=message.speech is not None)
    artifacts = (*(a for a in session.artifacts if a.turn == remembered.turn.index), *remembered.artifacts)
    summary = condense(with_turn(session, remembered)).summary  # of the turns that are too many to show
    changed = None if summary == session.summary else summary
    replied = Replied(
        session_id=session.id,
        turn=remembered.turn.index,
        text=answer.reply,
        outcome=outcome,
        audio=answer.spoken.id if answer.spoken else None,
        artifacts=artifacts,
        results=results,
        usage=answer.usage,
    )
    return replied, SessionTurn(session.id, remembered.turn, artifacts, changed)


def with_uploads(session: Session, message: Message) -> Session:
    """Return the session with the message's files in its table."""
    session = add_uploads(session, [(upload.ref, upload.file_name) for upload in message.uploads])
    return add_uploads(session, [(message.speech, None)], origin="speech") if message.speech else session
