"""A chat completion as a stream of chunks: progress of the plan, then the answer in words and speech."""

import base64
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from deployments.api.openai.chat.answer import ChatAnswer, ChatChunk, ChunkChoice
from deployments.api.openai.errors import OpenAIErrorBody, describe
from deployments.api.openai.streaming import DONE
from deployments.api.streaming import KEEP_ALIVE, KEEP_ALIVE_S, MAX_WAITING_EVENTS
from model_wrappers.contract.audio import Audio
from model_wrappers.contract.errors import AudioGPTError
from router.events import Replied
from router.following import follow


async def chunk_lines(answer: ChatAnswer) -> AsyncGenerator[str | bytes, None]:
    """Yield the chunks as server-sent events; an error on the way is the last one, in OpenAI's shape."""
    try:
        async with aclosing(_chunks(answer)) as chunks:
            async for chunk in chunks:
                yield KEEP_ALIVE if chunk is None else _line(chunk)
        yield DONE
    except AudioGPTError as exc:
        yield f"data: {OpenAIErrorBody(error=describe(exc)).model_dump_json()}\n\n"


async def text_lines(text: str, head: dict[str, Any]) -> AsyncGenerator[str | bytes, None]:
    """Yield a text that is known already as a stream."""
    for delta, reason in (({"role": "assistant", "content": text}, None), ({}, "stop")):
        yield _line(ChatChunk(**head, choices=(ChunkChoice(delta=delta, finish_reason=reason),)))
    yield DONE


async def _chunks(answer: ChatAnswer) -> AsyncGenerator[ChatChunk | None, None]:
    yield _chunk(answer, {"role": "assistant", "content": "", "refusal": None})
    replied: Replied | None = None
    happens = follow(answer.respond, max_waiting=MAX_WAITING_EVENTS, quiet_s=KEEP_ALIVE_S)
    async with aclosing(happens) as events:
        async for event in events:
            if isinstance(event, Replied):
                replied = event
            else:
                yield None if event is None else _chunk(answer, {}, audiogpt=event)
    assert replied is not None
    spoken_s = 0.0
    sound = await answer.speech(replied) if answer.asked.speaks else None
    if sound is not None:
        async with aclosing(_spoken(answer, replied, sound)) as pieces:
            async for piece in pieces:
                spoken_s += piece.pop("duration_s", 0.0)
                yield _chunk(answer, {"audio": piece})
    else:
        yield _chunk(answer, {"content": answer.content(replied)})
    yield _chunk(answer, {}, finish_reason="stop", audiogpt=answer.extension(replied))
    if answer.asked.stream_options and answer.asked.stream_options.include_usage:
        head = {"id": answer.id, "created": answer.created, "model": answer.asked.model}
        yield ChatChunk(**head, choices=(), usage=answer.usage(replied, spoken_s))


async def _spoken(
    answer: ChatAnswer, replied: Replied, sound: AsyncGenerator[Audio, None]
) -> AsyncGenerator[dict[str, Any], None]:
    """Yield the deltas of the spoken answer: id and transcript, pieces of the file, and when it is forgotten."""
    writer = answer.writer()
    async with aclosing(sound):
        yield {"id": answer.audio_id(replied), "transcript": replied.text}
        async for audio in sound:
            if data := await writer.written(audio):
                yield {"data": base64.b64encode(data).decode(), "duration_s": audio.duration_s}
    if data := await writer.finished():
        yield {"data": base64.b64encode(data).decode()}
    yield {"expires_at": answer.expires_at()}


def _chunk(answer: ChatAnswer, delta: dict[str, Any], **fields: Any) -> ChatChunk:
    choice = ChunkChoice(delta=delta, finish_reason=fields.pop("finish_reason", None))
    return ChatChunk(id=answer.id, created=answer.created, model=answer.asked.model, choices=(choice,), **fields)


def _line(chunk: ChatChunk) -> str:
    body = chunk.model_dump(mode="json", by_alias=True, exclude={"audiogpt", "usage"})
    for name in ("audiogpt", "usage"):
        value = getattr(chunk, name)
        if value is not None:
            body[name] = value.model_dump(mode="json", by_alias=True)
    return f"data: {json.dumps(body, separators=(',', ':'), ensure_ascii=False)}\n\n"
