"""Requests with media as the router takes them, and its results as responses with media."""

from collections.abc import Callable
from typing import Any

from model_wrappers.contract.artifacts import ArtifactRef
from model_wrappers.contract.media import FieldMedium, Medium, map_media, media_fields
from model_wrappers.contract.tasks.base import Task, TaskRequest, TaskResponse


def arguments_of(request: TaskRequest, store: Callable[[Medium], Any]) -> dict[str, Any]:
    """Return the arguments that were given, as JSON values and what `store` makes of media."""
    media = media_fields(type(request))
    plain = request.model_dump(mode="json", include=request.model_fields_set - media.keys(), exclude_none=True)
    given = {name: getattr(request, name) for name in media}
    return plain | {name: store(medium) for name, medium in given.items() if medium is not None}


def response_of(task: Task, outputs: dict[str, Any], read: Callable[[ArtifactRef], bytes]) -> TaskResponse:
    """Return a step's outputs as the task's response, media decoded."""

    def decode(field: FieldMedium, reference: Any) -> Medium:
        return field.medium.decode(read(reference))

    return map_media(task.response.model_validate(outputs), decode)
