import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from llm_planner.online.schema import outcome_schema, parse_outcome
from llm_planner.plans.plan import Chat, Clarify, PlanOutcome, Unsupported
from llm_planner.plans.validation import validate_plan
from model_wrappers.contract.catalog import Catalog
from model_wrappers.contract.errors import InvalidPlan
from model_wrappers.contract.tasks import TASKS
from tests.llm_planner.planning import make_artifact, make_entry

MAX_SCHEMA_CHARACTERS = 12_000  # about 3,000 tokens for sixteen tasks
STRICT_KEYWORDS = {
    *("type", "properties", "required", "additionalProperties", "items", "anyOf", "enum", "const", "$ref", "$defs"),
    *("pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minItems", "maxItems"),
}


def schemas_within(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        for key, value in schema.items():
            inner = value.values() if key in ("properties", "$defs") else [value]
            for part in inner:
                yield from schemas_within(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from schemas_within(part)


def outcome_of(*steps: dict[str, Any]) -> dict[str, Any]:
    return {"outcome": {"kind": "plan", "plan": {"steps": list(steps)}}}


def step_of(task_id: str, arguments: dict[str, Any]) -> dict[str, Any]:
    fields = TASKS[task_id].request.model_fields
    return {"id": "s1", "task": task_id, "arguments": {name: arguments.get(name) for name in fields}}


def accepts(schema: dict[str, Any], value: Any) -> bool:
    return Draft202012Validator(schema).is_valid(value)


def test_schema_is_a_valid_json_schema_that_strict_servers_take(catalog, session):
    schema = outcome_schema(catalog, session.artifacts)
    Draft202012Validator.check_schema(schema)
    parts = list(schemas_within(schema))
    objects = [part for part in parts if part.get("type") == "object"]
    assert schema["type"] == "object"
    assert {keyword for part in parts for keyword in part} <= STRICT_KEYWORDS
    assert all(part["additionalProperties"] is False for part in objects)
    assert all(part["required"] == list(part["properties"]) for part in objects)


def test_schema_of_sixteen_tasks_is_small(catalog, session):
    text = json.dumps(outcome_schema(catalog, session.artifacts), separators=(",", ":"))
    assert len(text) <= MAX_SCHEMA_CHARACTERS


MEDIA = {"audio": {"artifact": "audio-1"}, "reference": {"artifact": "audio-2"}, "image": {"artifact": "image-1"}}
EXAMPLES = [(task.id, example.arguments) for task in TASKS.values() for example in task.examples]


@pytest.mark.parametrize(("task_id", "literals"), EXAMPLES)
def test_every_example_of_every_task_passes_schema_parser_and_validation(
    task_id, literals, catalog, session, artifacts
):
    task = TASKS[task_id]
    media = {name: MEDIA[name] for name, medium in task.inputs.items() if medium.required}
    wire = outcome_of(step_of(task_id, {**media, **literals}))
    if task_id == "style-transfer" and "text" not in literals:
        wire["outcome"]["plan"]["steps"][0]["arguments"]["audio"] = MEDIA["audio"]
    if task_id == "speech-translation":
        wire["outcome"]["plan"]["steps"][0]["arguments"]["audio"] = MEDIA["audio"]
    assert accepts(outcome_schema(catalog, session.artifacts), wire)
    outcome = parse_outcome(json.dumps(wire))
    assert isinstance(outcome, PlanOutcome)
    assert None not in outcome.plan.steps[0].arguments.values()
    validate_plan(outcome.plan, catalog, artifacts)


@pytest.mark.parametrize(
    "step",
    [
        step_of("audio-captioning", {"audio": "clip.wav"}),
        step_of("audio-captioning", {"audio": {"artifact": "audio-7"}}),
        step_of("audio-captioning", {"audio": {"artifact": "image-1"}}),
        step_of("audio-captioning", {"audio": None}),
        step_of("audio-captioning", {"audio": {"from": "s1"}}),
        step_of("mono-to-binaural", {"audio": MEDIA["audio"], "azimuth": 500}),
        step_of("text-to-speech", {"text": "hi"}) | {"id": "1"},
        step_of("text-to-speech", {"text": "hi"}) | {"task": "juggling"},
        step_of("text-to-speech", {"text": "hi"}) | {"notes": "no"},
    ],
)
def test_schema_rules_out_what_could_never_run(step, catalog, session):
    assert not accepts(outcome_schema(catalog, session.artifacts), outcome_of(step))


def test_schema_offers_live_tasks_only():
    catalog = Catalog(
        models=(make_entry("voice", "text-to-speech"), make_entry("face", "talking-head-synthesis", state="off"))
    )
    text = json.dumps(outcome_schema(catalog, ()))
    assert "text-to-speech" in text
    assert "talking-head-synthesis" not in text


def test_schema_without_live_tasks_has_no_plan():
    schema = outcome_schema(Catalog(), ())
    Draft202012Validator.check_schema(schema)
    assert accepts(schema, {"outcome": {"kind": "unsupported", "reason": "nothing runs", "alternatives": []}})
    with pytest.raises(ValidationError):
        Draft202012Validator(schema).validate(outcome_of(step_of("text-to-speech", {"text": "hi"})))


def test_models_are_a_choice_only_where_there_is_one():
    one = Catalog(models=(make_entry("small", "audio-captioning"),))
    two = Catalog(models=(make_entry("small", "audio-captioning"), make_entry("big", "audio-captioning")))
    step = step_of("audio-captioning", {"audio": MEDIA["audio"]})
    artifacts = (make_artifact("audio-1"),)
    assert accepts(outcome_schema(one, artifacts), outcome_of(step))
    assert accepts(outcome_schema(two, artifacts), outcome_of(step | {"model": "big"}))
    assert not accepts(outcome_schema(two, artifacts), outcome_of(step | {"model": "huge"}))


def test_names_are_not_listed_where_there_are_too_many(catalog):
    many = [make_artifact(f"audio-{number}") for number in range(1, 400)]
    schema = outcome_schema(catalog, many)
    assert "audio-17" not in json.dumps(schema)
    assert accepts(schema, outcome_of(step_of("audio-captioning", {"audio": {"artifact": "audio-17"}})))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('{"outcome": {"kind": "chat", "reply": "Hello."}}', Chat),
        ('{"kind": "chat", "reply": "Hello."}', Chat),
        ('Sure!\n```json\n{"kind": "clarify", "question": "Which?", "missing": ["start"]}\n```\nDone.', Clarify),
        ('<think>{"kind": "chat"} or not</think>{"kind": "unsupported", "reason": "No."}', Unsupported),
        ('Not {this}, but {"x": 1} {"steps": [{"id": "s1", "task": "t", "arguments": {}}]}', PlanOutcome),
    ],
)
def test_outcome_is_found_in_what_llms_write(text, kind):
    assert isinstance(parse_outcome(text), kind)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "no JSON object"),
        ("I would clean the audio first.", "no JSON object"),
        ('{"outcome": {"kind": "plan", "plan": {"steps": [{"id": "s1"', "no JSON object"),
        ('{"outcome": {"kind": "plan", "plan": {"steps": []}}}', "plan.plan.steps: Tuple should have at least 1 item"),
        ('{"outcome": {"kind": "dance"}}', "'dance'"),
        ('{"outcome": [1, 2]}', "outcome: "),
        ('{"kind": "plan", "plan": {"steps": [{"id": "S 1", "task": "t"}]}}', "steps.0.id: String should match"),
        ("{" * 100_000, "no JSON object"),
    ],
)
def test_what_is_no_outcome_is_rejected_with_the_reason(text, expected):
    with pytest.raises(InvalidPlan) as caught:
        parse_outcome(text)
    assert expected in caught.value.message
