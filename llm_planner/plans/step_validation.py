"""Validation of one step: task, model, arguments and the references among them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from llm_planner.plans.languages import language_problems
from llm_planner.plans.plan import FromArtifact, FromStep, Step
from llm_planner.plans.ports import Port, PortKind, ports
from model_wrappers.contract.artifacts import ArtifactRef, Kind
from model_wrappers.contract.catalog import Catalog
from model_wrappers.contract.language_offers import LANGUAGE_ARGUMENTS
from model_wrappers.contract.tasks import TASKS, Task, TaskRequest

NAMES_SHOWN = 12  # names listed in a message before it says how many more there are
VALUE_CHARACTERS = 80  # of a rejected value in a message


@dataclass(frozen=True)
class StepContext:
    """What a step may refer to: models, artifacts by name and by id, other steps by id."""

    catalog: Catalog
    artifacts: Mapping[str, ArtifactRef]
    steps: Mapping[str, Step]


def step_problems(step: Step, context: StepContext) -> Iterator[str]:
    """Yield what is wrong with a step, each problem naming the step, the argument, what was got and what is allowed."""
    label = f"step '{step.id}' ({step.task})"
    task = TASKS.get(step.task)
    if task is None or not context.catalog.for_task(step.task):
        yield f"{label}: {_task_problem(step.task, context.catalog)}"
    if task is not None:
        problems = [*_model_problems(step, context.catalog), *_argument_problems(step, task, context)]
        yield from (f"{label}: {problem}" for problem in problems)


def _task_problem(task_id: str, catalog: Catalog) -> str:
    live = ", ".join(catalog.live_tasks()) or "none"
    if task_id not in TASKS:
        return f"there is no such task; choose one of: {live}"
    reason = catalog.why_off(task_id) or "no model is configured for it"
    return f"the task is off ({reason}); live tasks are: {live}"


def _model_problems(step: Step, catalog: Catalog) -> Iterator[str]:
    models = [entry.id for entry in catalog.for_task(step.task)]
    if step.model is not None and models and step.model not in models:
        state = next(
            (f"{e.state}: {e.reason or 'no reason given'}" for e in catalog.models if e.id == step.model), None
        )
        detail = f"is {state}" if state and not state.startswith("live") else "does not serve this task"
        yield f"model '{step.model}' {detail}; choose one of: {', '.join(models)}, or leave the model out"


def _argument_problems(step: Step, task: Task, context: StepContext) -> Iterator[str]:
    fields, inputs = task.request.model_fields, ports(task.request)
    for name in (name for name in step.arguments if name not in fields):
        yield f"argument '{name}' is unknown; this task takes: {', '.join(fields)}"
    values: dict[str, Any] = {}
    for name in (name for name in step.arguments if name in fields):
        value, port = step.arguments[name], inputs.get(name)
        problem = _flow_problem(value, port, context)
        if problem:
            yield f"argument '{name}' {problem}"
        filled = problem or isinstance(value, FromStep | FromArtifact)
        values[name] = _stand_in(task.request, name, port) if filled else value
    yield from _value_problems(step, task, values, context.catalog)


def _flow_problem(value: Any, port: Port | None, context: StepContext) -> str | None:
    """Return why a value may not fill a field, or None; literals are checked by the field's own type."""
    if isinstance(value, FromStep):
        found = _output_kind(value, context)
    elif isinstance(value, FromArtifact):
        found = _artifact_kind(value, context)
    elif port is not None and port.kind not in ("text", "language"):
        return (
            f'is {_shown(value)}; {port.kind} must be a reference: {{"artifact": "<name>"}} '
            f'or {{"from": "<step>.<output>"}}; {_artifact_names(port.kind, context)}'
        )
    else:
        return None
    if isinstance(found, str):
        return found
    if port is None:
        return f"is {_shown(value)}; it takes a plain value, not a reference"
    if found.many and not port.many and isinstance(value, FromStep):
        return f"is {_shown(value)}, which is {found}; choose one by its index, e.g. '{value.source}.0'"
    if found != port:
        return f"is {_shown(value)}, which is {found}; {port} is needed; {_artifact_names(port.kind, context)}"
    return None


def _output_kind(reference: FromStep, context: StepContext) -> Port | str:
    source = context.steps.get(reference.step_id)
    if source is None:
        return f"refers to step '{reference.step_id}', which does not exist; steps are: {_listed(context.steps)}"
    task = TASKS.get(source.task)
    if task is None:
        return f"refers to step '{source.id}', whose task '{source.task}' does not exist"
    outputs = ports(task.response)
    port = outputs.get(reference.output)
    if port is None:
        return f"refers to '{reference.source}'; outputs of {source.task} that can be used are: {_listed(outputs)}"
    switch = task.switched_outputs.get(reference.output)
    if switch and source.arguments.get(switch) is not True:
        return f"refers to '{reference.source}', which exists only if step '{source.id}' has \"{switch}\": true"
    if reference.index is None:
        return port
    if not port.many:
        return f"refers to '{reference.source}', but '{reference.output}' is a single {port.kind}; leave the index out"
    count = _count(source, task, reference.output)
    if count is not None and reference.index >= count:
        return f"refers to '{reference.source}', but there are {count}: the last index is {count - 1}"
    return Port(port.kind)


def _count(source: Step, task: Task, output: str) -> int | None:
    """Return how many items an output has, where the request has an argument of its name that says so."""
    field = task.request.model_fields.get(output)
    count = source.arguments.get(output, field.default) if field else None
    return count if isinstance(count, int) else None


def _artifact_kind(reference: FromArtifact, context: StepContext) -> Port | str:
    artifact = context.artifacts.get(reference.artifact)
    if artifact is None:
        return (
            f"refers to artifact '{reference.artifact}', which does not exist in this session; "
            f"artifacts are: {_listed(_names(context))}"
        )
    return Port(artifact.kind)


def _stand_in(request: type[TaskRequest], name: str, port: Port | None) -> Any:
    """Return a value the field accepts, so that the rest of the request can be checked without the real one."""
    if port is None:
        return request.model_fields[name].get_default(call_default_factory=True)
    if port.kind in ("text", "language"):
        return "en"  # passes as a text and as a language code
    reference = ArtifactRef(id="0" * 64, kind=port.kind, media_type="application/octet-stream", size_bytes=0, tenant="")
    return (reference,) if port.many else reference


def _value_problems(step: Step, task: Task, values: Mapping[str, Any], catalog: Catalog) -> Iterator[str]:
    try:
        request = task.request.model_validate(values)
    except ValidationError as exc:
        told = (error for error in exc.errors(include_url=False) if error["type"] != "default_factory_not_called")
        yield from (_worded(error, task.request) for error in told)
        return
    literals = {
        name: getattr(request, name)
        for name in LANGUAGE_ARGUMENTS
        if name in task.request.model_fields and not isinstance(step.arguments.get(name), FromStep | FromArtifact)
    }
    if catalog.for_task(task.id):
        yield from language_problems(task, literals, catalog)


def _worded(error: ErrorDetails, request: type[TaskRequest]) -> str:
    reason = error["msg"].removeprefix("Value error, ")
    if not error["loc"]:
        return reason
    name = ".".join(str(part) for part in error["loc"])
    field = request.model_fields.get(str(error["loc"][0]))
    meaning = f" ({field.description})" if field and field.description else ""
    if error["type"] == "missing":
        return f"argument '{name}' is missing{meaning}"
    return f"argument '{name}' is {_shown(error['input'])}: {reason}{meaning}"


def _artifact_names(kind: PortKind, context: StepContext) -> str:
    return f"{kind} artifacts of this session: {_listed(_names(context, kind))}"


def _names(context: StepContext, kind: PortKind | Kind | None = None) -> list[str]:
    return [name for name, ref in context.artifacts.items() if name != ref.id and kind in (None, ref.kind)]


def _listed(names: Mapping[str, Any] | list[str]) -> str:
    shown = list(names)[-NAMES_SHOWN:]
    more = len(names) - len(shown)
    return (", ".join(shown) or "none") + (f" and {more} earlier ones" if more else "")


def _shown(value: Any) -> str:
    if isinstance(value, FromStep):
        return f"'{value.source}'"
    text = repr(value.artifact if isinstance(value, FromArtifact) else value)
    return text if len(text) <= VALUE_CHARACTERS else text[: VALUE_CHARACTERS - 3] + "..."
