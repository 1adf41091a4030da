"""Transcripts in the formats OpenAI's clients ask for."""

import zlib
from collections.abc import Sequence
from typing import Literal

from fastapi.responses import JSONResponse, PlainTextResponse, Response
from pydantic import BaseModel, Field

from deployments.api.openai.usage import Billed, Duration, TranscriptUsage
from model_wrappers.contract.languages import language_name
from model_wrappers.contract.tasks.speech_recognition import Segment, Stretch

TranscriptFormat = Literal["json", "text", "srt", "verbose_json", "vtt"]


class Transcript(BaseModel):
    """A text and when what of it was said."""

    text: str
    language: str = Field(description="ISO 639-1")
    duration_s: float
    segments: tuple[Segment, ...]
    language_probability: float | None = None
    unclear: tuple[Stretch, ...] = ()
    warning: str | None = Field(default=None, description="What of the recording could not be read")


class PlainTranscript(BaseModel):
    """`response_format: json`."""

    text: str
    usage: Duration
    warning: str | None = Field(default=None, description="Not OpenAI's: what of the recording could not be read")


class WordTimes(BaseModel):
    """One word."""

    word: str
    start: float
    end: float


class SegmentTimes(BaseModel):
    """One segment, with what the decoder says of it."""

    id: int
    seek: int
    start: float
    end: float
    text: str
    tokens: tuple[int, ...]
    temperature: float
    avg_logprob: float
    compression_ratio: float
    no_speech_prob: float
    language: str | None = Field(default=None, description="ISO 639-1; not in OpenAI's answer")
    channel: int | None = Field(
        default=None, description="From 1, where each carries a person of its own; not in OpenAI's answer"
    )


class VerboseTranscript(BaseModel):
    """`response_format: verbose_json`; `language_probability` and `unclear` are not in OpenAI's answer."""

    task: Literal["transcribe", "translate"]
    language: str = Field(description="English name, lower case")
    duration: float
    text: str
    words: tuple[WordTimes, ...] | None = None
    segments: tuple[SegmentTimes, ...] | None = None
    language_probability: float | None = Field(default=None, description="Where the language was detected")
    unclear: tuple[Stretch, ...] = Field(
        default=(), description="Where somebody speaks whose words could not be made out"
    )
    usage: Duration
    warning: str | None = Field(default=None, description="Not OpenAI's: what of the recording could not be read")


class TranscriptDelta(BaseModel):
    """`stream`: more of the text."""

    type: Literal["transcript.text.delta"] = "transcript.text.delta"
    delta: str


class TranscriptDone(BaseModel):
    """`stream`: all of the text."""

    type: Literal["transcript.text.done"] = "transcript.text.done"
    text: str
    usage: TranscriptUsage
    audiogpt: Billed


def render(transcript: Transcript, response_format: TranscriptFormat) -> Response:
    """Return the answer in one of the formats that need no more than the transcript."""
    match response_format:
        case "text":
            return PlainTextResponse(transcript.text + "\n")
        case "srt":
            return PlainTextResponse(srt(transcript.segments))
        case "vtt":
            return PlainTextResponse(vtt(transcript.segments), media_type="text/vtt")
    usage = Duration(seconds=transcript.duration_s)
    body = PlainTranscript(text=transcript.text, usage=usage, warning=transcript.warning)
    return JSONResponse(body.model_dump(exclude_none=True))


def verbose(
    transcript: Transcript,
    task: Literal["transcribe", "translate"],
    temperature: float,
    granularities: Sequence[str],
) -> Response:
    """Return the answer as `verbose_json`.

    Args:
        transcript: With words in its segments if they are wanted.
        task: What was done.
        temperature: The decoder's.
        granularities: `word`, `segment` or both.
    """
    words = [word for segment in transcript.segments for word in segment.words]
    body = VerboseTranscript(
        task=task,
        language=language_name(transcript.language).lower(),
        duration=transcript.duration_s,
        text=transcript.text,
        words=tuple(WordTimes(word=word.word, start=word.start, end=word.end) for word in words)
        if "word" in granularities
        else None,
        segments=tuple(_times(number, segment, temperature) for number, segment in enumerate(transcript.segments))
        if "segment" in granularities
        else None,
        language_probability=transcript.language_probability,
        unclear=transcript.unclear,
        usage=Duration(seconds=transcript.duration_s),
        warning=transcript.warning,
    )
    return JSONResponse(body.model_dump(exclude_none=True))


def srt(segments: Sequence[Segment]) -> str:
    """Return segments as SubRip subtitles."""
    return "".join(
        f"{number}\n{_clock(segment.start, ',')} --> {_clock(segment.end, ',')}\n{segment.text}\n\n"
        for number, segment in enumerate(segments, 1)
    )


def vtt(segments: Sequence[Segment]) -> str:
    """Return segments as WebVTT subtitles; an arrow in the text would end a cue's times."""
    cues = (
        f"{_clock(segment.start, '.')} --> {_clock(segment.end, '.')}\n{segment.text.replace('-->', '->')}\n\n"
        for segment in segments
    )
    return "WEBVTT\n\n" + "".join(cues)


def _times(number: int, segment: Segment, temperature: float) -> SegmentTimes:
    data = segment.text.encode()
    return SegmentTimes(
        id=number,
        seek=segment.seek or 0,
        start=segment.start,
        end=segment.end,
        text=segment.text,
        tokens=segment.tokens,
        temperature=temperature if segment.temperature is None else segment.temperature,
        avg_logprob=segment.average_log_probability or 0.0,
        compression_ratio=len(data) / len(zlib.compress(data)),
        no_speech_prob=segment.no_speech_probability or 0.0,
        language=segment.language,
        channel=segment.channel,
    )


def _clock(seconds: float, point: str) -> str:
    milliseconds = round(seconds * 1_000)
    minutes, milliseconds = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{milliseconds // 1_000:02}{point}{milliseconds % 1_000:03}"
