"""What is in a chat completion, whole or in chunks, checked field by field: any server may send anything."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable

import openai
from openai.types.chat import ChatCompletionChunk
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from llm_planner.online.llm_errors import translate
from model_wrappers.contract.errors import DeadlineExceeded, InvalidPlan, ModelFailed

NO_COMPLETION = "The LLM server's answer is no chat completion; check its base URL."


class _Received(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class _Function(_Received):
    arguments: str | None = None


class _ToolCall(_Received):
    function: _Function | None = None


class _Message(_Received):
    content: str | None = None
    refusal: str | None = None
    tool_calls: list[_ToolCall] | None = None

    @property
    def text(self) -> str:
        """What was written, as a tool call or as content."""
        function = self.tool_calls[0].function if self.tool_calls else None
        return (function.arguments if function else self.content) or ""


class _Choice(_Received):
    message: _Message
    finish_reason: str | None = None


class Tokens(_Received):
    """Tokens as the server counted them."""

    prompt_tokens: int = Field(ge=0)
    completion_tokens: int = Field(ge=0)


class _Counted(_Received):
    usage: Tokens


class _Completion(_Received):
    choices: list[_Choice] = Field(min_length=1)


class _ChunkChoice(_Received):
    delta: _Message
    finish_reason: str | None = None


class _Chunk(_Received):
    choices: list[_ChunkChoice] = Field(default_factory=list)


def read_tokens(answer: bytes | ChatCompletionChunk) -> Tokens | None:
    """Return what a chat completion, or a chunk of one, says it came to; None if that is nothing that can be used."""
    try:
        return (
            _Counted.model_validate_json(answer) if isinstance(answer, bytes) else _Counted.model_validate(answer)
        ).usage
    except ValidationError:
        return None


def read_answer(body: bytes) -> str:
    """Return the text of a chat completion.

    Raises:
        InvalidPlan: If it is empty or was cut; asking again may help.
        ModelFailed: If the LLM refused, or this is no chat completion.
    """
    try:
        choice = _Completion.model_validate_json(body).choices[0]
    except ValidationError as exc:
        raise ModelFailed(NO_COMPLETION) from exc
    _check_end(choice.message, choice.finish_reason)
    return _not_empty(choice.message.text)


async def read_stream(
    stream: openai.AsyncStream[ChatCompletionChunk], deadline: float, count: Callable[[Tokens], None]
) -> AsyncIterator[str]:
    """Yield the text of a streamed chat completion as it comes; raise what `read_answer` raises, at the end.

    Args:
        stream: The completion.
        deadline: Absolute, in seconds of `time.time()`.
        count: Told of the tokens, where the server tells them.

    Raises:
        InvalidPlan: If the stream is empty, was cut or broke off.
        DeadlineExceeded: If the deadline passes between two chunks.
    """
    text, finish_reason = "", None
    while (chunk := await _next_chunk(stream, deadline, count)) is not None:
        for choice in chunk.choices[:1]:
            finish_reason = choice.finish_reason or finish_reason
            _check_end(choice.delta, choice.finish_reason)
            text += choice.delta.text
            yield choice.delta.text
    if finish_reason is None:
        raise InvalidPlan("The answer broke off; answer again with one JSON object.")
    _not_empty(text)


async def _next_chunk(
    stream: openai.AsyncStream[ChatCompletionChunk], deadline: float, count: Callable[[Tokens], None]
) -> _Chunk | None:
    try:
        async with asyncio.timeout(deadline - time.time()):
            chunk = await anext(stream)
        if (tokens := read_tokens(chunk)) is not None:
            count(tokens)
        return _Chunk.model_validate(chunk)
    except StopAsyncIteration:
        return None
    except TimeoutError as exc:
        raise DeadlineExceeded("The LLM did not finish its answer in time.") from exc
    except openai.APIConnectionError as exc:
        raise InvalidPlan("The answer broke off; answer again with one JSON object.") from exc
    except openai.OpenAIError as exc:
        raise translate(exc) from exc
    except ValueError as exc:
        raise ModelFailed(NO_COMPLETION) from exc


def _check_end(message: _Message, finish_reason: str | None) -> None:
    if message.refusal or finish_reason == "content_filter":
        raise ModelFailed(f"The LLM refused: {message.refusal or 'its content filter stopped the answer'}")
    if finish_reason == "length":
        raise InvalidPlan("The answer was cut at the token limit; answer with a shorter JSON object.")


def _not_empty(text: str) -> str:
    if not text.strip():
        raise InvalidPlan("The answer was empty; answer with one JSON object.")
    return text
