"""Usage figures. Nobody is billed by them: texts are estimated at 4 bytes a token, sound counts as OpenAI counts it."""

from typing import Literal

from pydantic import BaseModel

from llm_planner.plans.history import count_tokens
from model_wrappers.contract.usage import Usage

HEARD_TOKENS_PER_S = 10  # a token each 100 ms of input
SPOKEN_TOKENS_PER_S = 20  # a token each 50 ms of output


class Duration(BaseModel):
    """Usage by length of the audio."""

    type: Literal["duration"] = "duration"
    seconds: float


class InputTokens(BaseModel):
    """What the input consists of."""

    text_tokens: int
    audio_tokens: int


class TranscriptUsage(BaseModel):
    """Usage of a streamed transcription."""

    type: Literal["tokens"] = "tokens"
    input_tokens: int
    input_token_details: InputTokens
    output_tokens: int
    total_tokens: int


class Billed(BaseModel):
    """What the calls to models for a request came to; not OpenAI's."""

    usage: Usage


class SpeechUsage(BaseModel):
    """Usage of streamed speech."""

    input_tokens: int
    output_tokens: int
    total_tokens: int


class PromptDetails(BaseModel):
    """What a chat's prompt consists of."""

    audio_tokens: int
    cached_tokens: int = 0


class CompletionDetails(BaseModel):
    """What a chat's answer consists of."""

    audio_tokens: int
    reasoning_tokens: int = 0


class ChatUsage(BaseModel):
    """Usage of a chat completion."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_tokens_details: PromptDetails
    completion_tokens_details: CompletionDetails


def heard_tokens(duration_s: float) -> int:
    """Return how many tokens audio input counts for."""
    return round(duration_s * HEARD_TOKENS_PER_S)


def spoken_tokens(duration_s: float) -> int:
    """Return how many tokens audio output counts for."""
    return round(duration_s * SPOKEN_TOKENS_PER_S)


def transcript_usage(prompt: str, duration_s: float, text: str) -> TranscriptUsage:
    """Return the usage of one transcription."""
    details = InputTokens(text_tokens=count_tokens(prompt), audio_tokens=heard_tokens(duration_s))
    given, made = details.text_tokens + details.audio_tokens, count_tokens(text)
    return TranscriptUsage(
        input_tokens=given, input_token_details=details, output_tokens=made, total_tokens=given + made
    )


def speech_usage(text: str, duration_s: float) -> SpeechUsage:
    """Return the usage of one synthesis."""
    given, made = count_tokens(text), spoken_tokens(duration_s)
    return SpeechUsage(input_tokens=given, output_tokens=made, total_tokens=given + made)


def chat_usage(texts: list[str], heard_s: float, reply: str, spoken_s: float) -> ChatUsage:
    """Return the usage of one chat completion.

    Args:
        texts: Every text of the request's messages.
        heard_s: Seconds of audio in them.
        reply: The answer.
        spoken_s: Seconds of audio in it.
    """
    heard, spoken = heard_tokens(heard_s), spoken_tokens(spoken_s)
    prompt, completion = sum(map(count_tokens, texts)) + heard, count_tokens(reply) + spoken
    return ChatUsage(
        prompt_tokens=prompt,
        completion_tokens=completion,
        total_tokens=prompt + completion,
        prompt_tokens_details=PromptDetails(audio_tokens=heard),
        completion_tokens_details=CompletionDetails(audio_tokens=spoken),
    )
