"""Stored files as people keep them: sounds in other formats, several files in one archive."""

import asyncio
import io
import zipfile
from collections import Counter
from pathlib import PurePosixPath
from typing import Annotated, Literal

import soundfile
from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from deployments.api.native.uploads import resolve
from deployments.api.services import ScopeOf, Services, ServicesOf
from model_wrappers.contract.artifacts import ArtifactRef
from model_wrappers.contract.audio import Audio
from model_wrappers.contract.errors import InvalidInput, TooLarge

router = APIRouter(tags=["artifacts"])

SoundFormat = Literal["wav", "flac", "mp3"]
MEDIA_TYPES: dict[SoundFormat, str] = {"wav": "audio/wav", "flac": "audio/flac", "mp3": "audio/mpeg"}
MP3_RATES = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)  # Hz, all that MPEG allows
MAX_ARCHIVE_BYTES = 500 * 2**20
CACHE = {"Cache-Control": "private, max-age=86400, immutable"}


class ArchivedFile(BaseModel):
    """One file of an archive."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    artifact: str = Field(description="Artifact id")
    name: str = Field(min_length=1, max_length=200, description="Name in the archive; made unique with a number")


class ArchiveBody(BaseModel):
    """What an archive is made of."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    files: tuple[ArchivedFile, ...] = Field(fail_fast=True, min_length=1, max_length=200)


@router.get("/v1/artifacts/{artifact_id}/audio", response_class=Response)
async def audio(
    artifact_id: str,
    services: ServicesOf,
    scope: ScopeOf,
    form: Annotated[SoundFormat, Query(alias="format", description="wav and flac keep every sample")],
) -> Response:
    """Return a stored sound in another format, at its own sample rate and with its own channels."""
    ref = await resolve(artifact_id, services, scope, "artifact_id")
    if ref.kind != "audio":
        raise InvalidInput(f"Artifact {artifact_id[:12]} is {ref.kind}, not audio.", param="artifact_id")
    size = max(1.0, ref.duration_s or 0.0)
    data = await services.media.run(
        lambda: encode(services.artifacts.read_canonical(ref), form), scope, kind=f"encode {form}", size=size
    )
    return Response(data, media_type=MEDIA_TYPES[form], headers=CACHE)


@router.post("/v1/archives", response_class=Response)
async def archive(body: ArchiveBody, services: ServicesOf, scope: ScopeOf) -> Response:
    """Return a zip file of stored files."""
    refs = [await resolve(file.artifact, services, scope, "files") for file in body.files]
    if (size := sum(ref.size_bytes for ref in refs)) > MAX_ARCHIVE_BYTES:
        raise TooLarge(
            f"The files have {size:,} bytes together; an archive takes {MAX_ARCHIVE_BYTES:,}. Fetch them one by one.",
            param="files",
        )
    data = await asyncio.to_thread(_zip, services, refs, unique([file.name for file in body.files]))
    return Response(data, media_type="application/zip")


def encode(data: bytes, form: SoundFormat) -> bytes:
    """Convert a sound file."""
    sound = Audio.decode(data)
    if form == "mp3" and sound.sample_rate not in MP3_RATES:
        sound = sound.resample(MP3_RATES[-1])
    buffer = io.BytesIO()
    subtype = "MPEG_LAYER_III" if form == "mp3" else "PCM_16"
    soundfile.write(buffer, sound.waveform.T, sound.sample_rate, format=form.upper(), subtype=subtype)
    return buffer.getvalue()


def unique(names: list[str]) -> list[str]:
    """Return the names without folders, those that occur before with a number."""
    seen: Counter[str] = Counter()
    found = []
    for name in names:
        path = PurePosixPath(name.replace("\\", "/").rsplit("/", 1)[-1] or "file")
        seen[path.name] += 1
        found.append(path.name if seen[path.name] == 1 else f"{path.stem}-{seen[path.name]}{path.suffix}")
    return found


def _zip(services: Services, refs: list[ArtifactRef], names: list[str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for ref, name in zip(refs, names, strict=True):
            file.writestr(name, services.artifacts.read(ref))
    return buffer.getvalue()
