"""From references to the media a model sees, and back."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, TypeVar

from model_wrappers.contract.artifacts import ArtifactRef
from model_wrappers.contract.audio import Audio
from model_wrappers.contract.catalog import ModelCard
from model_wrappers.contract.errors import NotFound
from model_wrappers.contract.media import FieldMedium, Medium, map_media, media_values
from model_wrappers.contract.tasks.base import TaskRequest, TaskResponse
from router.calls import ModelCall, within
from router.principal import Principal
from router.replica.parts import fits_message

THREADS = 4  # that decode and store while the model's own threads are busy

ResultT = TypeVar("ResultT")


class MediaStore(Protocol):
    """Where a model's media come from and go to; calls block."""

    def read_canonical(self, ref: ArtifactRef) -> bytes:
        """Return what models read of an artifact; raise `NotFound` if it is gone."""
        ...

    def store(self, medium: Medium, tenant: str, licence: str | None = None, *, most_bytes: int | None) -> ArtifactRef:
        """Encode and keep a medium; raise `LimitExceeded` if the tenant would have more bytes than that."""
        ...


class MediaExchange:
    """Decodes what one model's requests refer to and stores what its responses hold, in threads of its own."""

    def __init__(self, model_id: str, artifacts: MediaStore, card: ModelCard) -> None:
        """Start idle.

        Args:
            model_id: For messages.
            artifacts: Where media come from and go to.
            card: Says to what rate and channels audio is converted.
        """
        self._model_id = model_id
        self._artifacts = artifacts
        self._card = card
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix=f"media-{model_id}")

    async def decode(self, call: ModelCall) -> TaskRequest:
        """Return the call's request with decoded media, each artifact read and decoded once.

        Raises:
            NotFound: If an artifact is gone, or belongs to another tenant than the call.
            RequestError: If one cannot be decoded.
            DeadlineExceeded: If the call's deadline passes first.
        """
        if not media_values(call.request):
            return call.request
        return await self._in_thread(call, lambda: self._decoded(call.request, call.scope.tenant))

    async def store(self, response: TaskResponse, call: ModelCall) -> TaskResponse:
        """Return the response with references to its media, stored for the call's tenant, or as `by_value` asks.

        Raises:
            DeadlineExceeded: If the call's deadline passes first.
        """
        if not media_values(response) or (call.by_value and fits_message(response)):
            return response
        return await self._in_thread(call, lambda: self._stored(response, call.scope.principal))

    def close(self) -> None:
        """Take no more; what was taken is still decoded and stored, for those who wait for it."""
        self._threads.shutdown(wait=False)

    async def _in_thread(self, call: ModelCall, work: Callable[[], ResultT]) -> ResultT:
        loop = asyncio.get_running_loop()
        who = f"Model '{self._model_id}'"
        return await within(call.scope.deadline, who, lambda: loop.run_in_executor(self._threads, work))

    def _decoded(self, request: TaskRequest, tenant: str) -> TaskRequest:
        decoded: dict[tuple[str, type[Medium]], Medium] = {}

        def convert(field: FieldMedium, value: Any) -> Any:
            if not isinstance(value, ArtifactRef):
                return value
            if value.tenant != tenant:
                raise NotFound(f"Artifact '{value.id}' does not exist.")
            key = (value.id, field.medium)
            if key not in decoded:
                decoded[key] = self._read(field.medium, value)
            return decoded[key]

        return map_media(request, convert)

    def _stored(self, response: TaskResponse, owner: Principal) -> TaskResponse:
        def convert(_: FieldMedium, value: Any) -> Any:
            if isinstance(value, ArtifactRef):
                return value
            licence, most = getattr(value, "licence", None), owner.limits.storage_bytes
            return self._artifacts.store(value, tenant=owner.tenant, licence=licence, most_bytes=most)

        return map_media(response, convert)

    def _read(self, medium: type[Medium], ref: ArtifactRef) -> Medium:
        data = self._artifacts.read_canonical(ref)
        if issubclass(medium, Audio):
            return medium.decode(data, sample_rate=self._card.sample_rate, channels=self._card.channels)
        return medium.decode(data)
