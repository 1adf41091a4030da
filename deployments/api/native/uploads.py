"""From multipart parts and JSON fields to stored artifacts."""

import asyncio
from collections.abc import Sequence
from functools import partial

from starlette.datastructures import FormData, UploadFile

from deployments.api.services import Services
from model_wrappers.contract.artifacts import ArtifactRef
from model_wrappers.contract.errors import InvalidInput, TooLarge, UnsupportedMedia
from router.scope import Scope
from router.turn.conversation import Upload


def no_file(form: FormData) -> InvalidInput:
    """Return the error for a form whose part `file` is missing or no file."""
    if "file" in form:
        return InvalidInput(
            "The part 'file' has no file name, so it was read as text; send its name too (filename=\"...\").",
            param="file",
        )
    return InvalidInput("The form has no file part named 'file'.", param="file")


async def store_upload(file: UploadFile, services: Services, scope: Scope) -> Upload:
    """Store one uploaded file.

    Raises:
        UnsupportedMedia: If it is none of the kinds the system takes.
        TooLarge: If it exceeds the limits.
    """
    return Upload(await store_bytes(await file.read(), file.filename, services, scope), file.filename)


async def store_bytes(data: bytes, file_name: str | None, services: Services, scope: Scope) -> ArtifactRef:
    """Store a file from outside.

    Raises:
        RequestError: If it is none of the kinds the system takes, damaged, or exceeds the limits.
        ModelOverloaded: If too many files wait to be read.
    """
    most = scope.principal.limits.storage_bytes
    work = partial(services.artifacts.upload, data, file_name=file_name, tenant=scope.tenant, most_bytes=most)
    return await services.media.run(work, scope, kind="upload", size=max(1, len(data)))


async def heard(ref: ArtifactRef, services: Services, scope: Scope) -> ArtifactRef:
    """Return what a request is about: the sound track of a video, which is all that tasks take of one, else the file.

    Raises:
        UnsupportedMedia: If a video has no sound.
    """
    if ref.kind == "video":
        most = scope.principal.limits.storage_bytes
        work = partial(services.artifacts.sound_track, ref, most_bytes=most)
        return await services.media.run(work, scope, kind="sound track", size=max(1, ref.size_bytes))
    return ref


async def sound_of(ref: ArtifactRef, services: Services, scope: Scope) -> ArtifactRef:
    """Return a recording: the artifact itself, or the sound track of a video.

    Raises:
        UnsupportedMedia: If it holds no sound.
    """
    ref = await heard(ref, services, scope)
    if ref.kind != "audio":
        raise UnsupportedMedia(f"The file must hold sound; it is {ref.kind} ({ref.media_type}).", param="file")
    return ref


async def store_uploads(files: Sequence[UploadFile], services: Services, scope: Scope) -> tuple[Upload, ...]:
    """Store several uploaded files in order.

    Raises:
        TooLarge: If there are more than the settings allow.
    """
    check_count(len(files), services)
    return tuple([await store_upload(file, services, scope) for file in files])


async def resolve(artifact_id: str, services: Services, scope: Scope, param: str) -> ArtifactRef:
    """Return a stored artifact by id.

    Raises:
        NotFound: If there is none, or it has expired.
        InvalidInput: If the id is no artifact id.
    """
    if len(artifact_id) != 64:
        raise InvalidInput(
            f"'{artifact_id[:80]}' is no artifact id; upload the file to POST /v1/artifacts and use the id returned.",
            param=param,
        )
    return await asyncio.to_thread(services.artifacts.resolve, artifact_id, scope.tenant)


def check_count(count: int, services: Services) -> None:
    """Refuse more attachments than allowed."""
    if count > services.settings.max_attachments:
        raise TooLarge(
            f"The request has {count} attachments; at most {services.settings.max_attachments} are allowed.",
            param="files",
        )
