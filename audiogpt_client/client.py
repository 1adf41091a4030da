"""The HTTP API as Python calls that block."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from audiogpt_client import calls
from audiogpt_client.errors import ServerError, error_of, unreachable
from audiogpt_client.retries import PAUSE_S, Retries
from llm_planner.plans.plan import Plan
from llm_planner.plans.request import PlannedOutcome
from llm_planner.plans.results import StepResult
from model_wrappers.contract.artifacts import ArtifactRef, KeptArtifact
from model_wrappers.contract.sessions import Session, SessionInfo
from router.events import Event, Replied, RunInfo
from router.pages import PAGE, Page
from router.webhooks.info import SecretWebhook, Webhook

DEFAULT_URL = "http://127.0.0.1:8000"
CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 1_800.0
NO_REPLY = "The server closed the connection before it replied."

T = TypeVar("T")


def http_options(base_url: str, api_key: str | None, timeout_s: float) -> dict[str, Any]:
    """Return the options of an httpx client for a server."""
    return {
        "base_url": base_url.rstrip("/"),
        "timeout": httpx.Timeout(timeout_s, connect=CONNECT_TIMEOUT_S),
        "headers": {"Authorization": f"Bearer {api_key}"} if api_key else {},
    }


class AudioGPT:
    """A connection to a server. Every call raises `ServerError` if the server refuses, fails or does not answer."""

    def __init__(
        self, base_url: str = DEFAULT_URL, *, api_key: str | None = None, timeout_s: float = READ_TIMEOUT_S
    ) -> None:
        """Connect with the first call.

        Args:
            base_url: Address of the server.
            api_key: Key to send as bearer token, where a gateway asks for one.
            timeout_s: Longest silence of the server in seconds.
        """
        self.base_url = base_url.rstrip("/")
        self._http = httpx.Client(**http_options(base_url, api_key, timeout_s))

    def __enter__(self) -> Self:
        """Use the client in a `with` block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def chat(
        self,
        text: str | None = None,
        *,
        speech: Path | None = None,
        files: Sequence[Path] = (),
        artifacts: Sequence[str] = (),
        session_id: str | None = None,
        plan: Plan | None = None,
        timeout_s: float | None = None,
        durable: bool = False,
        on_event: Callable[[Event], None] | None = None,
    ) -> Replied:
        """Send a request and return the reply.

        Args:
            text: The request in words.
            speech: The request as a recording, instead of text.
            files: What the request is about.
            artifacts: Ids of what is already stored and the request is about, too.
            session_id: Session to go on with; a new one if None.
            plan: A plan written by hand, to run instead of planning.
            timeout_s: Seconds until the reply must be there; the server's limit if None.
            durable: Carry it out as a run, which the loss of a process or of the connection does not end.
            on_event: Called with every event as it happens.
        """
        if durable:
            run = self._send(calls.start_run(text, speech, files, artifacts, session_id, plan, timeout_s))
            return self._follow(calls.Following(run.id, 0), on_event)
        call = calls.chat(text, speech, files, artifacts, session_id, plan, timeout_s)
        return self._reply(call, on_event)

    def plan(
        self,
        text: str | None = None,
        *,
        speech: Path | None = None,
        files: Sequence[Path] = (),
        session_id: str | None = None,
    ) -> PlannedOutcome:
        """Return what the planner makes of a request, and run nothing."""
        return self._send(calls.plan(text, speech, files, session_id))

    def start_run(
        self,
        text: str | None = None,
        *,
        speech: Path | None = None,
        files: Sequence[Path] = (),
        artifacts: Sequence[str] = (),
        session_id: str | None = None,
        plan: Plan | None = None,
    ) -> RunInfo:
        """Start what `chat` does without waiting for it."""
        return self._send(calls.start_run(text, speech, files, artifacts, session_id, plan))

    def run(self, run_id: str) -> RunInfo:
        """Return the state of a run."""
        return self._send(calls.run(run_id))

    def follow_run(self, run_id: str, *, after: int = 0, on_event: Callable[[Event], None] | None = None) -> Replied:
        """Wait for a run's reply; events before and with number `after` are left out.

        A connection that breaks is made anew; no event is missed or told twice.
        """
        return self._follow(calls.Following(run_id, after), on_event)

    def cancel_run(self, run_id: str) -> RunInfo:
        """Ask for the end of a run."""
        return self._send(calls.cancel_run(run_id))

    def list_runs(self, *, cursor: str | None = None, limit: int = PAGE) -> Page[RunInfo]:
        """Return a page of one's own runs, the newest first; `cursor` is the `next` of the page before."""
        return self._send(calls.list_runs(cursor, limit))

    def forget_run(self, run_id: str) -> None:
        """Cancel a run that goes on, and delete it with the files that nothing else names."""
        self._send(calls.forget_run(run_id))

    def run_task(
        self,
        task: str,
        arguments: Mapping[str, Any],
        *,
        files: Mapping[str, Path] | None = None,
        model: str | None = None,
    ) -> StepResult:
        """Run one task.

        Args:
            task: Task id.
            arguments: Arguments by name; an artifact by its id.
            files: Media arguments by name, to be sent along.
            model: Model to use; the best one if None.
        """
        return self._send(calls.run_task(task, arguments, files, model))

    def tasks(self) -> list[dict[str, Any]]:
        """Return the tasks with their state and schemas."""
        return self._send(calls.tasks())

    def models(self) -> list[dict[str, Any]]:
        """Return the models with what they declare."""
        return self._send(calls.models())

    def status(self) -> dict[str, Any]:
        """Return what requests wait for, by model and tenant; for operators."""
        return self._send(calls.status())

    def upload(self, path: Path) -> ArtifactRef:
        """Store a file to use in later calls."""
        return self._send(calls.upload(path))

    def list_artifacts(self, *, cursor: str | None = None, limit: int = PAGE) -> Page[KeptArtifact]:
        """Return a page of one's own stored files, the newest first; `cursor` is the `next` of the page before."""
        return self._send(calls.list_artifacts(cursor, limit))

    def artifact(self, artifact_id: str) -> ArtifactRef:
        """Return what is known of an artifact."""
        return self._send(calls.artifact(artifact_id))

    def delete_artifact(self, artifact_id: str) -> None:
        """Delete a stored file and all that was made of it."""
        self._send(calls.delete_artifact(artifact_id))

    def download(self, artifact_id: str) -> bytes:
        """Return the bytes of an artifact."""
        return self._send(calls.download(artifact_id))

    def download_as(self, artifact_id: str, form: str) -> bytes:
        """Return a stored sound as `wav`, `flac` or `mp3`."""
        return self._send(calls.download_as(artifact_id, form))

    def picture(self, artifact_id: str, view: str | None = None) -> bytes:
        """Return a PNG picture of an artifact, such as its `waveform` or `mel`; the kind's usual one if None."""
        return self._send(calls.picture(artifact_id, view))

    def create_session(self) -> Session:
        """Open a session."""
        return self._send(calls.create_session())

    def list_sessions(self, *, cursor: str | None = None, limit: int = PAGE) -> Page[SessionInfo]:
        """Return a page of one's own sessions, those used last first; `cursor` is the `next` of the page before."""
        return self._send(calls.list_sessions(cursor, limit))

    def session(self, session_id: str) -> Session:
        """Return a session with its turns and artifacts."""
        return self._send(calls.session(session_id))

    def delete_session(self, session_id: str) -> None:
        """Delete a session with its runs and the files that nothing else names."""
        self._send(calls.delete_session(session_id))

    def create_webhook(self, url: str) -> SecretWebhook:
        """Have an address told when a run has ended; the secret that its messages are signed with is shown once."""
        return self._send(calls.create_webhook(url))

    def list_webhooks(self) -> list[Webhook]:
        """Return one's own webhooks, the newest first, with what they have still to tell."""
        return self._send(calls.list_webhooks())

    def test_webhook(self, webhook_id: str) -> None:
        """Have a webhook told a message of type `webhook.test`."""
        self._send(calls.test_webhook(webhook_id))

    def rotate_webhook(self, webhook_id: str) -> SecretWebhook:
        """Replace the secret of a webhook; for a day messages are signed with both."""
        return self._send(calls.rotate_webhook(webhook_id))

    def delete_webhook(self, webhook_id: str) -> None:
        """Tell an address nothing more."""
        self._send(calls.delete_webhook(webhook_id))

    def delete_everything(self) -> dict[str, Any]:
        """Delete all of one's own sessions, runs and files, and return the receipt."""
        return self._send(calls.delete_everything())

    def _reply(
        self,
        call: calls.Call[Any],
        on_event: Callable[[Event], None] | None,
        read: Callable[[str], Event | None] = calls.read_event,
    ) -> Replied:
        for event in self._events(call, read):
            if on_event is not None:
                on_event(event)
            if reply := calls.reply_in(event):
                return reply
        raise ServerError(NO_REPLY)

    def _follow(self, following: calls.Following, on_event: Callable[[Event], None] | None) -> Replied:
        """Read a run's events to the last, over as many connections as that takes."""
        while True:
            try:
                return self._reply(following.call(), on_event, following.read)
            except ServerError as exc:
                if not following.may_go_on(exc):
                    raise
            time.sleep(PAUSE_S)

    def _events(self, call: calls.Call[Any], read: Callable[[str], Event | None]) -> Iterator[Event]:
        with self._reachable(), closing(self._answered(call)) as response:
            for line in response.iter_lines():
                if event := read(line):
                    yield event

    def _send(self, call: calls.Call[T]) -> T:
        with self._reachable(), closing(self._answered(call)) as response:
            response.read()
            return call.read(response)

    def _answered(self, call: calls.Call[Any]) -> httpx.Response:
        """Return an answer that is no error, its body still to be read."""
        retries = Retries(call)
        while True:
            try:
                return self._once(call, retries.options)
            except (ServerError, httpx.HTTPError) as exc:
                pause_s = retries.pause_s(exc)
                if pause_s is None:
                    raise
                time.sleep(pause_s)

    def _once(self, call: calls.Call[Any], options: Mapping[str, Any]) -> httpx.Response:
        response = self._http.send(self._http.build_request(call.method, call.path, **options), stream=True)
        if response.is_error:
            with closing(response):
                response.read()
                raise error_of(response)
        return response

    @contextmanager
    def _reachable(self) -> Iterator[None]:
        try:
            yield
        except httpx.HTTPError as exc:
            raise unreachable(self.base_url, exc) from exc
