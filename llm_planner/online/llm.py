"""An OpenAI-compatible server that answers in JSON, however it can be brought to."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import Any, Literal, TypeVar

import httpx2
import openai
from openai.types.chat import ChatCompletionChunk
from opentelemetry import trace

from llm_planner.online.llm_answers import Tokens, read_answer, read_stream, read_tokens
from llm_planner.online.llm_errors import ModeRefused, may_recover, translate, wait_s
from llm_planner.online.prompts import Message
from llm_planner.online.question import Calls, Question
from llm_planner.online.schema import Schema
from llm_planner.online.settings import LLMSettings
from model_wrappers.contract.errors import DeadlineExceeded, InvalidPlan, ModelFailed

T = TypeVar("T")
Mode = Literal["json_schema", "tool", "plain"]
Form = Mode | Literal["prose"]

MODES: tuple[Mode, ...] = ("json_schema", "tool", "plain")  # best first
MAX_RETRIES = 2  # of one call, after 429, 5xx, a lost connection or a parameter the server does not know
TOOL = "answer"
PROBE_SCHEMA: Schema = {
    "type": "object",
    "properties": {"probe": {"type": "string", "enum": ["ready"]}},
    "required": ["probe"],
    "additionalProperties": False,
}
PROBE_TOKENS = 512  # leaves room for models that think first
PROBE: Message = {"role": "user", "content": "Say hello in French."}
TRACER = trace.get_tracer("audiogpt")  # makes no spans where the process is not traced
OTHER_NAMES = {"max_tokens": "max_completion_tokens", "temperature": None, "stream_options": None}


class ChatModel:
    """Ask for JSON by schema, by tool call or in plain words, whichever the server turns out to obey."""

    def __init__(self, settings: LLMSettings, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        """Connect lazily: nothing is sent before the first question.

        Args:
            settings: The server and its model.
            transport: What carries the requests there; HTTP unless given.
        """
        self.settings = settings
        self._client = openai.AsyncOpenAI(
            base_url=settings.base_url,
            api_key=settings.api_key.get_secret_value(),
            max_retries=0,
            http_client=None if transport is None else httpx2.AsyncClient(transport=transport),
        )
        self._mode: Mode | None = None
        self._probing = asyncio.Lock()
        self._names: dict[str, str | None] = {name: name for name in OTHER_NAMES}

    @property
    def mode(self) -> Mode | None:
        """How the server is asked; None before the first question."""
        return self._mode

    async def complete(
        self, messages: Sequence[Message], schema: Schema, deadline: float, calls: Calls | None = None
    ) -> str:
        """Return the answer's text, which should be JSON that follows the schema.

        Args:
            messages: The conversation so far.
            schema: JSON schema of the answer.
            deadline: Absolute, in seconds of `time.time()`.
            calls: What it came to is added here.

        Raises:
            InvalidPlan: If the answer is empty or was cut; asking again may help.
            ModelFailed: If the LLM refused, or the server does not speak the protocol.
            ModelUnavailable: If the server cannot be reached, or takes neither key nor model.
            ModelOverloaded: If it stays too busy.
            DeadlineExceeded: If the deadline passes.
        """
        with self._span():
            return await self._complete(messages, schema, deadline, calls)

    async def _complete(self, messages: Sequence[Message], schema: Schema, deadline: float, calls: Calls | None) -> str:
        refused: ModeRefused | None = None
        best = await self._probed_mode(deadline)
        for mode in MODES[MODES.index(best) :]:
            try:
                text = await self._ask(mode, messages, schema, self.settings.max_tokens, deadline, calls)
            except ModeRefused as exc:
                refused = exc
            else:
                self._mode = mode
                return text
        raise ModelFailed(f"The LLM server rejects the request in every form it can be asked in: {refused}")

    async def stream(
        self, messages: Sequence[Message], schema: Schema, deadline: float, calls: Calls | None = None
    ) -> AsyncGenerator[str, None]:
        """Yield the answer's text as it is written, first an empty one once the server takes the question.

        Raises what `complete` raises, or `ModeRefused` to ask that instead.

        Args:
            messages: The conversation so far.
            schema: JSON schema of the answer.
            deadline: Absolute, in seconds of `time.time()`.
            calls: What it came to is added here, and kept up to date while it is answered, also if it is broken off.
        """
        with self._span():
            parameters = _parameters(await self._probed_mode(deadline), messages, schema)
            question = Question(self.settings.model, parameters, calls)
            stream = await self._send(self._open, parameters, self.settings.max_tokens, deadline)
            counted: list[Tokens] = []
            said = ""
            try:
                async with contextlib.aclosing(stream.response):
                    question.note(None, said, ended=False)
                    yield said
                    async for text in read_stream(stream, deadline, counted.append):
                        said += text
                        question.note(None, said, ended=False)
                        yield text
            finally:
                question.note(counted[-1] if counted else None, said)

    async def write(
        self, messages: Sequence[Message], max_tokens: int, deadline: float, calls: Calls | None = None
    ) -> str:
        """Return an answer in plain words; raises what `complete` raises."""
        try:
            with self._span():
                return await self._ask("prose", messages, {}, max_tokens, deadline, calls)
        except ModeRefused as exc:
            raise ModelFailed(f"The LLM server rejects the request: {exc.message}") from exc

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    def _span(self) -> "contextlib.AbstractContextManager[trace.Span]":
        """Trace a block as one question to the LLM."""
        return TRACER.start_as_current_span("llm", attributes={"gen_ai.request.model": self.settings.model})

    async def _probed_mode(self, deadline: float) -> Mode:
        """Find out once what the server obeys; a failure to reach it leaves the question open.

        Requests that come meanwhile wait for the answer, none beyond its own deadline.
        """
        if self._mode is not None:
            return self._mode
        try:
            async with asyncio.timeout(deadline - time.time()), self._probing:
                self._mode = self._mode or await self._probe(deadline)
                return self._mode
        except TimeoutError as exc:
            raise DeadlineExceeded("The LLM did not answer before the deadline what form of request it takes.") from exc

    async def _probe(self, deadline: float) -> Mode:
        for mode in MODES[:-1]:
            try:
                text = await self._ask(mode, [PROBE], PROBE_SCHEMA, PROBE_TOKENS, deadline, None)
                if json.loads(text) == {"probe": "ready"}:
                    return mode
            except (ModeRefused, InvalidPlan, json.JSONDecodeError):
                continue
        return "plain"

    async def _ask(
        self,
        form: Form,
        messages: Sequence[Message],
        schema: Schema,
        max_tokens: int,
        deadline: float,
        calls: Calls | None,
    ) -> str:
        parameters = _parameters(form, messages, schema)
        question = Question(self.settings.model, parameters, calls)
        body = await self._send(self._post, parameters, max_tokens, deadline)
        try:
            text = read_answer(body)
        except (InvalidPlan, ModelFailed):  # has been paid for all the same
            question.note(read_tokens(body), "")
            raise
        question.note(read_tokens(body), text)
        return text

    async def _send(
        self,
        call: Callable[[dict[str, Any]], Awaitable[T]],
        parameters: dict[str, Any],
        max_tokens: int,
        deadline: float,
    ) -> T:
        """Call the server within the deadline, again where that can help, and translate what it raises."""
        for attempt in range(MAX_RETRIES + 1):
            left = deadline - time.time()
            if left <= 0:
                raise DeadlineExceeded("No time is left for the LLM; allow more time or ask for less.")
            try:
                async with asyncio.timeout(left):
                    return await call(parameters | self._options(max_tokens) | {"timeout": left})
            except TimeoutError as exc:
                raise DeadlineExceeded(f"The LLM did not answer within {left:.1f} s.") from exc
            except openai.OpenAIError as exc:
                error, pause = translate(exc), wait_s(exc)
                adapted = self._adapt(exc)
                if attempt == MAX_RETRIES or not (adapted or may_recover(exc)) or time.time() + pause >= deadline:
                    raise error from exc
            await asyncio.sleep(0 if adapted else pause)
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def _post(self, parameters: dict[str, Any]) -> bytes:
        raw = await self._client.chat.completions.with_raw_response.create(model=self.settings.model, **parameters)
        content: bytes = raw.content
        return content

    async def _open(self, parameters: dict[str, Any]) -> openai.AsyncStream[ChatCompletionChunk]:
        stream: openai.AsyncStream[ChatCompletionChunk] = await self._client.chat.completions.create(
            model=self.settings.model, stream=True, **self._counting(), **parameters
        )
        return stream

    def _counting(self) -> dict[str, Any]:
        name = self._names["stream_options"]
        return {} if name is None else {name: {"include_usage": True}}

    def _options(self, max_tokens: int) -> dict[str, Any]:
        values: dict[str, Any] = {"max_tokens": max_tokens, "temperature": 0}
        return {name: values[known] for known, name in self._names.items() if known in values and name is not None}

    def _adapt(self, error: openai.OpenAIError) -> bool:
        """Rename or drop a parameter the server says it does not know; tell whether anything changed."""
        name = getattr(error, "param", None)
        if isinstance(error, openai.BadRequestError) and name in OTHER_NAMES and self._names[name] == name:
            self._names[name] = OTHER_NAMES[name]
            return True
        return False


def _parameters(form: Form, messages: Sequence[Message], schema: Schema) -> dict[str, Any]:
    if form == "json_schema":
        response = {"type": "json_schema", "json_schema": {"name": TOOL, "schema": schema, "strict": True}}
        return {"messages": list(messages), "response_format": response}
    if form == "tool":
        tool = {"type": "function", "function": {"name": TOOL, "parameters": schema, "strict": True}}
        choice = {"type": "function", "function": {"name": TOOL}}
        return {"messages": list(messages), "tools": [tool], "tool_choice": choice}
    if form == "prose":
        return {"messages": list(messages)}
    rule = f"Answer with one JSON object and nothing else; it must follow this JSON schema:\n{json.dumps(schema)}"
    first, *others = messages  # some chat templates take one system message only
    return {"messages": [first | {"content": f"{first['content']}\n\n{rule}"}, *others]}
