"""A chat completion asked for in JSON, answered as an OpenAI-compatible server would, without HTTP between."""

import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import BaseModel, ValidationError

JSON = "application/json"
EVENTS = "text/event-stream"
BAD_REQUEST = 400


@dataclass(frozen=True)
class AnswerHead:
    """What comes before an answer's bytes."""

    status: int
    content_type: str


class ChatServer(Protocol):
    """What is asked of Ray's `LLMServer`."""

    async def chat(self, request: Any) -> AsyncGenerator[Any, None]:
        """Return the answer: a stream of lists of server-sent events, or one completion or error."""
        ...


async def answered(
    server: ChatServer, request_type: type[BaseModel], body: bytes, model: str
) -> AsyncGenerator[AnswerHead | bytes, None]:
    """Yield the head of an answer, then its bytes.

    Args:
        server: Answers it.
        request_type: vLLM's own `ChatCompletionRequest`.
        body: The request, in JSON.
        model: The name of the one model there is; whatever name a client knows, this one answers.
    """
    try:
        request = request_type.model_validate(json.loads(body) | {"model": model})
    except (ValidationError, json.JSONDecodeError, TypeError) as exc:
        yield AnswerHead(BAD_REQUEST, JSON)
        yield _error_body(str(exc))
        return
    begun = False
    async for items in await server.chat(request):
        for item in items if isinstance(items, list) else [items]:
            if not begun:
                begun = True
                yield _head(item)
            yield _bytes(item)


def _head(item: Any) -> AnswerHead:
    if isinstance(item, str):
        return AnswerHead(200, EVENTS)
    error = getattr(item, "error", None)
    return AnswerHead(200 if error is None else int(error.code), JSON)


def _bytes(item: Any) -> bytes:
    return item.encode() if isinstance(item, str) else item.model_dump_json().encode()


def _error_body(message: str) -> bytes:
    return json.dumps({"error": {"message": message, "type": "BadRequestError", "param": None, "code": 400}}).encode()
