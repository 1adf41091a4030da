"""The kinds of requests that simulated users send, and how often."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import httpx

from benchmarks.local_system import ROOT

Send = Callable[[httpx.AsyncClient], Awaitable[httpx.Response]]
CLIP = (ROOT / "examples" / "data" / "speech.flac").read_bytes()
CLIP_S = 10.1
SENTENCE = "The quick brown fox jumps over the lazy dog."
SENTENCE_S = 2.6  # spoken


@dataclass(frozen=True)
class RequestClass:
    """One kind of request.

    Args:
        name: For the table.
        share: Of all requests.
        send: Sends one.
        through: Deployments that work on it.
        model: The model it waits for, None for none; several kinds may share one.
        task: What that does for it.
        audio_s: Seconds of sound it takes or makes.
    """

    name: str
    share: float
    send: Send
    through: frozenset[str]
    model: str | None = None
    task: str | None = None
    audio_s: float = 0.0


async def _read(http: httpx.AsyncClient) -> httpx.Response:
    return await http.get("/v1/models")


async def _plan(http: httpx.AsyncClient) -> httpx.Response:
    return await http.post("/v1/plans", json={"text": "Remove the noise and write down what is said"})


async def _speak(http: httpx.AsyncClient) -> httpx.Response:
    body = {"model": "tts-1", "voice": "alloy", "input": SENTENCE, "response_format": "wav"}
    return await http.post("/v1/audio/speech", json=body)


async def _transcribe(http: httpx.AsyncClient) -> httpx.Response:
    files = {"file": ("speech.flac", CLIP)}
    return await http.post("/v1/audio/transcriptions", data={"model": "whisper-1"}, files=files)


async def _chat(http: httpx.AsyncClient) -> httpx.Response:
    return await http.post("/v1/chat", json={"text": f'Say "{SENTENCE}"'})


CLASSES = (
    RequestClass("read", 0.35, _read, frozenset({"ingress"})),
    RequestClass("plan", 0.10, _plan, frozenset({"ingress", "planner"})),
    RequestClass("speech", 0.30, _speak, frozenset({"ingress", "hibari"}), "hibari", "text-to-speech", SENTENCE_S),
    RequestClass(
        "chat", 0.15, _chat, frozenset({"ingress", "planner", "hibari"}), "hibari", "text-to-speech", SENTENCE_S
    ),
    RequestClass(
        "transcription",
        0.10,
        _transcribe,
        frozenset({"ingress", "whisper-base"}),
        "whisper-base",
        "speech-recognition",
        CLIP_S,
    ),
)
