"""The tools' definitions, made from the tasks."""

from collections.abc import Iterable
from typing import Any

from mcp_types import Tool, ToolAnnotations

from model_wrappers.contract.tasks import TASKS
from model_wrappers.contract.tasks.base import MAX_TEXT_CHARACTERS, Task

PLAN_AND_RUN = "plan_and_run"

_MEDIA = "Artifact id, artifact:// URI or data URL"


def tool_name(task_id: str) -> str:
    """Return the tool of a task; some clients allow no hyphens."""
    return task_id.replace("-", "_")


def task_of(name: str) -> Task | None:
    """Return the task behind a tool, None if there is none."""
    return TASKS.get(name.replace("_", "-"))


def tools(live: Iterable[str], *, local_files: bool) -> list[Tool]:
    """Return `plan_and_run` and a tool for every live task.

    Args:
        live: Ids of the tasks that can be used now.
        local_files: Whether files of the agent's machine may be named by path.
    """
    media = _MEDIA + (", or path of a local file" if local_files else "")
    return [_plan_and_run(media), *(_task_tool(TASKS[task_id], media) for task_id in live)]


def _plan_and_run(media: str) -> Tool:
    properties: dict[str, Any] = {
        "request": {
            "type": "string",
            "minLength": 1,
            "maxLength": MAX_TEXT_CHARACTERS,
            "description": "What is wanted, in plain words, e.g. 'remove the noise, write down what is said and read "
            "it back'",
        },
        "files": {
            "type": "array",
            "items": {"type": "string"},
            "default": [],
            "description": f"{media}, for each file",
        },
        "session_id": {"type": "string", "description": "Session of an earlier answer, to go on with it"},
    }
    return Tool(
        name=PLAN_AND_RUN,
        title="Plan and run an audio request",
        description="Understand a request that may need several audio models in a row, plan it, run it and return "
        "everything it made. Use it for chains; the other tools run one task each.",
        input_schema={"type": "object", "properties": properties, "required": ["request"]},
        annotations=ToolAnnotations(read_only_hint=False, destructive_hint=False, open_world_hint=False),
    )


def _task_tool(task: Task, media: str) -> Tool:
    schema = task.request.model_json_schema()
    properties = dict(schema["properties"])
    for name in task.inputs:
        said = task.request.model_fields[name].description or name
        properties[name] = {"type": "string", "description": f"{said}. {media}."}
    properties["model"] = {"type": "string", "description": "Model to use; the best one if absent"}
    parts = {key: schema[key] for key in ("required", "$defs") if key in schema}
    return Tool(
        name=tool_name(task.id),
        title=task.id.replace("-", " ").capitalize(),
        description=task.summary,
        input_schema={"type": "object", "properties": properties, "additionalProperties": False, **parts},
        annotations=ToolAnnotations(read_only_hint=True, destructive_hint=False, open_world_hint=False),
    )
