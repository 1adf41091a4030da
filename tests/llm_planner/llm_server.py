"""A real HTTP server that plays an OpenAI-compatible one, well or badly, byte by byte."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from llm_planner.online.settings import LLMSettings

HANG = object()  # answers never
DROP = object()  # closes the connection without a word
DRIP = object()  # sends a byte now and then, never the whole


@dataclass
class Streamed:
    """A streamed completion; before piece `i` the server waits for `gates[i]`, at the end it may leave out the end."""

    pieces: Sequence[str]
    tool: bool = False
    finish_reason: str | None = "stop"
    gates: dict[int, asyncio.Event] = field(default_factory=dict)
    broken: bytes = b"data: [DONE]\n\n"
    usage: tuple[int, int] | None = None  # tokens of prompt and completion, told in the last chunk

    async def send(self, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")
        for index, piece in enumerate(self.pieces):
            if index in self.gates:
                await self.gates[index].wait()
            call = {"index": 0, "function": {"name": "answer", "arguments": piece}}
            writer.write(_event({"tool_calls": [call]} if self.tool else {"content": piece}, None))
            await writer.drain()
        if self.finish_reason:
            writer.write(_event({}, self.finish_reason))
        if self.usage:
            writer.write(_usage(*self.usage))
        writer.write(self.broken)
        await writer.drain()


def _event(delta: dict[str, Any], finish_reason: str | None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
    return f"data: {json.dumps(chunk)}\n\n".encode()


def _usage(prompt: int, completion: int) -> bytes:
    usage = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [], "usage": usage}
    return f"data: {json.dumps(chunk)}\n\n".encode()


def http(status: int, body: Any, **headers: str) -> bytes:
    """Return a whole HTTP response; `body` is JSON unless it is bytes."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    fields = {"content-type": "application/json", "content-length": str(len(data)), "connection": "close"}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status} Answer\r\n{head}\r\n".encode() + data


def says(content: str | None, finish_reason: str = "stop", **message: Any) -> bytes:
    """Return a chat completion."""
    choice = {
        "index": 0,
        "finish_reason": finish_reason,
        "message": {"role": "assistant", "content": content, **message},
    }
    return http(200, {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]})


def calls(arguments: str) -> bytes:
    """Return a chat completion that calls the tool."""
    call = {"id": "t", "type": "function", "function": {"name": "answer", "arguments": arguments}}
    return says(None, "tool_calls", tool_calls=[call])


def error(status: int, message: str = "no", param: str | None = None, **headers: str) -> bytes:
    """Return an error in OpenAI's shape."""
    return http(status, {"error": {"message": message, "type": "e", "param": param, "code": None}}, **headers)


def plan(*steps: dict[str, Any]) -> bytes:
    """Return a completion with a plan."""
    return says(json.dumps({"outcome": {"kind": "plan", "plan": {"steps": list(steps)}}}))


def form_of(body: dict[str, Any]) -> str:
    """Tell how a request asks for JSON."""
    return "json_schema" if "response_format" in body else "tool" if "tools" in body else "plain"


class LLMServer:
    """Obey some forms of request, and give the scripted answers in turn; the last one again and again."""

    def __init__(self, obeys: Sequence[str], otherwise: Literal["rejects", "ignores"], answers: Sequence[Any]) -> None:
        self.obeys, self.otherwise, self.answers = obeys, otherwise, list(answers)
        self.probes: list[dict[str, Any]] = []
        self.requests: list[dict[str, Any]] = []
        self.asked = asyncio.Semaphore(0)  # released by every request
        self.heads: list[str] = []
        self.address = ""

    def settings(self, **values: Any) -> LLMSettings:
        return LLMSettings(base_url=f"{self.address}/v1", model="m", **values)

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head, body = await _read(reader)
            self.heads.append(head)
            answer = self.answer(body)
            if answer is HANG:
                await reader.read()
            elif answer is DRIP:
                writer.write(says("x" * 10_000)[:-9_000])
                while not reader.at_eof():
                    writer.write(b" ")
                    await writer.drain()
                    await asyncio.sleep(0.02)
            elif isinstance(answer, Streamed):
                await answer.send(writer)
            elif answer is not DROP:
                writer.write(answer)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    def answer(self, body: dict[str, Any]) -> Any:
        form = form_of(body)
        if "French" in body["messages"][0]["content"]:
            self.probes.append(body)
            if form in self.obeys:
                return says('{"probe": "ready"}') if form == "json_schema" else calls('{"probe": "ready"}')
            return error(400, f"unknown field for {form}") if self.otherwise == "rejects" else says("Bonjour!")
        self.requests.append(body)
        self.asked.release()
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


async def _read(reader: asyncio.StreamReader) -> tuple[str, dict[str, Any]]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    length = int(head.split("content-length:")[1].split("\r\n")[0])
    return head, json.loads(await reader.readexactly(length))


@asynccontextmanager
async def serving(
    *answers: Any, obeys: Sequence[str] = ("json_schema", "tool"), otherwise: Literal["rejects", "ignores"] = "rejects"
) -> AsyncIterator[LLMServer]:
    """Serve on a free port of this machine."""
    played = LLMServer(obeys, otherwise, answers)
    server = await asyncio.start_server(played.handle, "127.0.0.1", 0)
    played.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield played
    finally:
        server.close()
