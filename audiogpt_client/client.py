"""The HTTP API as Python calls."""

import mimetypes
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
from pydantic import TypeAdapter

from llm_planner.results import StepResult
from model_wrappers.sessions import Session
from router.events import Event, Failed, Replied

DEFAULT_URL = "http://127.0.0.1:8000"
CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 1_800.0

_EVENT: TypeAdapter[Event] = TypeAdapter(Event)


class ServerError(Exception):
    """The server answered with an error, or not at all."""

    def __init__(self, message: str, *, code: str = "unreachable", status: int | None = None, hint: str | None = None):
        """Keep what the server said."""
        super().__init__(message)
        self.code = code
        self.status = status
        self.hint = hint


class AudioGPT:
    """A connection to a server."""

    def __init__(self, base_url: str = DEFAULT_URL, *, timeout_s: float = READ_TIMEOUT_S) -> None:
        """Connect lazily to `base_url`; an answer may take up to `timeout_s` seconds."""
        self.base_url = base_url.rstrip("/")
        self._http = httpx.Client(base_url=self.base_url, timeout=httpx.Timeout(timeout_s, connect=CONNECT_TIMEOUT_S))

    def __enter__(self) -> Self:
        """Use the client in a `with` block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        self._http.close()

    def chat(
        self,
        text: str | None = None,
        *,
        speech: Path | None = None,
        files: Sequence[Path] = (),
        session_id: str | None = None,
        on_event: Callable[[Event], None] | None = None,
    ) -> Replied:
        """Send a request and return the reply.

        Args:
            text: The request in words.
            speech: The request as a recording, instead of text.
            files: What the request is about.
            session_id: Session to go on with; a new one if None.
            on_event: Called with every event as it happens.

        Raises:
            ServerError: If the server refuses or fails.
            OSError: If a file cannot be read.
        """
        fields = {"text": text, "session_id": session_id, "stream": "true"}
        data = {name: value for name, value in fields.items() if value is not None}
        with ExitStack() as stack:
            parts = [("files", _part(path, stack)) for path in files]
            if speech is not None:
                parts.append(("speech", _part(speech, stack)))
            for event in self._events("/v1/chat", data, parts):
                if on_event is not None:
                    on_event(event)
                if isinstance(event, Replied):
                    return event
                if isinstance(event, Failed):
                    raise ServerError(event.error.message, code=event.error.code, hint=event.error.hint)
        raise ServerError("The server closed the connection before it replied.")

    def run_task(
        self, task: str, arguments: dict[str, Any], *, files: dict[str, Path] | None = None, model: str | None = None
    ) -> StepResult:
        """Run one task.

        Args:
            task: Task id.
            arguments: Arguments that are no media.
            files: Media arguments by name.
            model: Model to use; the best one if None.
        """
        query = {"model": model} if model else {}
        with ExitStack() as stack:
            if files:
                parts = {name: _part(path, stack) for name, path in files.items()}
                response = self._request("POST", f"/v1/tasks/{task}", params=query, data=arguments, files=parts)
            else:
                response = self._request("POST", f"/v1/tasks/{task}", params=query, json=arguments)
        return StepResult.model_validate(response.json())

    def tasks(self) -> list[dict[str, Any]]:
        """Return the tasks with their state and schemas."""
        return list(self._request("GET", "/v1/tasks").json())

    def models(self) -> list[dict[str, Any]]:
        """Return the models with what they declare."""
        return list(self._request("GET", "/v1/models").json()["data"])

    def session(self, session_id: str) -> Session:
        """Return a session."""
        return Session.model_validate(self._request("GET", f"/v1/sessions/{session_id}").json())

    def download(self, artifact_id: str) -> bytes:
        """Return the bytes of an artifact."""
        return self._request("GET", f"/v1/artifacts/{artifact_id}").content

    def picture(self, artifact_id: str) -> bytes:
        """Return a PNG picture of an artifact."""
        return self._request("GET", f"/v1/artifacts/{artifact_id}/picture").content

    def _events(self, path: str, data: dict[str, str], files: list[Any]) -> Iterator[Event]:
        try:
            with self._http.stream("POST", path, data=data, files=files) as response:
                if response.is_error:
                    response.read()
                    raise _error(response)
                for line in response.iter_lines():
                    if line.startswith("data: "):
                        yield _EVENT.validate_json(line.removeprefix("data: "))
        except httpx.HTTPError as exc:
            raise self._unreachable(exc) from exc

    def _request(self, method: str, path: str, **options: Any) -> httpx.Response:
        try:
            response = self._http.request(method, path, **options)
        except httpx.HTTPError as exc:
            raise self._unreachable(exc) from exc
        if response.is_error:
            raise _error(response)
        return response

    def _unreachable(self, exc: httpx.HTTPError) -> ServerError:
        return ServerError(
            f"No answer from {self.base_url}: {exc or type(exc).__name__}",
            hint="Start the server with 'make run', or name another one.",
        )


def _part(path: Path, stack: ExitStack) -> tuple[str, Any, str]:
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return path.name, stack.enter_context(path.open("rb")), media_type


def _error(response: httpx.Response) -> ServerError:
    try:
        error = response.json()["error"]
        return ServerError(error["message"], code=error["code"], status=response.status_code, hint=error.get("hint"))
    except (ValueError, KeyError, TypeError):
        return ServerError(f"HTTP {response.status_code}: {response.text[:500]}", status=response.status_code)
