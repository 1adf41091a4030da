import jsonschema
import pytest
from pydantic import ValidationError

from model_wrappers.contract.artifacts import ArtifactRef
from model_wrappers.contract.errors import NotFound
from model_wrappers.contract.tasks import TASKS, Task, get_task

TASK_IDS = [
    *("speech-recognition", "speech-translation", "style-transfer", "speech-enhancement", "speech-separation"),
    *("mono-to-binaural", "audio-inpainting", "sound-extraction", "sound-detection", "target-sound-detection"),
    *("talking-head-synthesis", "text-to-speech", "text-to-audio", "audio-captioning", "image-to-audio"),
    "singing-synthesis",
]
AUDIO = ArtifactRef(tenant="default", id="0" * 64, kind="audio", media_type="audio/wav", size_bytes=1)
all_tasks = pytest.mark.parametrize("task", TASKS.values(), ids=lambda task: task.id)


def test_the_sixteen_tasks_are_there() -> None:
    assert list(TASKS) == TASK_IDS
    assert all(get_task(task_id).id == task_id for task_id in TASK_IDS)


def test_unknown_task_names_the_known_ones() -> None:
    with pytest.raises(NotFound, match="choose one of: speech-recognition, "):
        get_task("asr")


@all_tasks
def test_request_and_response_have_valid_schemas(task: Task) -> None:
    for model in (task.request, task.response):
        schema = model.model_json_schema()
        jsonschema.Draft202012Validator.check_schema(schema)
        assert schema["additionalProperties"] is False


@all_tasks
def test_every_request_field_is_described_for_the_planner(task: Task) -> None:
    assert [name for name, field in task.request.model_fields.items() if not field.description] == []


@all_tasks
def test_task_says_what_it_takes_and_gives(task: Task) -> None:
    assert task.primary_output in task.response.model_fields
    assert task.summary.endswith(".")
    assert task.examples


@all_tasks
def test_arguments_of_the_examples_are_valid(task: Task) -> None:
    properties = task.request.model_json_schema()["properties"]
    definitions = task.request.model_json_schema().get("$defs", {})
    for example in task.examples:
        for name, value in example.arguments.items():
            jsonschema.validate(value, properties[name] | {"$defs": definitions})


@all_tasks
def test_request_is_frozen_and_refuses_unknown_fields(task: Task) -> None:
    assert task.request.model_config["frozen"]
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        task.request.model_validate({"no_such_field": 1})


@pytest.mark.parametrize("arguments", [{}, {"text": "hello", "audio": AUDIO}], ids=["neither", "both"])
def test_translation_takes_exactly_one_of_speech_and_text(arguments: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="give exactly one of 'audio' and 'text'"):
        TASKS["speech-translation"].request.model_validate({"target_language": "en"} | arguments)
