"""Reaching the media inside requests and responses."""

from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import BaseModel

from model_wrappers.contract.artifacts import ArtifactRef
from model_wrappers.contract.media import FieldMedium, media_fields

ModelT = TypeVar("ModelT", bound=BaseModel)


def media_values(model: BaseModel) -> dict[str, Any]:
    """Return every medium or reference in a request or response, by path: `audio`, `speakers.1`."""
    found: dict[str, Any] = {}
    for name, field in media_fields(type(model)).items():
        value = getattr(model, name)
        if field.many:
            found.update((f"{name}.{index}", item) for index, item in enumerate(value or ()))
        elif value is not None:
            found[name] = value
    return found


def references(model: BaseModel) -> dict[str, ArtifactRef]:
    """Return the stored media in a request or response, by path."""
    return {path: value for path, value in media_values(model).items() if isinstance(value, ArtifactRef)}


def map_media(model: ModelT, convert: Callable[[FieldMedium, Any], Any]) -> ModelT:
    """Return a copy in which every medium is replaced by what `convert` makes of it; the model itself if it has none.

    Args:
        model: A request or response; it is not validated again.
        convert: Called with the field and each medium in it.
    """
    changed: dict[str, Any] = {}
    for name, field in media_fields(type(model)).items():
        value = getattr(model, name)
        if value is not None:
            changed[name] = tuple(convert(field, item) for item in value) if field.many else convert(field, value)
    return model.model_copy(update=changed) if changed else model
