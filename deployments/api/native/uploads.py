"""From multipart parts and JSON fields to stored artifacts."""

import asyncio
from collections.abc import Sequence

from starlette.datastructures import FormData, UploadFile

from deployments.api.services import Services
from model_wrappers.contract.artifacts import ArtifactRef
from model_wrappers.contract.errors import InvalidInput, TooLarge
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
    data = await file.read()
    ref = await asyncio.to_thread(services.artifacts.upload, data, file_name=file.filename, tenant=scope.tenant)
    return Upload(ref=ref, file_name=file.filename)


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
