"""`/v1/tasks`: what is live, and one task at a time without a planner."""

from functools import cache
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, TypeAdapter
from starlette.datastructures import UploadFile

from deployments.api.forms import is_form, opened_form
from deployments.api.json_text import read_json
from deployments.api.native.uploads import heard, resolve, store_upload
from deployments.api.packing import AcceptEncoding, packed_json
from deployments.api.services import ScopeOf, Services, ServicesOf
from deployments.api.streaming import until_disconnected
from llm_planner.plans.results import StepResult
from model_wrappers.contract.artifacts import ArtifactRef
from model_wrappers.contract.errors import InvalidInput
from model_wrappers.contract.tasks import TASKS, Task, get_task
from router.scope import Scope

router = APIRouter(tags=["tasks"])

MAX_FORM_FIELDS = 50


class TaskInfo(BaseModel):
    """One task and whether it can be used now."""

    id: str
    family: str
    summary: str
    live: bool
    reason: str | None
    models: tuple[str, ...]
    primary_output: str
    request_schema: dict[str, Any]
    response_schema: dict[str, Any]


TASK_LIST = TypeAdapter(tuple[TaskInfo, ...])


@router.get("/v1/tasks", response_model=tuple[TaskInfo, ...])
async def list_tasks(services: ServicesOf, accepted: AcceptEncoding = "") -> Response:
    """List the sixteen tasks, which of them are live, and why the others are not."""
    return packed_json(TASK_LIST.dump_json(tuple(_describe(task, services) for task in TASKS.values())), accepted)


@router.get("/v1/tasks/{task}")
async def show_task(task: str, services: ServicesOf) -> TaskInfo:
    """Show one task with its schemas."""
    return _describe(get_task(task), services)


def _describe(task: Task, services: Services) -> TaskInfo:
    catalog = services.catalog()
    models = tuple(entry.id for entry in catalog.for_task(task.id))
    return TaskInfo(
        id=task.id,
        family=task.family,
        summary=task.summary,
        live=bool(models),
        reason=None if models else catalog.why_off(task.id) or "no model is configured for it",
        models=models,
        primary_output=task.primary_output,
        request_schema=_schema(task.request),
        response_schema=_schema(task.response),
    )


@cache
def _schema(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema()


@router.post("/v1/tasks/{task}")
async def run_task(
    task: str,
    request: Request,
    services: ServicesOf,
    scope: ScopeOf,
    model: Annotated[str | None, Query(description="Model to use and no other; the best one if absent")] = None,
) -> StepResult:
    """Run one task; arguments as JSON, or as a form with files for the media fields.

    In JSON a media field is an artifact id, or `{"artifact": "<id>"}`.
    """
    found = get_task(task)
    if model is not None:
        services.catalog().get(model)
    arguments = await _form(request, services, scope, found) if is_form(request) else await _json(request)
    arguments = {name: await _argument(found, name, value, services, scope) for name, value in arguments.items()}
    work = services.executor.execute_task(task, arguments, services.scope(request), model=model)
    return await until_disconnected(request, work)


async def _json(request: Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except ValueError as exc:
        raise InvalidInput(f"The body is not JSON: {exc}. Send JSON or multipart/form-data.") from exc
    if not isinstance(body, dict):
        raise InvalidInput(f"The body must be a JSON object of arguments, got {type(body).__name__}.")
    return body


async def _form(request: Request, services: Services, scope: Scope, task: Task) -> dict[str, Any]:
    limit = services.settings.max_attachments
    async with opened_form(request, max_files=limit, max_fields=MAX_FORM_FIELDS) as form:
        arguments: dict[str, Any] = {}
        for name, value in form.items():
            if isinstance(value, UploadFile):
                arguments[name] = (await store_upload(value, services, scope)).ref
            else:
                arguments[name] = _field_value(task, name, value)
        return arguments


def _field_value(task: Task, name: str, value: str) -> Any:
    """Read a form field: JSON where the task wants a list or an object, the text itself otherwise."""
    field = task.request.model_fields.get(name)
    if field is None or not value.startswith(("[", "{")) or name in ("text", "lyrics", "target"):
        return value
    return read_json(value.encode(), f"'{name}'", name)


async def _argument(task: Task, name: str, value: Any, services: Services, scope: Scope) -> Any:
    if name not in task.inputs or value is None:
        return value
    if isinstance(value, ArtifactRef):
        return await heard(value, services, scope) if task.inputs[name].kind == "audio" else value
    if isinstance(value, dict):
        value = value.get("artifact", value.get("id"))
    if not isinstance(value, str):
        raise InvalidInput(
            f"'{name}' must be an artifact id or a file part of a form, got {type(value).__name__}.", param=name
        )
    return await _argument(task, name, await resolve(value, services, scope, name), services, scope)
