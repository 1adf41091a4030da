"""Runs of mixed chains, started and followed over HTTP by clients that do not give up."""

import asyncio
import time
import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

RETRY_S = 0.5
SILENCE_S = 40.0  # longer than the server is ever silent, a keep-alive counted
PATIENCE_S = 300.0  # for a run
ENDS = ("event: replied", "event: failed")


@dataclass
class Chain:
    """One run; what it says repeats its word."""

    number: int
    run_id: str = ""
    started: float = field(default_factory=time.monotonic)
    ended: float | None = None
    numbers: list[int] = field(default_factory=list)  # of the events its follower was told

    @property
    def word(self) -> str:
        """What its texts say."""
        return f"word{self.number}"

    @property
    def took_s(self) -> float:
        """Seconds until its follower was told of its end."""
        return (self.ended or time.monotonic()) - self.started

    @property
    def told_in_order(self) -> bool:
        """Whether its follower was told every event once."""
        return self.ended is not None and self.numbers == list(range(1, len(self.numbers) + 1))

    def body(self) -> dict[str, Any]:
        """Return what is asked for: one of five chains."""
        match self.number % 5:
            case 0:
                return _plan(*_translations(self.word, "es", "fr", "de"))
            case 1:
                audio = {"from": "s2.audio"}
                spoken = _step("s2", "text-to-speech", text={"from": "s1.text"})
                return _plan(*_translations(self.word, "es"), spoken, _step("s3", "speech-enhancement", audio=audio))
            case 2:
                first = _translations(self.word, "es")
                return _plan(*first, *(_translation(f"s{n}", {"from": "s1.text"}, "it") for n in (2, 3, 4)))
            case 3:
                return {"text": f"Translate '{self.word}' into Spanish."}
            case _:
                return _plan(*_translations(self.word, "es", "fr", "de", "it", "pt", "nl", "pl", "sv"))


class Load:
    """Starts chains and follows each to its end."""

    def __init__(self, api_url: str, headers: Mapping[str, str] | None = None) -> None:
        """Ask the server at `api_url`, with headers such as a key."""
        limits = httpx.Limits()
        self._http = httpx.AsyncClient(base_url=api_url, headers=headers, timeout=SILENCE_S, limits=limits)
        self.chains: list[Chain] = []
        self.refused: Counter[str] = Counter()  # what clients got instead of an answer, before they asked again
        self._following: set[asyncio.Task[None]] = set()

    async def start(self, number: int) -> None:
        """Start a chain."""
        chain = Chain(number)
        self.chains.append(chain)
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        answer = await self._until_answered("POST", "/v1/runs", json=chain.body(), headers=headers)
        chain.run_id = answer.json()["id"]
        following = asyncio.create_task(self._follow(chain))
        self._following.add(following)
        following.add_done_callback(self._following.discard)

    async def room(self, most: int) -> None:
        """Return once no more chains than these are in flight."""
        while len(self._following) > most:
            await asyncio.wait(self._following, return_when=asyncio.FIRST_COMPLETED)

    async def ended(self) -> None:
        """Return once every chain has ended, or its client lost patience."""
        await asyncio.gather(*self._following)
        await self._http.aclose()

    def in_flight(self) -> list[Chain]:
        """Return the chains that have not ended."""
        return [chain for chain in self.chains if chain.ended is None]

    async def _until_answered(self, method: str, path: str, **options: Any) -> httpx.Response:
        while True:
            try:
                answer = await self._http.request(method, path, **options)
                if answer.status_code < httpx.codes.INTERNAL_SERVER_ERROR:
                    return answer.raise_for_status()
                self.refused[str(answer.status_code)] += 1
            except httpx.TransportError as exc:
                self.refused[type(exc).__name__] += 1
            await asyncio.sleep(RETRY_S)

    async def _follow(self, chain: Chain) -> None:
        while chain.ended is None and chain.took_s < PATIENCE_S:
            try:
                await self._read(chain)
            except httpx.TransportError as exc:
                self.refused[f"stream: {type(exc).__name__}"] += 1
            await asyncio.sleep(0 if chain.ended else RETRY_S)

    async def _read(self, chain: Chain) -> None:
        headers = {"Last-Event-ID": str(chain.numbers[-1])} if chain.numbers else {}
        path, params = f"/v1/runs/{chain.run_id}/events", {"stream": "true"}
        async with self._http.stream("GET", path, params=params, headers=headers) as answer:
            if answer.is_error:
                self.refused[f"stream: {answer.status_code}"] += 1
                return
            async for line in answer.aiter_lines():
                if line.startswith("id: "):
                    chain.numbers.append(int(line.removeprefix("id: ")))
                elif line in ENDS:
                    chain.ended = time.monotonic()


def _plan(*steps: dict[str, Any]) -> dict[str, Any]:
    return {"plan": {"steps": list(steps)}}


def _translations(word: str, *languages: str) -> list[dict[str, Any]]:
    texts = [word, *({"from": f"s{number}.text"} for number in range(1, len(languages)))]
    return [
        _translation(f"s{number}", text, language)
        for number, (text, language) in enumerate(zip(texts, languages, strict=True), 1)
    ]


def _translation(step_id: str, text: Any, language: str) -> dict[str, Any]:
    return _step(step_id, "speech-translation", text=text, target_language=language)


def _step(step_id: str, task: str, **arguments: Any) -> dict[str, Any]:
    return {"id": step_id, "task": task, "arguments": arguments}
