"""One answer of a realtime session: planned, run, and spoken as it is synthesised."""

import asyncio
import base64
import logging
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from deployments.api.openai.audio.encoding import SpeechWriter
from deployments.api.openai.audio.speech import spoken
from deployments.api.openai.errors import describe
from deployments.api.openai.names import voice_for
from deployments.api.openai.usage import heard_tokens, spoken_tokens
from deployments.api.realtime.config import SAMPLE_RATE, SessionConfig
from deployments.api.realtime.outbox import Outbox, new_id
from deployments.api.realtime.utterance import Said
from deployments.api.services import Services
from deployments.api.streaming import MAX_WAITING_EVENTS
from llm_planner.plans.history import count_tokens
from model_wrappers.contract.errors import AudioGPTError
from router.events import Event, Replied
from router.following import follow
from router.scope import Scope
from router.turn.conversation import Message

logger = logging.getLogger("ray.serve")

DELTA_BYTES = SAMPLE_RATE  # half a second of 16-bit samples


@dataclass
class Answer:
    """An answer while it is made; cancelling `run` stops whatever works on it."""

    said: Said
    session_id: str
    config: SessionConfig
    services: Services
    scope: Scope
    outbox: Outbox
    id: str = field(default_factory=lambda: new_id("resp"))
    item_id: str = field(default_factory=lambda: new_id("item"))
    cancelled_because: str = "client_cancelled"
    _text: str = ""
    _spoken_s: float = 0.0

    async def run(self) -> None:
        """Make the answer and tell of it from `response.created` to `response.done`."""
        await self.outbox.send("response.created", response=self._response("in_progress"))
        try:
            replied = await self._replied()
            await self._say(replied)
            await self.outbox.send("response.done", response=self._response("completed"))
        except asyncio.CancelledError:
            details = {"type": "cancelled", "reason": self.cancelled_because}
            await self.outbox.send("response.done", response=self._response("cancelled", details))
            raise
        except AudioGPTError as exc:
            error = describe(exc)
            failed = {"type": "failed", "error": {"type": error.type, "code": error.code, "message": error.message}}
            await self.outbox.send("response.done", response=self._response("failed", failed))

    async def _replied(self) -> Replied:
        message = Message(
            self._scope(),
            text=self.said.text,
            speech=self.said.speech,
            session_id=self.session_id,
            speak=False,
        )
        event: Event | None = None
        work = partial(self.services.conversation.respond, message)
        async with aclosing(follow(work, max_waiting=MAX_WAITING_EVENTS)) as events:
            async for event in events:
                await self._tell(event)
        assert isinstance(event, Replied)
        return event

    async def _tell(self, event: Event | None) -> None:
        """Send an event of the run as `audiogpt.<type>`, which stock clients ignore."""
        assert event is not None
        body = event.model_dump(mode="json", by_alias=True)
        await self.outbox.send(f"audiogpt.{body.pop('type')}", response_id=self.id, **body)

    async def _say(self, replied: Replied) -> None:
        self._text = replied.text
        kind = "audio" if "audio" in self.config.output_modalities else "text"
        where = {"response_id": self.id, "item_id": self.item_id, "output_index": 0, "content_index": 0}
        await self.outbox.send(
            "response.output_item.added", response_id=self.id, output_index=0, item=self._item("in_progress", kind)
        )
        empty = {"type": kind, "transcript" if kind == "audio" else "text": ""}
        await self.outbox.send("response.content_part.added", **where, part=empty)
        if kind == "audio":
            await self.outbox.send("response.output_audio_transcript.delta", **where, delta=replied.text)
            await self._speak(replied.text, where)
            await self.outbox.send("response.output_audio.done", **where)
            await self.outbox.send("response.output_audio_transcript.done", **where, transcript=replied.text)
        else:
            await self.outbox.send("response.output_text.delta", **where, delta=replied.text)
            await self.outbox.send("response.output_text.done", **where, text=replied.text)
        full = {"type": kind, "transcript" if kind == "audio" else "text": replied.text}
        await self.outbox.send("response.content_part.done", **where, part=full)
        await self.outbox.send(
            "response.output_item.done", response_id=self.id, output_index=0, item=self._item("completed", kind)
        )

    async def _speak(self, text: str, where: dict[str, Any]) -> None:
        writer = SpeechWriter("pcm")
        voice = voice_for(self.config.audio.output.voice, self.services)
        arguments = {"text": text, "speed": self.config.audio.output.speed} | ({"voice": voice} if voice else {})
        async with aclosing(spoken(arguments, self.services, self._scope())) as pieces:
            async for audio in pieces:
                self._spoken_s += audio.duration_s
                data = await writer.written(audio)
                for start in range(0, len(data), DELTA_BYTES):
                    delta = base64.b64encode(data[start : start + DELTA_BYTES]).decode()
                    await self.outbox.send("response.output_audio.delta", **where, delta=delta)

    def _scope(self) -> Scope:
        return self.scope.renewed(self.services.settings.plan_timeout_s, self.id)

    def _item(self, status: str, kind: str) -> dict[str, Any]:
        content = [{"type": f"output_{kind}", "transcript" if kind == "audio" else "text": self._text}]
        return {
            "id": self.item_id,
            "object": "realtime.item",
            "type": "message",
            "status": status,
            "role": "assistant",
            "content": content if status == "completed" else [],
        }

    def _response(self, status: str, details: dict[str, Any] | None = None) -> dict[str, Any]:
        kind = "audio" if "audio" in self.config.output_modalities else "text"
        return {
            "object": "realtime.response",
            "id": self.id,
            "status": status,
            "status_details": details,
            "output": [self._item("completed", kind)] if status == "completed" else [],
            "conversation_id": f"conv_{self.session_id}",
            "output_modalities": list(self.config.output_modalities),
            "usage": self._usage() if status != "in_progress" else None,
        }

    def _usage(self) -> dict[str, Any]:
        heard = heard_tokens(self.said.speech.duration_s or 0.0) if self.said.speech else 0
        given, said, made = count_tokens(self.said.text), count_tokens(self._text), spoken_tokens(self._spoken_s)
        return {
            "input_tokens": given + heard,
            "output_tokens": said + made,
            "total_tokens": given + heard + said + made,
            "input_token_details": {"text_tokens": given, "audio_tokens": heard, "cached_tokens": 0},
            "output_token_details": {"text_tokens": said, "audio_tokens": made},
        }
