"""The JSON schema of an outcome, generated from the live tasks, and the way back from JSON to an outcome."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from llm_planner.plans.plan import MAX_STEPS, Outcome
from llm_planner.plans.ports import declared, ports
from model_wrappers.contract.catalog import Catalog
from model_wrappers.contract.errors import InvalidPlan
from model_wrappers.contract.sessions import SessionArtifact
from model_wrappers.contract.tasks import TASKS, Task

Schema = dict[str, Any]

MAX_NAMES = 200  # of one kind in an enumeration; with more, any name passes the schema and validation decides
PROBLEMS_SHOWN = 8
MAX_BRACES = 64  # places tried as the begin of the answer's JSON
KEPT_KEYWORDS = ("type", "enum", "const", "pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
OUTCOME: TypeAdapter[Outcome] = TypeAdapter(Outcome)


def outcome_schema(catalog: Catalog, artifacts: Iterable[SessionArtifact] | None = None) -> Schema:
    """Return the schema of `{"outcome": ...}` for strict structured outputs.

    Strict servers want an object at the root, every property required and no further ones; an optional argument is
    therefore written as null, which `parse_outcome` takes out again.

    Args:
        catalog: Models in service; only live tasks become steps.
        artifacts: What media and texts may be taken from; any name passes where None.
    """
    tasks = [TASKS[task_id] for task_id in catalog.live_tasks() if task_id in TASKS]
    definitions = _reference_definitions(tasks, None if artifacts is None else list(artifacts))
    steps = [_step(task, catalog) for task in tasks]
    alternatives: Schema = {"type": "array", "items": _enum([task.id for task in tasks]) if tasks else _STRING}
    outcomes = [
        _object(kind=_const("clarify"), question=_STRING, missing=_STRINGS),
        _object(kind=_const("unsupported"), reason=_STRING, alternatives=alternatives),
        _object(kind=_const("chat"), reply=_STRING),
    ]
    if steps:
        many_steps = {"type": "array", "minItems": 1, "maxItems": MAX_STEPS, "items": {"anyOf": steps}}
        outcomes.insert(0, _object(kind=_const("plan"), plan=_object(steps=many_steps)))
    return _object(outcome={"anyOf": outcomes}) | ({"$defs": definitions} if steps else {})


def parse_outcome(text: str) -> Outcome:
    """Read an outcome out of what an LLM wrote: JSON alone, or JSON with thoughts, prose or fences around it.

    Raises:
        InvalidPlan: If there is no outcome in it; the message says what is wrong with the nearest one.
    """
    value = without_nulls(_find_object(text))
    inner = value.get("outcome", value)
    if isinstance(inner, dict) and inner.keys() == {"steps"}:
        inner = {"kind": "plan", "plan": inner}
    try:
        return OUTCOME.validate_python(inner)
    except ValidationError as exc:
        problems = [_problem(error["loc"], error["msg"]) for error in exc.errors(include_url=False)]
        raise InvalidPlan("\n".join(problems[:PROBLEMS_SHOWN]), param="plan") from exc


_STRING: Schema = {"type": "string"}
_STRINGS: Schema = {"type": "array", "items": _STRING}


def _const(value: str) -> Schema:
    return {"type": "string", "const": value}


def _enum(values: Iterable[str]) -> Schema:
    return {"type": "string", "enum": list(values)}


def _object(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _reference_definitions(tasks: list[Task], artifacts: list[SessionArtifact] | None) -> Schema:
    kinds = {port.kind for task in tasks for port in ports(task.request).values()}
    step_output = _object(**{"from": {"type": "string", "pattern": r"^[a-z][a-z0-9_-]*\.[a-z_]+(\.[0-9]+)?$"}})
    definitions: Schema = {"id": {"type": "string", "pattern": "^[a-z][a-z0-9_-]*$"}, "output": step_output}
    for kind in sorted(kinds):
        names = None if artifacts is None else [a.name for a in artifacts if a.ref.kind == kind]
        choices: list[Schema] = [{"$ref": "#/$defs/output"}]
        if kind != "language" and names != []:
            listed = names is not None and len(names) <= MAX_NAMES
            choices.append(_object(artifact=_enum(names or []) if listed else _STRING))
        definitions[kind] = {"anyOf": choices} if len(choices) > 1 else choices[0]
    return definitions


def _step(task: Task, catalog: Catalog) -> Schema:
    properties = {"id": {"$ref": "#/$defs/id"}, "task": _const(task.id), "arguments": _arguments(task)}
    models = catalog.for_task(task.id)
    if len(models) > 1:
        properties["model"] = {"anyOf": [_enum(entry.id for entry in models), {"type": "null"}]}
    return _object(**properties)


def _arguments(task: Task) -> Schema:
    inputs = ports(task.request)
    schema = declared(task.request)
    arguments: dict[str, Schema] = {}
    for name, field in task.request.model_fields.items():
        choices: list[Schema] = []
        if name not in task.inputs:
            choices = _literals(schema["properties"][name], schema.get("$defs", {}))
        if name in inputs:
            choices.append({"$ref": f"#/$defs/{inputs[name].kind}"})
        if not field.is_required() and {"type": "null"} not in choices:
            choices.append({"type": "null"})
        arguments[name] = choices[0] if len(choices) == 1 else {"anyOf": choices}
    return _object(**arguments)


def _literals(field: Schema, definitions: Mapping[str, Schema]) -> list[Schema]:
    """Reduce a pydantic field's schema to what strict servers know; what is dropped, validation checks."""
    if "$ref" in field:
        return _literals(definitions[field["$ref"].rsplit("/", 1)[-1]], definitions)
    if "anyOf" in field:
        return [choice for part in field["anyOf"] for choice in _literals(part, definitions)]
    reduced = {keyword: field[keyword] for keyword in KEPT_KEYWORDS if keyword in field}
    if "items" in field:
        reduced["items"] = _one(_literals(field["items"], definitions))
    if "properties" in field:
        required = field.get("required", [])
        fields = {name: _literals(part, definitions) for name, part in field["properties"].items()}
        optional = {name: [] if name in required else [{"type": "null"}] for name in fields}
        reduced = _object(**{name: _one(choices + optional[name]) for name, choices in fields.items()})
    return [reduced]


def _one(choices: list[Schema]) -> Schema:
    return choices[0] if len(choices) == 1 else {"anyOf": choices}


def _find_object(text: str) -> dict[str, Any]:
    """Return the first JSON object that looks like an outcome, else the first object there is."""
    thoughts, mark, said = text.rpartition("</think>")  # behind the last one none is looked for, again and again
    text = re.sub(r"<think>.*?</think>", "", thoughts + mark, flags=re.DOTALL) + said
    decoder, position = json.JSONDecoder(), text.find("{")
    found: list[dict[str, Any]] = []
    for _ in range(MAX_BRACES):
        if position < 0:
            break
        try:
            value, end = decoder.raw_decode(text, position)
        except (json.JSONDecodeError, RecursionError):
            end = position + 1
        else:
            found.append(value)
        position = text.find("{", end)
    if not found:
        raise InvalidPlan("The answer holds no JSON object; answer with one JSON object and nothing else.")
    return next((value for value in found if value.keys() & {"outcome", "kind", "steps"}), found[0])


def without_nulls(value: Any) -> Any:
    """Return a JSON value without the nulls that stand for arguments left out."""
    if isinstance(value, dict):
        return {name: without_nulls(item) for name, item in value.items() if item is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value


def _problem(location: tuple[int | str, ...], message: str) -> str:
    return f"{'.'.join(str(part) for part in location) or 'outcome'}: {message}"
