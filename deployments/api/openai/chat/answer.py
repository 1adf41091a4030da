"""A chat completion while it is made, and the shapes it is sent in."""

import base64
import logging
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, Field

from deployments.api.native.artifacts import StoredArtifact
from deployments.api.openai.audio.encoding import SpeechFormat, SpeechWriter, encoded
from deployments.api.openai.audio.speech import spoken
from deployments.api.openai.chat.request import ChatRequest
from deployments.api.openai.chat.sessions import spoken_answer_id
from deployments.api.openai.names import voice_for
from deployments.api.openai.streaming import begun
from deployments.api.openai.usage import ChatUsage, chat_usage
from deployments.api.services import Services
from model_wrappers.contract.audio import Audio
from model_wrappers.contract.errors import AudioGPTError
from router.events import Event, Replied
from router.turn.conversation import Message

logger = logging.getLogger("ray.serve")

UNSPOKEN_KINDS = ("text",)  # outputs that the answer itself already says


class AnswerAudio(BaseModel):
    """The answer in speech."""

    id: str
    data: str = Field(description="The file in base64")
    expires_at: int
    transcript: str


class AnswerMessage(BaseModel):
    """The answer."""

    role: Literal["assistant"] = "assistant"
    content: str | None
    refusal: None = None
    audio: AnswerAudio | None = None


class Choice(BaseModel):
    """The only choice."""

    index: int = 0
    message: AnswerMessage
    logprobs: None = None
    finish_reason: Literal["stop"] = "stop"


class LinkedArtifact(StoredArtifact):
    """A file of this turn, under the name the session knows it by."""

    name: str


class Extension(Replied):
    """What a stock client ignores: the whole turn with its plan's results and the files it made."""

    files: tuple[LinkedArtifact, ...]


class ChatCompletion(BaseModel):
    """A chat completion; `audiogpt` is not OpenAI's."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: tuple[Choice, ...]
    usage: ChatUsage
    system_fingerprint: None = None
    audiogpt: Extension | None = None


class ChunkChoice(BaseModel):
    """What is new."""

    index: int = 0
    delta: dict[str, Any]
    logprobs: None = None
    finish_reason: Literal["stop"] | None = None


class ChatChunk(BaseModel):
    """A piece of a streamed completion; `audiogpt` is an event of the plan, which stock clients ignore."""

    id: str
    object: Literal["chat.completion.chunk"] = "chat.completion.chunk"
    created: int
    model: str
    choices: tuple[ChunkChoice, ...]
    usage: ChatUsage | None = None
    audiogpt: Event | Extension | None = None


@dataclass(frozen=True)
class ChatAnswer:
    """One completion on its way."""

    asked: ChatRequest
    message: Message
    services: Services
    base_url: str
    id: str
    created: int

    async def respond(self, emit: Callable[[Event], None]) -> Replied:
        """Plan, run and reply; see `Conversation.respond`."""
        return await self.services.conversation.respond(self.message, emit)

    async def complete(self) -> ChatCompletion:
        """Return the whole answer."""
        replied = await self.respond(lambda event: None)
        audio, spoken_s = None, 0.0
        if self.asked.speaks and (pieces := await self.speech(replied)) is not None:
            async with aclosing(pieces):
                sound = [piece async for piece in pieces]
            data = await encoded(sound, self.format)
            spoken_s = sum(piece.duration_s for piece in sound)
            audio = AnswerAudio(
                id=self.audio_id(replied),
                data=base64.b64encode(data).decode(),
                expires_at=self.expires_at(),
                transcript=replied.text,
            )
        content = None if audio else self.content(replied)
        return ChatCompletion(
            id=self.id,
            created=self.created,
            model=self.asked.model,
            choices=(Choice(message=AnswerMessage(content=content, audio=audio)),),
            usage=self.usage(replied, spoken_s),
            audiogpt=self.extension(replied),
        )

    @property
    def format(self) -> SpeechFormat:
        """The format of the spoken answer."""
        assert self.asked.audio is not None
        return "pcm" if self.asked.audio.format == "pcm16" else self.asked.audio.format

    def writer(self) -> SpeechWriter:
        """Return an encoder for the spoken answer."""
        return SpeechWriter(self.format)

    async def speech(self, replied: Replied) -> AsyncGenerator[Audio, None] | None:
        """Return the reply in speech, in pieces as they are made, None where no voice can say it: then it is written.

        Raises:
            RequestError: If there is no such voice.
        """
        assert self.asked.audio is not None
        name = self.asked.audio.voice
        voice = voice_for(name if isinstance(name, str) else name.id, self.services)
        arguments = {"text": replied.text} | ({"voice": voice} if voice else {})
        scope = self.message.scope.renewed(self.services.settings.plan_timeout_s)
        try:
            return await begun(spoken(arguments, self.services, scope))
        except AudioGPTError as exc:
            if exc.param == "voice":
                raise
            logger.warning("The reply was not spoken: %s [%s]", exc.for_log, scope.request_id)
            return None

    def content(self, replied: Replied) -> str:
        """Return the reply with links to what was made, for clients that show Markdown and nothing else."""
        links = [f"[{file.name}]({self.base_url.rstrip('/')}{file.url})" for file in self._made(replied)]
        return "\n\n".join([replied.text, *links])

    def extension(self, replied: Replied) -> Extension:
        """Return the whole turn."""
        return Extension(**dict(replied), files=self._made(replied))

    def audio_id(self, replied: Replied) -> str:
        """Return the id of the spoken answer."""
        return spoken_answer_id(replied.session_id, replied.turn)

    def expires_at(self) -> int:
        """Return when the session that remembers the answer is forgotten, in seconds since 1970."""
        return int(time.time() + self.services.settings.artifact_ttl_s)

    def usage(self, replied: Replied, spoken_s: float) -> ChatUsage:
        """Return the usage figures."""
        given = [upload.ref for upload in self.message.uploads]
        given += [self.message.speech] if self.message.speech else []
        heard_s = sum(ref.duration_s or 0.0 for ref in given if ref.kind == "audio")
        return chat_usage([message.text for message in self.asked.messages], heard_s, replied.text, spoken_s)

    def _made(self, replied: Replied) -> tuple[LinkedArtifact, ...]:
        principal = self.message.scope.principal
        return tuple(
            LinkedArtifact(**row.ref.model_dump(), url=self.services.url_of(row.ref.id, principal), name=row.name)
            for row in replied.artifacts
            if row.origin == "output" and row.ref.kind not in UNSPOKEN_KINDS
        )
