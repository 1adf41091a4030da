"""What may flow into and out of a task: the fields a reference can fill or name."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from model_wrappers.contract.artifacts import Kind
from model_wrappers.contract.media import media_fields

PortKind = Kind | Literal["language"]


@dataclass(frozen=True)
class Port:
    """One field that carries media, a text or a language code; `many` holds several."""

    kind: PortKind
    many: bool = False

    def __str__(self) -> str:
        return f"several {self.kind} items" if self.many else str(self.kind)


@cache
def ports(model: type[BaseModel]) -> Mapping[str, Port]:
    """Return the fields of a task's request or response that references can fill or name."""
    media = media_fields(model)
    found = {name: Port(field.kind, field.many) for name, field in media.items()}
    for name, field in model.model_fields.items():
        if name not in media and _holds_string(field.annotation):
            found[name] = Port("language" if name.endswith("language") else "text")
    return found


@cache
def declared(model: type[BaseModel]) -> Mapping[str, Any]:
    """Return a request type's JSON schema, made once: making it takes milliseconds, and every prompt needs them all."""
    return model.model_json_schema()


def _holds_string(annotation: Any) -> bool:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _holds_string(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return any(_holds_string(part) for part in get_args(annotation))
    return annotation is str
