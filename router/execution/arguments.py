"""From a step's arguments to a typed request."""

import asyncio
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

from pydantic import ValidationError

from llm_planner.plans.plan import FromArtifact, FromStep
from llm_planner.plans.results import StepResult
from model_wrappers.contract.artifacts import ArtifactRef
from model_wrappers.contract.errors import InvalidInput, InvalidPlan, NotFound, TooLarge
from model_wrappers.contract.media import FieldMedium, media_fields
from model_wrappers.contract.tasks import Task
from model_wrappers.contract.tasks.base import MAX_TEXT_CHARACTERS, TaskRequest
from router.validation import invalid_input

MAX_TEXT_BYTES = 4 * MAX_TEXT_CHARACTERS  # UTF-8 has at most 4 bytes a character
ARTIFACT_ID = re.compile(r"[0-9a-f]{64}")


class ArtifactReader(Protocol):
    """What arguments need of the artifact store; calls block."""

    def read(self, ref: ArtifactRef) -> bytes:
        """Return the stored bytes; raise `NotFound` if they are gone."""
        ...

    def resolve(self, artifact_id: str, tenant: str) -> ArtifactRef:
        """Return a tenant's artifact by id; raise `NotFound` if there is none."""
        ...


@dataclass(frozen=True)
class Sources:
    """What the arguments of a run may refer to.

    `artifacts` are by name or id; `results` grows while the steps run.
    """

    reader: ArtifactReader
    tenant: str
    artifacts: Mapping[str, ArtifactRef] = field(default_factory=dict)
    results: Mapping[str, StepResult] = field(default_factory=dict)


async def build_request(task: Task, arguments: Mapping[str, Any], sources: Sources) -> TaskRequest:
    """Return the task's request with every reference replaced by what it names.

    Args:
        task: Whose request to build.
        arguments: Literals, `FromStep`, `FromArtifact` or artifact references by name.
        sources: What they may refer to.

    Raises:
        InvalidInput: If a value does not fit its field.
        InvalidPlan: If a step did not give the output a reference names.
        NotFound: If an artifact does not exist.
    """
    media = media_fields(task.request)
    try:
        values = {name: await _value(name, value, media.get(name), sources) for name, value in arguments.items()}
        return task.request.model_validate(values)
    except ValidationError as exc:
        raise invalid_input(exc, task.request, f"The {task.id} request") from exc


async def _value(name: str, value: Any, medium: FieldMedium | None, sources: Sources) -> Any:
    if isinstance(value, dict) and value.keys() == {"artifact"}:
        value = FromArtifact.model_validate(value)
    if isinstance(value, FromStep):
        value = _output(name, value, sources.results)
    elif isinstance(value, FromArtifact):
        value = await _artifact(name, value.artifact, sources)
    elif medium is not None and value is not None and not isinstance(value, ArtifactRef):
        # A reference written out by a caller could name another tenant's artifact.
        raise InvalidInput(
            f"'{name}' must name a stored {medium.kind}.",
            param=name,
            hint='Write {"artifact": "<name or id>"} or {"from": "<step>.<output>"}.',
        )
    if isinstance(value, ArtifactRef) and value.tenant != sources.tenant:
        raise NotFound(f"Artifact '{value.id}' does not exist.", param=name)
    if isinstance(value, ArtifactRef) and value.is_foreign:  # an old session or run remembers it
        with suppress(NotFound):  # told by the model, whose queue may outlast the file anyway
            value = await asyncio.to_thread(sources.reader.resolve, value.id, value.tenant)
    if isinstance(value, ArtifactRef) and medium is None:
        return await _text(name, value, sources.reader)
    return value


def _output(name: str, reference: FromStep, results: Mapping[str, StepResult]) -> Any:
    result = results.get(reference.step_id)
    if result is None:
        raise InvalidPlan(f"'{name}' refers to step '{reference.step_id}', which does not exist.", param=name)
    if reference.index is not None:
        path = f"{reference.output}.{reference.index}"
        if path in result.artifacts:
            return result.artifacts[path]
        value = result.outputs.get(reference.output)
        if isinstance(value, list) and reference.index < len(value):
            return value[reference.index]
        count = f"{len(value)} of them" if isinstance(value, list) else "no such list"
        raise InvalidPlan(f"'{reference.source}' does not exist: step '{result.id}' gave {count}.", param=name)
    value = result.outputs.get(reference.output)
    if reference.output in result.artifacts and not isinstance(value, str):  # a text is at hand, stored or not
        return result.artifacts[reference.output]
    if value is None:
        given = ", ".join(key for key, output in result.outputs.items() if output is not None) or "nothing"
        raise InvalidPlan(f"Step '{result.id}' gave no '{reference.output}'; it gave: {given}.", param=name)
    several = [ref for path, ref in result.artifacts.items() if path.startswith(f"{reference.output}.")]
    if not several:
        return value
    if len(several) == 1:
        return several[0]
    raise InvalidPlan(
        f"'{reference.source}' is {len(several)} {several[0].kind} items; choose one, e.g. '{reference.source}.0'.",
        param=name,
    )


async def _artifact(name: str, key: str, sources: Sources) -> ArtifactRef:
    found = sources.artifacts.get(key) or next((ref for ref in sources.artifacts.values() if ref.id == key), None)
    if found is not None:
        return found
    if ARTIFACT_ID.fullmatch(key):
        try:
            return await asyncio.to_thread(sources.reader.resolve, key, sources.tenant)
        except NotFound as exc:
            raise NotFound(exc.message, param=name) from exc
    known = ", ".join(sources.artifacts) or "none"
    raise NotFound(f"Artifact '{key}' does not exist; choose one of: {known}.", param=name)


async def _text(name: str, ref: ArtifactRef, reader: ArtifactReader) -> str:
    if ref.kind != "text":
        raise InvalidInput(f"'{name}' takes a plain value; got {ref.kind} ({ref.media_type}).", param=name)
    if ref.size_bytes > MAX_TEXT_BYTES:
        raise TooLarge(f"'{name}' is a text of {ref.size_bytes:,} bytes; at most {MAX_TEXT_BYTES:,} fit.", param=name)
    data = await asyncio.to_thread(reader.read, ref)
    try:
        return data.decode().strip()
    except UnicodeDecodeError as exc:
        raise InvalidInput(f"'{name}' is no UTF-8 text (byte {exc.start}); save it as UTF-8.", param=name) from exc
