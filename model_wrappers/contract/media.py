"""The media a task takes and gives, and how a request field names one.

A media field holds an `ArtifactRef` while a request travels and the decoded medium inside a replica; wrappers only
ever see the decoded form, and schemas only ever show the reference.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, ClassVar, Protocol, Self, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from model_wrappers.contract.artifacts import ArtifactRef, Kind
from model_wrappers.contract.audio import Audio
from model_wrappers.contract.symbolic import Posteriorgram, Score
from model_wrappers.contract.visual import Image, Video

ModelT = TypeVar("ModelT", bound=BaseModel)


class Medium(Protocol):
    """A decoded medium that can be stored and read back."""

    kind: ClassVar[Kind]

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read the stored bytes; raise `UnsupportedMedia` if they are not of this kind."""
        ...

    def encode(self) -> tuple[bytes, str]:
        """Return the bytes to store and their MIME type."""
        ...

    def properties(self) -> dict[str, Any]:
        """Return what an `ArtifactRef` says of the content (`sample_rate`, `duration_s`, ...)."""
        ...


@dataclass(frozen=True)
class MediaField:
    """Mark a pydantic field as holding `medium`, or a reference to a stored one."""

    medium: type[Medium]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        reference = core_schema.no_info_after_validator_function(self._check_kind, handler.generate_schema(ArtifactRef))
        decoded = core_schema.is_instance_schema(self.medium)
        return core_schema.union_schema([decoded, reference], mode="left_to_right", serialization=None)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return handler(ArtifactRef.__pydantic_core_schema__) | {"x-kind": self.medium.kind}

    def _check_kind(self, reference: ArtifactRef) -> ArtifactRef:
        if reference.kind != self.medium.kind:
            raise ValueError(f"expected {self.medium.kind}, got {reference.kind} ({reference.media_type})")
        return reference


AudioField = Annotated[Audio, MediaField(Audio)]
ImageField = Annotated[Image, MediaField(Image)]
VideoField = Annotated[Video, MediaField(Video)]
ScoreField = Annotated[Score, MediaField(Score)]
PosteriorgramField = Annotated[Posteriorgram, MediaField(Posteriorgram)]


@dataclass(frozen=True)
class FieldMedium:
    """How one field of a request or response holds media."""

    medium: type[Medium]
    many: bool
    required: bool

    @property
    def kind(self) -> Kind:
        """The kind every item of the field has."""
        return self.medium.kind


@cache
def media_fields(model: type[BaseModel]) -> dict[str, FieldMedium]:
    """Return the fields of a request or response type that hold media, by name."""
    found = {}
    for name, field in model.model_fields.items():
        many = _origin_is_sequence(field.annotation)
        for marker in [*field.metadata, *_markers(field.annotation)]:
            if isinstance(marker, MediaField):
                found[name] = FieldMedium(marker.medium, many=many, required=field.is_required())
                break
    return found


def _origin_is_sequence(annotation: Any) -> bool:
    origin = get_origin(annotation)
    if origin in (list, tuple):
        return True
    if origin in (Union, UnionType):
        return any(_origin_is_sequence(part) for part in get_args(annotation) if part is not NoneType)
    return False


def _markers(annotation: Any) -> Iterator[Any]:
    if get_origin(annotation) is Annotated:
        yield from get_args(annotation)[1:]
    for part in get_args(annotation):
        yield from _markers(part)


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
