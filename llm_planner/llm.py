"""An OpenAI-compatible server that answers in JSON, however it can be brought to."""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import openai
from pydantic import BaseModel, Field, ValidationError

from llm_planner.llm_errors import ModeRefused, may_recover, translate, wait_s
from llm_planner.prompts import Message
from llm_planner.schema import Schema
from llm_planner.settings import LLMSettings
from model_wrappers.errors import DeadlineExceeded, InvalidPlan, ModelFailed

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
OTHER_NAMES = {"max_tokens": "max_completion_tokens", "temperature": None}


class _Function(BaseModel):
    arguments: str = ""


class _ToolCall(BaseModel):
    function: _Function


class _Message(BaseModel):
    content: str | None = None
    refusal: str | None = None
    tool_calls: list[_ToolCall] | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Completion(BaseModel):
    choices: list[_Choice] = Field(min_length=1)


class ChatModel:
    """Ask for JSON by schema, by tool call or in plain words, whichever the server turns out to obey."""

    def __init__(self, settings: LLMSettings) -> None:
        """Connect lazily: nothing is sent before the first question."""
        self.settings = settings
        self._client = openai.AsyncOpenAI(
            base_url=settings.base_url, api_key=settings.api_key.get_secret_value(), max_retries=0
        )
        self._mode: Mode | None = None
        self._probing = asyncio.Lock()
        self._names: dict[str, str | None] = {"max_tokens": "max_tokens", "temperature": "temperature"}

    @property
    def mode(self) -> Mode | None:
        """How the server is asked; None before the first question."""
        return self._mode

    async def complete(self, messages: Sequence[Message], schema: Schema, deadline: float) -> str:
        """Return the answer's text, which should be JSON that follows the schema.

        Args:
            messages: The conversation so far.
            schema: JSON schema of the answer.
            deadline: Absolute, in seconds of `time.time()`.

        Raises:
            InvalidPlan: If the answer is empty or was cut; asking again may help.
            ModelFailed: If the LLM refused, or the server does not speak the protocol.
            ModelUnavailable: If the server cannot be reached, or takes neither key nor model.
            ModelOverloaded: If it stays too busy.
            DeadlineExceeded: If the deadline passes.
        """
        refused: ModeRefused | None = None
        best = await self._probed_mode(deadline)
        for mode in MODES[MODES.index(best) :]:
            try:
                text = await self._ask(mode, messages, schema, self.settings.max_tokens, deadline)
            except ModeRefused as exc:
                refused = exc
            else:
                self._mode = mode
                return text
        raise ModelFailed(f"The LLM server rejects the request in every form it can be asked in: {refused}")

    async def write(self, messages: Sequence[Message], max_tokens: int, deadline: float) -> str:
        """Return an answer in plain words; raises what `complete` raises."""
        try:
            return await self._ask("prose", messages, {}, max_tokens, deadline)
        except ModeRefused as exc:
            raise ModelFailed(f"The LLM server rejects the request: {exc.message}") from exc

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def _probed_mode(self, deadline: float) -> Mode:
        """Find out once what the server obeys; a failure to reach it leaves the question open."""
        async with self._probing:
            if self._mode is None:
                self._mode = await self._probe(deadline)
            return self._mode

    async def _probe(self, deadline: float) -> Mode:
        for mode in MODES[:-1]:
            try:
                text = await self._ask(mode, [PROBE], PROBE_SCHEMA, PROBE_TOKENS, deadline)
                if json.loads(text) == {"probe": "ready"}:
                    return mode
            except (ModeRefused, InvalidPlan, json.JSONDecodeError):
                continue
        return "plain"

    async def _ask(
        self, form: Form, messages: Sequence[Message], schema: Schema, max_tokens: int, deadline: float
    ) -> str:
        body = await self._send(_parameters(form, messages, schema), max_tokens, deadline)
        try:
            choice = _Completion.model_validate_json(body).choices[0]
        except ValidationError as exc:
            raise ModelFailed("The LLM server's answer is no chat completion; check its base URL.") from exc
        return _text(choice, max_tokens)

    async def _send(self, parameters: Mapping[str, Any], max_tokens: int, deadline: float) -> bytes:
        for attempt in range(MAX_RETRIES + 1):
            left = deadline - time.time()
            if left <= 0:
                raise DeadlineExceeded("No time is left for the LLM; allow more time or ask for less.")
            try:
                return await self._post({**parameters, **self._options(max_tokens)}, left)
            except openai.OpenAIError as exc:
                error, pause = translate(exc), wait_s(exc)
                adapted = self._adapt(exc)
                if attempt == MAX_RETRIES or not (adapted or may_recover(exc)) or time.time() + pause >= deadline:
                    raise error from exc
            await asyncio.sleep(0 if adapted else pause)
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def _post(self, parameters: Mapping[str, Any], timeout_s: float) -> bytes:
        """Send one request and read its whole answer within the time-out, however slowly it drips."""
        try:
            async with asyncio.timeout(timeout_s):
                raw = await self._client.chat.completions.with_raw_response.create(
                    model=self.settings.model, timeout=timeout_s, **parameters
                )
                content: bytes = raw.content
                return content
        except TimeoutError as exc:
            raise DeadlineExceeded(f"The LLM did not answer within {timeout_s:.1f} s.") from exc

    def _options(self, max_tokens: int) -> dict[str, Any]:
        values: dict[str, Any] = {"max_tokens": max_tokens, "temperature": 0}
        return {name: values[known] for known, name in self._names.items() if name is not None}

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


def _text(choice: _Choice, max_tokens: int) -> str:
    if choice.message.refusal or choice.finish_reason == "content_filter":
        raise ModelFailed(f"The LLM refused: {choice.message.refusal or 'its content filter stopped the answer'}")
    if choice.finish_reason == "length":
        raise InvalidPlan(f"The answer was cut after {max_tokens} tokens; answer with a shorter JSON object.")
    calls = choice.message.tool_calls or []
    text = calls[0].function.arguments if calls else choice.message.content
    if not text or not text.strip():
        raise InvalidPlan("The answer was empty; answer with one JSON object.")
    return text
