"""A realtime session: what the client sends turns into listening, answering and events."""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import WebSocketDisconnect
from pydantic import ValidationError

from deployments.api.openai.errors import describe
from deployments.api.realtime.answer import Answer
from deployments.api.realtime.client_events import (
    AppendAudio,
    CancelResponse,
    ClearAudio,
    ClientEvent,
    CommitAudio,
    CreateItem,
    CreateResponse,
    Ping,
    ResponseOptions,
    SessionUpdate,
    event_id_of,
    read_event,
)
from deployments.api.realtime.config import SessionConfig
from deployments.api.realtime.listening import Listener, sound
from deployments.api.realtime.mistakes import (
    ANSWERING_ALREADY,
    NOTHING_TO_CANCEL,
    WRONG,
    ClientMistake,
    described,
    misfit,
)
from deployments.api.realtime.outbox import Outbox, new_id
from deployments.api.realtime.turns import SpeechStarted, TurnEvent
from deployments.api.realtime.utterance import Said, transcribe
from deployments.api.services import Services
from model_wrappers.contract.audio import Audio
from model_wrappers.contract.errors import AudioGPTError, InvalidInput, ModelOverloaded
from router.scope import Scope
from router.turn.words import checked_words
from router.validation import invalid_input

logger = logging.getLogger("ray.serve")

MAX_WORK = 8  # utterances transcribed and answered at a time and waiting


class RealtimeConversation:
    """One connection; the dialogue itself is in the session store, so that another connection can go on with it."""

    def __init__(
        self, session_id: str, config: SessionConfig, services: Services, scope: Scope, outbox: Outbox
    ) -> None:
        """Begin to listen."""
        self._session_id = session_id
        self._config = config
        self._services = services
        self._scope = scope
        self._outbox = outbox
        self._listener = Listener(config.audio.input.turn_detection)
        self._expires_at = int(time.time() + services.settings.artifact_ttl_s)
        self._item_id = new_id("item")  # of what is being said
        self._last_item: str | None = None
        self._items = {"root"}
        self._said: Said | None = None  # and not answered yet
        self._languages: tuple[str, ...] = ()  # spoken so far, the last one first
        self._work: list[asyncio.Task[None]] = []  # transcribing and answering, each after the one before
        self._answer: Answer | None = None
        self._answering: asyncio.Task[None] | None = None

    async def greet(self) -> None:
        """Tell the session's id and settings."""
        await self._outbox.send("session.created", session=self._session())

    async def close(self) -> None:
        """Stop whatever runs."""
        for task in self._work:
            task.cancel()
        if self._work:
            await asyncio.wait(self._work)

    async def receive(self, text: str | None) -> None:
        """Act on one message of the client, None if it was binary; its mistakes are answered with `error` events."""
        try:
            if text is None:
                raise InvalidInput(
                    "Events are text messages of JSON; this one was binary. Send sound as base64 in "
                    "'input_audio_buffer.append'."
                )
            await self._act(read_event(text))
        except AudioGPTError as exc:
            await self._outbox.send("error", error=described(exc, event_id_of(text) if text else None))

    async def _act(self, event: ClientEvent) -> None:
        match event:
            case AppendAudio():
                for happened in await self._listener.append(event.audio):
                    await self._heard(happened)
            case CommitAudio():
                await self._committed(self._listener.commit(), answer=False)
            case ClearAudio():
                self._listener.clear()
                await self._outbox.send("input_audio_buffer.cleared")
            case SessionUpdate():
                await self._update(event.session)
            case CreateItem():
                await self._create_item(event)
            case CreateResponse():
                await self._create_response(event.response)
            case CancelResponse():
                await self._cancel(event.response_id)
            case Ping():
                await self._outbox.send("audiogpt.pong")

    async def _heard(self, happened: TurnEvent) -> None:
        settings = self._config.audio.input.turn_detection
        assert settings is not None
        if isinstance(happened, SpeechStarted):
            await self._outbox.send(
                "input_audio_buffer.speech_started", audio_start_ms=happened.start_ms, item_id=self._item_id
            )
            if settings.interrupt_response:
                await self._stop_answer("turn_detected")
            return
        await self._outbox.send(
            "input_audio_buffer.speech_stopped", audio_end_ms=happened.end_ms, item_id=self._item_id
        )
        await self._committed(sound(happened.pcm), answer=settings.create_response)

    async def _committed(self, audio: Audio, *, answer: bool) -> None:
        """Take an utterance; it is transcribed, and answered if wanted, while the client goes on sending."""
        item_id, self._item_id = self._item_id, new_id("item")
        await self._outbox.send("input_audio_buffer.committed", item_id=item_id, previous_item_id=self._last_item)
        await self._add_item(item_id, {"type": "input_audio", "transcript": None})
        self._begin(lambda before: self._understand(item_id, audio, answer, before))

    def _begin(self, work: Callable[[asyncio.Task[None] | None], Coroutine[Any, Any, None]]) -> None:
        """Start work that may have to wait for the work before it."""
        self._work = [task for task in self._work if not task.done()]
        if len(self._work) >= MAX_WORK:
            raise ModelOverloaded(f"{MAX_WORK} utterances wait for their answers; wait for one before you go on.")
        task = asyncio.create_task(work(self._work[-1] if self._work else None))
        task.add_done_callback(_log_failure)
        self._work.append(task)

    async def _understand(self, item_id: str, audio: Audio, answer: bool, before: asyncio.Task[None] | None) -> None:
        """Transcribe an utterance; answer it, with what was said before and not answered, unless more is being said."""
        where = {"item_id": item_id, "content_index": 0}
        scope = self._scope.renewed(self._services.settings.plan_timeout_s, item_id)
        try:
            settings = self._config.audio.input.transcription
            said = await transcribe(audio, settings, self._languages, self._services, scope)
        except AudioGPTError as exc:
            error = describe(exc).model_dump()
            await self._outbox.send("conversation.item.input_audio_transcription.failed", **where, error=error)
            return
        usage = {"type": "duration", "seconds": audio.duration_s}
        completed = "conversation.item.input_audio_transcription.completed"
        await self._outbox.send(completed, **where, transcript=said.text, usage=usage)
        if said.text and said.language:
            self._languages = tuple(dict.fromkeys((said.language, *self._languages)))
        if not said.text:
            return  # a cough: nothing to answer
        if before is not None:
            await asyncio.wait({before})
        self._said = said.after(self._said)
        if answer and not self._listener.speaking:
            await self._respond()

    async def _respond(self, config: SessionConfig | None = None) -> None:
        """Answer what was said, by the session's settings unless others are given."""
        assert self._said is not None
        said, self._said = self._said, None
        self._answering = asyncio.current_task()
        self._answer = Answer(said, self._session_id, config or self._config, self._services, self._scope, self._outbox)
        self._items.add(self._answer.item_id)
        try:
            await self._answer.run()
        finally:
            self._answer = self._answering = None

    async def _create_item(self, event: CreateItem) -> None:
        item_id = self._place(event)
        text = "\n".join(part.text for part in event.item.content)
        said = Said(item_id, text).after(self._said)
        checked_words(said.text)
        await self._add_item(item_id, {"type": "input_text", "text": text})
        self._said = said

    def _place(self, event: CreateItem) -> str:
        """Return the id of a new item, which comes behind all others."""
        before, item_id = event.previous_item_id, event.item.id or new_id("item")
        if item_id in self._items:
            raise ClientMistake.of(WRONG, f"The item '{item_id}' is there already; leave its 'id' out.")
        if before is not None and before not in self._items:
            raise ClientMistake.of(
                WRONG, f"'previous_item_id' is '{before}', which is no item of this connection; leave it out."
            )
        return item_id

    async def _create_response(self, options: ResponseOptions | None) -> None:
        config = self._changed(options.changes()) if options else None
        if self._answer is not None:
            raise ClientMistake.of(ANSWERING_ALREADY, "An answer is being made already; cancel it first.")
        if self._said is None and all(task.done() for task in self._work):
            raise InvalidInput("There is nothing to answer: nothing was said since the last answer.")
        self._begin(lambda before: self._respond_after(before, config))

    async def _respond_after(self, before: asyncio.Task[None] | None, config: SessionConfig | None) -> None:
        """Answer what was said, once it is written down."""
        if before is not None:
            await asyncio.wait({before})
        if self._said is not None:
            await self._respond(config)

    async def _cancel(self, response_id: str | None) -> None:
        if self._answer is None:
            raise ClientMistake.of(NOTHING_TO_CANCEL, "No answer is being made, so there is none to cancel.")
        if response_id not in (None, self._answer.id):
            raise ClientMistake.of(
                NOTHING_TO_CANCEL, f"The answer being made is '{self._answer.id}', not '{response_id[:80]}'."
            )
        await self._stop_answer("client_cancelled")

    async def _stop_answer(self, reason: str) -> None:
        """Cancel the running answer and wait until its models have let go of it."""
        if self._answer is None or self._answering is None:
            return
        task = self._answering
        self._answer.cancelled_because = reason
        task.cancel()
        await asyncio.wait({task})

    async def _update(self, changes: dict[str, Any]) -> None:
        config = self._changed(changes)
        if config.audio.input.turn_detection != self._config.audio.input.turn_detection:
            self._listener = Listener(config.audio.input.turn_detection)
        self._config = config
        await self._outbox.send("session.updated", session=self._session())

    def _changed(self, changes: dict[str, Any]) -> SessionConfig:
        try:
            return self._config.updated(changes)
        except ValidationError as exc:
            raise misfit(exc, invalid_input(exc, SessionConfig, "The session")) from exc

    async def _add_item(self, item_id: str, content: dict[str, Any]) -> None:
        item = {
            "id": item_id,
            "object": "realtime.item",
            "type": "message",
            "status": "completed",
            "role": "user",
            "content": [content],
        }
        for kind in ("conversation.item.added", "conversation.item.done"):
            await self._outbox.send(kind, previous_item_id=self._last_item, item=item)
        self._last_item = item_id
        self._items.add(item_id)

    def _session(self) -> dict[str, Any]:
        body = self._config.model_dump(mode="json")
        return body | {
            "id": f"sess_{self._session_id}",
            "object": "realtime.session",
            "expires_at": self._expires_at,
        }


def _log_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        gone = isinstance(error, (WebSocketDisconnect, TimeoutError))
        logger.log(logging.INFO if gone else logging.ERROR, "Realtime work ended early", exc_info=error)
