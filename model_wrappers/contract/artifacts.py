"""References to stored media: what travels between processes instead of the samples."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Kind = Literal["text", "audio", "image", "video", "score", "data"]
DECODED: tuple[Kind, ...] = ("audio", "image", "score")  # that models open
ITSELF = "itself"  # the canonical form of what was made here


class ArtifactRef(BaseModel):
    """Name a stored file by its content.

    `id` is the SHA-256 of the bytes; the same bytes stored twice by one tenant are one artifact.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the content, hexadecimal")
    kind: Kind = Field(description="What the file holds")
    media_type: str = Field(description="MIME type of the stored bytes, e.g. audio/wav")
    size_bytes: int = Field(ge=0, description="Length of the stored bytes")
    tenant: str = Field(description="Owner; artifacts are never shared across tenants")
    sample_rate: int | None = Field(default=None, description="Hz, for audio")
    channels: int | None = Field(default=None, description="Number of channels, for audio")
    duration_s: float | None = Field(default=None, description="Seconds, for audio and video")
    width: int | None = Field(default=None, description="Pixels, for images and video")
    height: int | None = Field(default=None, description="Pixels, for images and video")
    licence: str | None = Field(default=None, description="Licence of the content where it has one of its own")
    canonical: str | None = Field(
        default=None,
        description=f"Name of the decoded form kept beside a file from outside, which models read; '{ITSELF}' where "
        "the file was made here",
    )
    warning: str | None = Field(default=None, description="What of a file from outside could not be read")

    @property
    def is_foreign(self) -> bool:
        """Whether the bytes may be from outside and nothing was decoded of them yet, as before files were decoded."""
        return self.canonical is None and self.kind in DECODED


class KeptArtifact(ArtifactRef):
    """What a list tells of a stored file."""

    created: float = Field(description="Seconds since 1970")
    expires: float = Field(description="Seconds since 1970")
