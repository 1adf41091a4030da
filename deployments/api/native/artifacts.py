"""`/v1/artifacts`: files in and out, with ranges and pictures."""

import asyncio
import re
from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import Response
from starlette.datastructures import UploadFile

from deployments.api.forms import is_form, opened_form
from deployments.api.native.ownership import PartOf
from deployments.api.native.uploads import no_file, resolve, store_bytes, store_upload
from deployments.api.services import ScopeOf, ServicesOf
from model_wrappers.contract.artifacts import ArtifactRef, KeptArtifact
from model_wrappers.contract.errors import InvalidInput
from router.pages import Page

router = APIRouter(tags=["artifacts"])

RANGE = re.compile(r"bytes=([0-9]*)-([0-9]*)")
MAX_DIGITS = 18  # of a byte's number; longer ones are beyond every file
View = Literal["waveform", "mel", "posteriorgram", "frames", "thumbnail"]
CACHE = {"Cache-Control": "private, max-age=86400, immutable"}


class StoredArtifact(ArtifactRef):
    """A stored artifact and where to fetch it."""

    url: str

    @classmethod
    def of(cls, ref: ArtifactRef, url: str) -> "StoredArtifact":
        """Add the path under which the artifact is fetched."""
        return cls(**ref.model_dump(), url=url)


class ListedArtifact(KeptArtifact):
    """A stored artifact of a list and where to fetch it."""

    url: str

    @classmethod
    def of(cls, kept: KeptArtifact, url: str) -> "ListedArtifact":
        """Add the path under which the artifact is fetched."""
        return cls(**kept.model_dump(), url=url)


@router.get("/v1/artifacts")
async def list_artifacts(part: PartOf, services: ServicesOf, scope: ScopeOf) -> Page[ListedArtifact]:
    """List one's own stored files, those stored last first."""
    found = await asyncio.to_thread(services.artifacts.page, part.tenant, part.cursor, part.limit)
    listed = (ListedArtifact.of(kept, services.url_of(kept.id, scope.principal)) for kept in found.data)
    return Page(data=tuple(listed), next=found.next)


@router.post("/v1/artifacts", status_code=201)
async def upload(request: Request, services: ServicesOf, scope: ScopeOf) -> StoredArtifact:
    """Store a file, sent as the form part `file` or as the raw body; the kind is told by its content."""
    if is_form(request):
        async with opened_form(request, max_files=1, max_fields=5) as form:
            file = form.get("file")
            if not isinstance(file, UploadFile):
                raise no_file(form)
            ref = (await store_upload(file, services, scope)).ref
    else:
        ref = await store_bytes(await request.body(), None, services, scope)
    return StoredArtifact.of(ref, services.url_of(ref.id, scope.principal))


@router.get("/v1/artifacts/{artifact_id}/info")
async def info(artifact_id: str, services: ServicesOf, scope: ScopeOf) -> StoredArtifact:
    """Return what is known of an artifact."""
    ref = await resolve(artifact_id, services, scope, "artifact_id")
    return StoredArtifact.of(ref, services.url_of(ref.id, scope.principal))


@router.get("/v1/artifacts/{artifact_id}/picture", response_class=Response)
async def picture(
    artifact_id: str,
    services: ServicesOf,
    scope: ScopeOf,
    view: Annotated[View | None, Query(description="The kind's usual picture if absent")] = None,
    gap_start: Annotated[float | None, Query(ge=0, description="Begin of a stretch to mark, in seconds")] = None,
    gap_end: Annotated[float | None, Query(gt=0, description="End of a stretch to mark, in seconds")] = None,
) -> Response:
    """Return a PNG of an artifact, 800 pixels wide, drawn when it is first asked for."""
    ref = await resolve(artifact_id, services, scope, "artifact_id")
    if (gap_start is None) != (gap_end is None):
        raise InvalidInput("Give both 'gap_start' and 'gap_end', or neither.", param="gap_start")
    gap = (gap_start, gap_end) if gap_start is not None and gap_end is not None else None
    work = partial(services.pictures.picture, ref, view=view, gap=gap)
    image = await services.media.run(work, scope, kind="picture")
    return Response(image, media_type="image/png", headers=CACHE)


@router.get("/v1/artifacts/{artifact_id}", response_class=Response)
@router.head("/v1/artifacts/{artifact_id}", response_class=Response, include_in_schema=False)
async def download(
    artifact_id: str,
    services: ServicesOf,
    scope: ScopeOf,
    range_header: Annotated[str | None, Header(alias="Range")] = None,
    if_none_match: Annotated[str | None, Header(alias="If-None-Match")] = None,
    if_range: Annotated[str | None, Header(alias="If-Range")] = None,
) -> Response:
    """Return the bytes of an artifact, or the range of them that a `Range` header names."""
    ref = await resolve(artifact_id, services, scope, "artifact_id")
    headers = {
        **CACHE,
        "Accept-Ranges": "bytes",
        "ETag": f'"{ref.id}"',
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox",
    }
    if if_none_match is not None and _names(if_none_match, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    current = if_range is None or if_range.strip() == headers["ETag"]
    wanted = RANGE.fullmatch(range_header or "") if current else None
    if wanted is None or wanted[0] == "bytes=-":
        data = await asyncio.to_thread(services.artifacts.read, ref)
        return Response(data, media_type=ref.media_type, headers=headers)
    start, end = _bounds(wanted[1], wanted[2], ref.size_bytes)
    if start >= end:
        return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{ref.size_bytes}"})
    data = await asyncio.to_thread(services.artifacts.read_range, ref, start, end)
    headers["Content-Range"] = f"bytes {start}-{end - 1}/{ref.size_bytes}"
    return Response(data, 206, headers, ref.media_type)


@router.delete("/v1/artifacts/{artifact_id}", status_code=204)
async def delete(artifact_id: str, services: ServicesOf, scope: ScopeOf) -> None:
    """Delete a file and all that was made of it; what names it goes on without it."""
    ref = await resolve(artifact_id, services, scope, "artifact_id")
    await services.eraser.artifact(ref.id, scope.principal)


def _names(tags: str, tag: str) -> bool:
    """Tell whether an `If-None-Match` header names a tag; weak tags count."""
    return any(name.strip().removeprefix("W/") in (tag, "*") for name in tags.split(","))


def _bounds(first: str, last: str, size: int) -> tuple[int, int]:
    """Return the half-open byte range of a `Range` header; empty if it cannot be satisfied."""
    if not first:
        return max(0, size - _number(last)), size
    return _number(first), min(_number(last) + 1, size) if last else size


def _number(digits: str) -> int:
    digits = digits.lstrip("0")
    return int(digits or 0) if len(digits) <= MAX_DIGITS else 10**MAX_DIGITS
