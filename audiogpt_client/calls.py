"""The HTTP API's calls as values: what to send, and how to read the answer. Both clients send these."""

import json
import mimetypes
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

import httpx
from pydantic import TypeAdapter

from audiogpt_client.errors import UNREACHABLE, ServerError
from llm_planner.plans.plan import Plan
from llm_planner.plans.request import PlannedOutcome
from llm_planner.plans.results import StepResult
from model_wrappers.contract.artifacts import ArtifactRef, KeptArtifact
from model_wrappers.contract.sessions import Session, SessionInfo
from router.events import Event, Failed, Replied, RunInfo
from router.pages import Page
from router.webhooks.info import SecretWebhook, Webhook

T = TypeVar("T")

FilePart = tuple[str, bytes, str]

_EVENT: TypeAdapter[Event] = TypeAdapter(Event)
_DATA = "data: "
_NUMBER = "id: "
GONE = (502, 503, 504)
MAX_IN_VAIN = 30  # a replaced process is back within seconds


@dataclass(frozen=True)
class Call(Generic[T]):
    """One request; `options` are httpx's, `read` makes the answer of the response."""

    method: str
    path: str
    read: Callable[[httpx.Response], T]
    options: Mapping[str, Any] = field(default_factory=dict)
    makes: bool = False  # whether it makes something, so that sending it twice must not do it twice


def chat(
    text: str | None,
    speech: Path | None,
    files: Sequence[Path],
    artifacts: Sequence[str],
    session_id: str | None,
    plan: Plan | None,
    timeout_s: float | None,
) -> Call[httpx.Response]:
    """Ask, and follow the events."""
    options = _request(text, speech, files, artifacts, session_id, plan, timeout_s)
    options["data"]["stream"] = "true"
    return Call("POST", "/v1/chat", _response, options, makes=True)


def plan(text: str | None, speech: Path | None, files: Sequence[Path], session_id: str | None) -> Call[PlannedOutcome]:
    """Plan and run nothing."""
    read = _model(PlannedOutcome)
    return Call("POST", "/v1/plans", read, _request(text, speech, files, (), session_id))


def start_run(
    text: str | None,
    speech: Path | None,
    files: Sequence[Path],
    artifacts: Sequence[str],
    session_id: str | None,
    plan: Plan | None,
    timeout_s: float | None = None,
) -> Call[RunInfo]:
    """Start a run that needs no connection."""
    options = _request(text, speech, files, artifacts, session_id, plan, timeout_s)
    return Call("POST", "/v1/runs", _model(RunInfo), options, makes=True)


def run(run_id: str) -> Call[RunInfo]:
    """Tell how a run goes."""
    return Call("GET", f"/v1/runs/{run_id}", _model(RunInfo))


def list_runs(cursor: str | None, limit: int) -> Call[Page[RunInfo]]:
    """List the caller's runs."""
    return Call("GET", "/v1/runs", _model(Page[RunInfo]), _part(cursor, limit))


def run_events(run_id: str, after: int) -> Call[httpx.Response]:
    """Follow a run's events."""
    options = {"params": {"stream": "true", "after": after}}
    return Call("GET", f"/v1/runs/{run_id}/events", _response, options)


def cancel_run(run_id: str) -> Call[RunInfo]:
    """Ask for the end of a run."""
    return Call("DELETE", f"/v1/runs/{run_id}", _model(RunInfo))


def forget_run(run_id: str) -> Call[None]:
    """Delete a run."""
    return Call("DELETE", f"/v1/runs/{run_id}", lambda response: None, {"params": {"forget": "true"}})


def run_task(
    task: str, arguments: Mapping[str, Any], files: Mapping[str, Path] | None, model: str | None
) -> Call[StepResult]:
    """Run one task; with files as a form, whose lists and objects are JSON."""
    options: dict[str, Any] = {"params": {"model": model} if model else {}}
    if files:
        options["data"] = {
            name: value if isinstance(value, str) else json.dumps(value) for name, value in arguments.items()
        }
        options["files"] = {name: file_part(path) for name, path in files.items()}
    else:
        options["json"] = dict(arguments)
    return Call("POST", f"/v1/tasks/{task}", _model(StepResult), options, makes=True)


def tasks() -> Call[list[dict[str, Any]]]:
    """List the tasks."""
    return Call("GET", "/v1/tasks", lambda response: list(response.json()))


def models() -> Call[list[dict[str, Any]]]:
    """List the models."""
    return Call("GET", "/v1/models", lambda response: list(response.json()["data"]))


def status() -> Call[dict[str, Any]]:
    """Ask how busy the system is; needs the scope `admin` where keys are asked for."""
    return Call("GET", "/v1/admin/status", lambda response: dict(response.json()))


def upload(path: Path) -> Call[ArtifactRef]:
    """Store a file."""
    return Call("POST", "/v1/artifacts", _artifact, {"files": {"file": file_part(path)}}, makes=True)


def list_artifacts(cursor: str | None, limit: int) -> Call[Page[KeptArtifact]]:
    """List the caller's stored files."""
    return Call("GET", "/v1/artifacts", _artifacts, _part(cursor, limit))


def artifact(artifact_id: str) -> Call[ArtifactRef]:
    """Describe a stored file."""
    return Call("GET", f"/v1/artifacts/{artifact_id}/info", _artifact)


def delete_artifact(artifact_id: str) -> Call[None]:
    """Delete a stored file."""
    return Call("DELETE", f"/v1/artifacts/{artifact_id}", lambda response: None)


def download(artifact_id: str) -> Call[bytes]:
    """Fetch a stored file."""
    return Call("GET", f"/v1/artifacts/{artifact_id}", lambda response: response.content)


def download_as(artifact_id: str, form: str) -> Call[bytes]:
    """Fetch a stored sound in another format."""
    path = f"/v1/artifacts/{artifact_id}/audio"
    return Call("GET", path, lambda response: response.content, {"params": {"format": form}})


def picture(artifact_id: str, view: str | None) -> Call[bytes]:
    """Fetch a picture of a stored file."""
    options = {"params": {"view": view} if view else {}}
    return Call("GET", f"/v1/artifacts/{artifact_id}/picture", lambda response: response.content, options)


def create_session() -> Call[Session]:
    """Open a session."""
    return Call("POST", "/v1/sessions", _model(Session), makes=True)


def list_sessions(cursor: str | None, limit: int) -> Call[Page[SessionInfo]]:
    """List the caller's sessions."""
    return Call("GET", "/v1/sessions", _model(Page[SessionInfo]), _part(cursor, limit))


def session(session_id: str) -> Call[Session]:
    """Return a session."""
    return Call("GET", f"/v1/sessions/{session_id}", _model(Session))


def delete_session(session_id: str) -> Call[None]:
    """Delete a session."""
    return Call("DELETE", f"/v1/sessions/{session_id}", lambda response: None)


def create_webhook(url: str) -> Call[SecretWebhook]:
    """Have an address told when a run has ended."""
    return Call("POST", "/v1/webhooks", _model(SecretWebhook), {"json": {"url": url}}, makes=True)


def list_webhooks() -> Call[list[Webhook]]:
    """List the caller's webhooks."""
    return Call("GET", "/v1/webhooks", lambda response: list(_model(Page[Webhook])(response).data))


def test_webhook(webhook_id: str) -> Call[None]:
    """Have a webhook tried."""
    return Call("POST", f"/v1/webhooks/{webhook_id}/test", lambda response: None)


def rotate_webhook(webhook_id: str) -> Call[SecretWebhook]:
    """Replace the secret of a webhook."""
    return Call("POST", f"/v1/webhooks/{webhook_id}/rotate", _model(SecretWebhook))


def delete_webhook(webhook_id: str) -> Call[None]:
    """Tell an address nothing more."""
    return Call("DELETE", f"/v1/webhooks/{webhook_id}", lambda response: None)


def delete_everything() -> Call[dict[str, Any]]:
    """Delete all that the caller has."""
    return Call("DELETE", "/v1/data", lambda response: dict(response.json()))


def file_part(path: Path) -> FilePart:
    """Read a file for a form."""
    return path.name, path.read_bytes(), mimetypes.guess_type(path.name)[0] or "application/octet-stream"


@dataclass
class Following:
    """A run as far as its events have been read; the next call goes on from there."""

    run_id: str
    after: int
    _begun: bool = False
    _in_vain: int = 0  # attempts since the last event

    def call(self) -> Call[httpx.Response]:
        """Ask for the events that are missing."""
        return run_events(self.run_id, self.after)

    def read(self, line: str) -> Event | None:
        """Return the event in one line of the stream, and note its number."""
        self._begun = True
        if line.startswith(_NUMBER):
            self.after, self._in_vain = int(line.removeprefix(_NUMBER)), 0
        return read_event(line)

    def may_go_on(self, error: ServerError) -> bool:
        """Tell whether to connect again: the stream had begun and broke, not too often without an event."""
        self._in_vain += 1
        broke = error.code == UNREACHABLE or error.status in GONE
        return self._begun and broke and self._in_vain <= MAX_IN_VAIN


def read_event(line: str) -> Event | None:
    """Return the event in one line of an event stream, None for other lines."""
    return _EVENT.validate_json(line.removeprefix(_DATA)) if line.startswith(_DATA) else None


def reply_in(event: Event) -> Replied | None:
    """Return the reply if the event is one.

    Raises:
        ServerError: If the event ends the run without a reply.
    """
    if isinstance(event, Failed):
        error = event.error
        raise ServerError(error.message, code=error.code, hint=error.hint, kind=error.type)
    return event if isinstance(event, Replied) else None


def _request(
    text: str | None,
    speech: Path | None,
    files: Sequence[Path],
    artifacts: Sequence[str],
    session_id: str | None,
    plan: Plan | None = None,
    timeout_s: float | None = None,
) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "text": text,
        "session_id": session_id,
        "plan": plan.model_dump_json(by_alias=True) if plan else None,
        "timeout_s": str(timeout_s) if timeout_s else None,
        "artifacts": list(artifacts) or None,
    }
    parts = [("files", file_part(path)) for path in files]
    if speech is not None:
        parts.append(("speech", file_part(speech)))
    return {"data": {name: value for name, value in fields.items() if value is not None}, "files": parts}


def _model(kind: type[T]) -> Callable[[httpx.Response], T]:
    adapter: TypeAdapter[T] = TypeAdapter(kind)
    return lambda response: adapter.validate_json(response.content)


def _artifact(response: httpx.Response) -> ArtifactRef:
    return ArtifactRef.model_validate(_without_url(response.json()))


def _artifacts(response: httpx.Response) -> Page[KeptArtifact]:
    page = response.json()
    return Page[KeptArtifact].model_validate({**page, "data": [_without_url(fields) for fields in page["data"]]})


def _without_url(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name != "url"}


def _part(cursor: str | None, limit: int) -> dict[str, Any]:
    return {"params": {"limit": limit, **({"cursor": cursor} if cursor else {})}}


def _response(response: httpx.Response) -> httpx.Response:
    return response
