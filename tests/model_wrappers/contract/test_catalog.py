import pytest

from model_wrappers.contract.catalog import Catalog, ModelCard, ModelEntry, ModelState
from model_wrappers.contract.errors import ModelUnavailable, NotFound


def entry(model_id: str, *tasks: str, state: ModelState = "live", reason: str | None = None) -> ModelEntry:
    card = ModelCard(
        title=model_id, tasks=tasks, method="neural", licence="MIT", source="here", revision="1", memory_mb=1
    )
    return ModelEntry(id=model_id, wrapper="module:Class", card=card, state=state, reason=reason)


CATALOG = Catalog(
    models=(
        entry("whisper", "speech-recognition", "speech-translation"),
        entry("tiny", "speech-recognition"),
        entry("festival", "singing-synthesis", state="off", reason="festival is not installed"),
        entry("flite", "text-to-speech", state="starting"),
    )
)


def test_tasks_in_service_are_listed_once_and_starting_models_count() -> None:
    assert CATALOG.live_tasks() == ("speech-recognition", "speech-translation", "text-to-speech")


def test_models_of_a_task_keep_their_order() -> None:
    assert [found.id for found in CATALOG.for_task("speech-recognition")] == ["whisper", "tiny"]


@pytest.mark.parametrize(
    ("task", "reason"),
    [
        ("singing-synthesis", "festival: festival is not installed"),
        ("text-to-speech", None),
        ("speech-recognition", None),
        ("text-to-audio", None),
    ],
)
def test_reason_is_told_only_of_tasks_that_are_off(task: str, reason: str | None) -> None:
    assert CATALOG.why_off(task) == reason


def test_model_is_found_by_id() -> None:
    assert CATALOG.get("tiny").id == "tiny"


def test_unknown_model_names_the_known_ones() -> None:
    with pytest.raises(NotFound, match="choose one of: whisper, tiny, festival, flite"):
        CATALOG.get("gpt")


def test_model_that_is_off_says_why() -> None:
    with pytest.raises(ModelUnavailable, match="is off: festival is not installed"):
        CATALOG.get("festival")


def test_catalog_survives_json() -> None:
    assert Catalog.model_validate_json(CATALOG.model_dump_json()) == CATALOG
