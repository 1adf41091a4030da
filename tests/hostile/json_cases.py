"""Requests that no client means to send: JSON, forms, headers and events changed by a seed."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

TEXTS = (
    "",
    " ",
    "\0",
    "\ud800",
    "a" * 20_001,
    "QUOTE0 FILE0",
    "💥" * 50,
    "\u202e",
    "../../etc/passwd",
    "{{7*7}}",
    "' OR 1=1 --",
)
VALUES: tuple[Any, ...] = (
    None, True, -1, 0, 10**18, 10**30, 1e308, float("inf"), float("nan"), [], {}, [[]], {"from": "s1.audio"},
    {"artifact": "audio-1"}, {"artifact": "0" * 64}, *TEXTS,
)  # fmt: skip
ATTACKS = (
    "a " * 30,
    "a " * 4_000,
    "say: a" + "\u00a0" * 400 + "b\nx",
    "say: " * 320 + "!" * 1_600 + "\nx",
    "1" * 4_000,
)
HEADERS = (
    {}, {"x-request-id": "a" * 500}, {"accept": "\xff"}, {"range": "bytes=" + "9" * 5_000 + "-"}, {"x-session-id": "x"},
    {"content-type": "application/json; charset=utf-99"}, {"content-type": "multipart/form-data"},
    {"content-type": "multipart/form-data; boundary=" + "b" * 300}, {"content-type": "a" * 5_000},
)  # fmt: skip
STEP = {"id": "s1", "task": "text-to-speech", "arguments": {"text": "hello"}}
MESSAGE = {"role": "user", "content": [{"type": "text", "text": "hello"}]}
CALL = {"name": "plan_and_run", "arguments": {"request": "hello"}}
SEEDS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("/v1/chat", {"text": "hello", "artifacts": [], "session_id": "0" * 32, "stream": False, "timeout_s": 5}),
    ("/v1/chat", {"plan": {"steps": [STEP]}, "timeout_s": 5}),
    ("/v1/plans", {"text": "hello"}),
    ("/v1/runs", {"text": "hello", "timeout_s": 5}),
    ("/v1/tasks/text-to-speech", {"text": "hello", "speed": 1.0, "language": "en", "voice": "x"}),
    ("/v1/tasks/speech-enhancement", {"audio": "0" * 64}),
    ("/v1/audio/speech", {"model": "tts-1", "input": "hello", "voice": "alloy", "speed": 1, "response_format": "wav"}),
    ("/v1/chat/completions", {"model": "audiogpt", "messages": [MESSAGE], "metadata": {"a": "b"}, "stream": False}),
    ("/v1/archives", {"files": [{"artifact": "0" * 64, "name": "a"}]}),
    (
        "/mcp",
        {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": {"name": "plan_and_run", "arguments": {"request": "hello"}},
        },
    ),
)


@dataclass(frozen=True)
class Case:
    """One request."""

    path: str
    body: bytes
    headers: dict[str, str]


def cases(seed: str) -> Iterator[Case]:
    """Yield requests without end, the same ones for the same seed."""
    chance = random.Random(seed)
    while True:
        path, body = chance.choice(SEEDS)
        value: Any = json.loads(json.dumps(body))
        for _ in range(chance.randint(1, 3)):
            value = _changed(value, chance)
        data = json.dumps(value).encode(errors="surrogatepass")
        if chance.random() < 0.2:
            data = _damaged(data, chance)
        if chance.random() < 0.1:
            path += chance.choice(("/", "?model=%00", "?session_id=%ff", "/%2e%2e", "?" + "a=b&" * 500))
        headers = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
        yield Case(path, data, headers | (chance.choice(HEADERS) if chance.random() < 0.2 else {}))


def events(seed: str) -> Iterator[str]:
    """Yield realtime messages without end."""
    chance = random.Random(seed)
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hello"}]}
    seeds: tuple[dict[str, Any], ...] = (
        {"type": "session.update", "session": {"audio": {"input": {"turn_detection": None}}, "voice": "a"}},
        {"type": "input_audio_buffer.append", "audio": "AAAA"},
        {"type": "input_audio_buffer.commit"},
        {"type": "conversation.item.create", "item": item},
        {"type": "response.cancel", "response_id": "a"},
    )
    while True:
        text = json.dumps(_changed(json.loads(json.dumps(chance.choice(seeds))), chance))
        yield text if chance.random() < 0.8 else text[: chance.randrange(len(text))]


def _changed(value: Any, chance: random.Random) -> Any:
    """Return a value with one of its parts, at any depth, replaced, removed, doubled or added."""
    if isinstance(value, dict) and value and chance.random() < 0.8:
        name = chance.choice(list(value))
        way = chance.random()
        if way < 0.1:
            return {key: kept for key, kept in value.items() if key != name}
        if way < 0.2:
            return value | {chance.choice(TEXTS): chance.choice(VALUES)}
        return value | {name: _changed(value[name], chance)}
    if isinstance(value, list) and value and chance.random() < 0.8:
        index = chance.randrange(len(value))
        return value[:index] + [_changed(value[index], chance)] * chance.choice((0, 1, 1, 2, 600)) + value[index + 1 :]
    if isinstance(value, str) and chance.random() < 0.3:
        return chance.choice(ATTACKS)
    return chance.choice(VALUES)


def _damaged(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    inserted = data[:at] + bytes([chance.randrange(256)]) + data[at:]
    return chance.choice((data[:at], inserted, b"[" * 5_000 + data, data * 3, b"\xef\xbb\xbf" + data))
