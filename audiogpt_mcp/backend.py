"""What the tools need of the system, and the way there over HTTP."""

import mimetypes
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit
from urllib.request import url2pathname

from audiogpt_client import AsyncAudioGPT
from llm_planner.plans.plan import Plan
from model_wrappers.contract.artifacts import ArtifactRef
from model_wrappers.contract.errors import InvalidInput
from router.events import Event, Replied
from router.media.base64_text import from_base64

ARTIFACT = "artifact://"
MAX_DATA_CHARACTERS = 8 * 2**20  # of a data URL; larger files belong in `POST /v1/artifacts`

OnEvent = Callable[[Event], None]


class Backend(Protocol):
    """The system as the tools see it."""

    async def live_tasks(self) -> Sequence[str]:
        """Return the ids of the tasks that can be used now."""
        ...

    async def store(self, data: bytes, file_name: str) -> ArtifactRef:
        """Store a file."""
        ...

    async def find(self, artifact_id: str) -> ArtifactRef:
        """Return a stored artifact by id."""
        ...

    async def read(self, ref: ArtifactRef) -> bytes:
        """Return the bytes of an artifact."""
        ...

    async def respond(
        self,
        text: str | None,
        plan: Plan | None,
        attachments: Sequence[ArtifactRef],
        session_id: str | None,
        on_event: OnEvent,
    ) -> Replied:
        """Answer a request in words, or run a plan."""
        ...


class HttpBackend:
    """A server somewhere else, over its HTTP API."""

    def __init__(self, client: AsyncAudioGPT) -> None:
        """Speak through `client`."""
        self._client = client

    async def live_tasks(self) -> Sequence[str]:
        """Return the ids of the tasks that can be used now."""
        return [task["id"] for task in await self._client.tasks() if task["live"]]

    async def store(self, data: bytes, file_name: str) -> ArtifactRef:
        """Store a file."""
        with tempfile.TemporaryDirectory(prefix="audiogpt-") as folder:
            path = Path(folder) / file_name
            path.write_bytes(data)
            return await self._client.upload(path)

    async def find(self, artifact_id: str) -> ArtifactRef:
        """Return a stored artifact by id."""
        return await self._client.artifact(artifact_id)

    async def read(self, ref: ArtifactRef) -> bytes:
        """Return the bytes of an artifact."""
        return await self._client.download(ref.id)

    async def respond(
        self,
        text: str | None,
        plan: Plan | None,
        attachments: Sequence[ArtifactRef],
        session_id: str | None,
        on_event: OnEvent,
    ) -> Replied:
        """Answer a request in words, or run a plan."""
        ids = [ref.id for ref in attachments]
        return await self._client.chat(text, plan=plan, artifacts=ids, session_id=session_id, on_event=on_event)


async def attach(value: Any, backend: Backend, param: str, *, local_files: bool) -> ArtifactRef:
    """Return the artifact an argument names: by id, `artifact://` URI or data URL, locally also as a file.

    Args:
        value: What the agent wrote.
        backend: Where files are stored.
        param: Name of the argument, for the error.
        local_files: Whether `file://` URIs and paths may be read: only for an agent on the user's own machine.

    Raises:
        InvalidInput: If it names nothing that may be used.
    """
    if not isinstance(value, str):
        raise InvalidInput(
            f"'{param}' must be a string, got {type(value).__name__}; {_forms(local_files)}", param=param
        )
    if value.startswith("data:"):
        return await backend.store(*_data_url(value, param))
    if local_files and (path := _local_file(value)) is not None:
        return await backend.store(*_read(path, param))
    artifact_id = value.removeprefix(ARTIFACT)
    if len(artifact_id) != 64:
        raise InvalidInput(f"'{value[:80]}' names no artifact; {_forms(local_files)}", param=param)
    return await backend.find(artifact_id)


def _local_file(value: str) -> Path | None:
    if value.startswith("file://"):
        return Path(url2pathname(urlsplit(value).path))
    path = Path(value)
    return path if path.is_file() else None


def _read(path: Path, param: str) -> tuple[bytes, str]:
    try:
        return path.read_bytes(), path.name
    except OSError as exc:
        raise InvalidInput(f"'{path}' cannot be read: {exc.strerror}.", param=param) from exc


def _data_url(url: str, param: str) -> tuple[bytes, str]:
    head, separator, body = url.partition(",")
    if not separator or not head.endswith(";base64"):
        raise InvalidInput("A data URL must read 'data:<media type>;base64,<data>'.", param=param)
    if len(body) > MAX_DATA_CHARACTERS:
        raise InvalidInput(
            f"The data URL has {len(body):,} characters; at most {MAX_DATA_CHARACTERS:,} are allowed. "
            "Upload the file to POST /v1/artifacts and give its id.",
            param=param,
        )
    media_type = head.removeprefix("data:").removesuffix(";base64").split(";")[0]
    try:
        return from_base64(body), f"file{mimetypes.guess_extension(media_type) or ''}"
    except ValueError as exc:
        raise InvalidInput(f"The data URL is not base64: {exc}.", param=param) from exc


def _forms(local_files: bool) -> str:
    also = ", the path of a local file" if local_files else ""
    return f"give an artifact's id, its artifact:// URI, a data URL{also}."
