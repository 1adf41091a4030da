"""From references to the media a model sees, and back."""

from typing import Any, Protocol

from model_wrappers.artifacts import ArtifactRef
from model_wrappers.audio import Audio
from model_wrappers.catalog import ModelCard
from model_wrappers.errors import NotFound
from model_wrappers.media import FieldMedium, Medium
from model_wrappers.tasks.base import TaskRequest, TaskResponse
from router.media_values import map_media


class MediaStore(Protocol):
    """Where a model's media come from and go to; calls block."""

    def read(self, ref: ArtifactRef) -> bytes:
        """Return the stored bytes; raise `NotFound` if they are gone."""
        ...

    def store(self, medium: Medium, tenant: str = "default", licence: str | None = None) -> ArtifactRef:
        """Encode and keep a medium."""
        ...


class MediaExchange:
    """Decodes what requests refer to and stores what responses hold; calls block."""

    def __init__(self, artifacts: MediaStore, card: ModelCard) -> None:
        """Keep the store and the card, which says to what rate and channels audio is converted."""
        self._artifacts = artifacts
        self._card = card

    def decode(self, request: TaskRequest, tenant: str) -> TaskRequest:
        """Return the request with decoded media, each artifact read and decoded once.

        Raises:
            NotFound: If an artifact is gone, or belongs to another tenant.
            RequestError: If one cannot be decoded.
        """
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

    def store(self, response: TaskResponse, tenant: str) -> TaskResponse:
        """Return the response with references to its stored media."""

        def convert(_: FieldMedium, value: Any) -> Any:
            if isinstance(value, ArtifactRef):
                return value
            return self._artifacts.store(value, tenant=tenant, licence=getattr(value, "licence", None))

        return map_media(response, convert)

    def _read(self, medium: type[Medium], ref: ArtifactRef) -> Medium:
        data = self._artifacts.read(ref)
        if issubclass(medium, Audio):
            return medium.decode(data, sample_rate=self._card.sample_rate, channels=self._card.channels)
        return medium.decode(data)
