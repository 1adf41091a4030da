"""vLLM's way with chat completions: what its server refuses, what it answers, and in which pieces."""

import json
from collections.abc import AsyncGenerator, Callable
from typing import Any, Literal

import jsonschema
from pydantic import BaseModel, ConfigDict, Field, model_validator

MODEL = "llm"
MAX_MODEL_LEN = 16_384  # tokens
CHARACTERS_A_TOKEN = 4
PIECE = 12  # characters of an answer in one event


class JsonSchema(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    json_schema: dict[str, Any] = Field(alias="schema")
    strict: bool | None = None
    description: str | None = None


class ResponseFormat(BaseModel):
    type: Literal["text", "json_object", "json_schema", "structural_tag"]
    json_schema: JsonSchema | None = None


class Function(BaseModel):
    name: str
    description: str | None = None
    parameters: dict[str, Any]


class Tool(BaseModel):
    type: Literal["function"]
    function: Function


class StreamOptions(BaseModel):
    include_usage: bool = True
    continuous_usage_stats: bool = False


class ChatCompletionRequest(BaseModel):
    """What vLLM 0.29 checks of a request before a model sees it; fields it does not know it lets be."""

    model_config = ConfigDict(extra="allow")

    model: str | None = None
    messages: list[dict[str, Any]] = Field(min_length=1)
    max_tokens: int | None = Field(default=None, ge=1)
    max_completion_tokens: int | None = Field(default=None, ge=1)
    temperature: float | None = Field(default=None, ge=0)
    stream: bool = False
    stream_options: StreamOptions | None = None
    response_format: ResponseFormat | None = None
    tools: list[Tool] | None = None
    tool_choice: Literal["none", "auto", "required"] | dict[str, Any] | None = None

    @model_validator(mode="after")
    def _together(self) -> "ChatCompletionRequest":
        gone = {"guided_json", "guided_regex", "guided_choice", "guided_grammar"} & (self.model_extra or {}).keys()
        assert not gone, f"{', '.join(gone)}: removed; use `response_format` or `structured_outputs`"
        assert self.stream or self.stream_options is None, "Stream options can only be defined when `stream=True`."
        wanted = self.response_format
        assert wanted is None or wanted.type != "json_schema" or wanted.json_schema, "`json_schema` must be provided"
        assert self.tools or not isinstance(self.tool_choice, dict), "When using `tool_choice`, `tools` must be set."
        return self

    @property
    def schema_asked_for(self) -> dict[str, Any] | None:
        """The JSON schema that the answer has to follow."""
        if self.response_format and self.response_format.json_schema:
            return self.response_format.json_schema.json_schema
        if self.tools and isinstance(self.tool_choice, dict):
            named = self.tool_choice["function"]["name"]
            return next(tool.function.parameters for tool in self.tools if tool.function.name == named)
        return None


class Reply(BaseModel):
    """What is sent as JSON; extra fields and all."""

    model_config = ConfigDict(extra="allow")


class VLLMDialect:
    """Answers as Ray's `LLMServer` over vLLM does, with the words a function chooses; they must follow the schema."""

    def __init__(self, write: Callable[[ChatCompletionRequest], str]) -> None:
        """Answer with what `write` returns."""
        self.write = write
        self.requests: list[ChatCompletionRequest] = []

    async def chat(self, request: ChatCompletionRequest) -> AsyncGenerator[Any, None]:
        """Return the answer in the pieces of Ray's server: lists of events, one completion, or one error."""
        self.requests.append(request)
        return self._answer(request)

    async def _answer(self, request: ChatCompletionRequest) -> AsyncGenerator[Any, None]:
        if request.model != MODEL:
            yield failure(404, f"The model `{request.model}` does not exist.")
            return
        used = len(json.dumps(request.messages)) // CHARACTERS_A_TOKEN
        if used + (request.max_completion_tokens or request.max_tokens or 0) > MAX_MODEL_LEN:
            yield failure(400, f"This model's maximum context length is {MAX_MODEL_LEN} tokens.")
            return
        text, schema = self.write(request), request.schema_asked_for
        if schema is not None:
            jsonschema.Draft202012Validator.check_schema(schema)
            jsonschema.validate(json.loads(text), schema)  # as the grammar holds a model to it
        if not request.stream:
            yield _completion(request, text)
            return
        async for events in _events(request, text):
            yield events


def failure(code: int, message: str) -> Reply:
    """Return an error as vLLM words it."""
    return Reply.model_validate({"error": Reply(message=message, type="BadRequestError", param=None, code=code)})


def _completion(request: ChatCompletionRequest, text: str) -> Reply:
    message = {"role": "assistant", "content": text, "refusal": None, "tool_calls": [], "reasoning": None}
    if request.tools:
        call = {"id": "chatcmpl-tool-1", "type": "function", "function": {"name": "answer", "arguments": text}}
        message |= {"content": "", "tool_calls": [call]}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop", "stop_reason": None}
    return Reply.model_validate(_frame("chat.completion") | {"choices": [choice], "usage": _usage(text)})


async def _events(request: ChatCompletionRequest, text: str) -> AsyncGenerator[list[str], None]:
    yield [_event([{"delta": {"role": "assistant", "content": ""}, "finish_reason": None}])]
    for begin in range(0, len(text), PIECE):
        piece = text[begin : begin + PIECE]
        call = {"index": 0, "function": {"name": "answer", "arguments": piece}}
        delta = {"tool_calls": [call]} if request.tools else {"content": piece}
        yield [_event([{"delta": delta, "finish_reason": None}])]
    ends = [_event([{"delta": {"content": ""}, "finish_reason": "stop", "stop_reason": None}])]
    if request.stream_options and request.stream_options.include_usage:
        ends.append(_event([], usage=_usage(text)))
    yield [*ends, "data: [DONE]\n\n"]


def _frame(kind: str) -> dict[str, Any]:
    return {"id": "chatcmpl-1", "object": kind, "created": 1, "model": MODEL}


def _usage(text: str) -> dict[str, int]:
    written = len(text) // CHARACTERS_A_TOKEN
    return {"prompt_tokens": 100, "completion_tokens": written, "total_tokens": 100 + written}


def _event(choices: list[dict[str, Any]], **fields: Any) -> str:
    body = _frame("chat.completion.chunk") | {"choices": [{"index": 0} | each for each in choices]} | fields
    return f"data: {json.dumps(body)}\n\n"
