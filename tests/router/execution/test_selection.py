import pytest

from model_wrappers.contract.artifacts import ArtifactRef
from model_wrappers.contract.catalog import Catalog, Limits, ModelEntry, ModelState
from model_wrappers.contract.errors import InvalidInput, ModelUnavailable, NotFound, RequestError, TooLarge
from model_wrappers.contract.tasks import get_task
from router.execution.selection import Wish, choose
from tests.router.models import card


def entry(
    model_id: str, *tasks: str, state: ModelState = "live", reason: str | None = None, **fields: object
) -> ModelEntry:
    return ModelEntry(id=model_id, wrapper="tests:X", card=card(*tasks, **fields), state=state, reason=reason)


def recording(duration_s: float | None = 5.0, channels: int | None = 1) -> ArtifactRef:
    properties = {"duration_s": duration_s, "channels": channels}
    return ArtifactRef(tenant="default", id="a" * 64, kind="audio", media_type="audio/wav", size_bytes=1, **properties)


def chosen(catalog: Catalog, task: str, preferred: str | None = None, **arguments: object) -> list[str]:
    request = get_task(task).request.model_validate(arguments)
    return [found.id for found in choose(catalog, task, request, Wish(preferred))]


RECOGNISERS = Catalog(
    models=(
        entry("short", "speech-recognition", limits=Limits(max_duration_s=30), input_languages=("en", "de")),
        entry("long", "speech-recognition", input_languages=("en",)),
        entry("off", "speech-recognition", state="off", reason="no weights"),
        entry("tts", "text-to-speech", output_languages=("en", "ja"), limits=Limits(max_characters=10)),
        entry("stereo", "speech-enhancement", limits=Limits(min_channels=2)),
        entry("to-english", "speech-translation", output_languages=("en",)),
        entry("german", "speech-translation", input_languages=("de",)),
    )
)


@pytest.mark.parametrize(
    ("task", "arguments", "expected"),
    [
        ("speech-recognition", {"audio": recording()}, ["short", "long"]),
        ("speech-recognition", {"audio": recording(), "language": "de"}, ["short"]),
        ("speech-recognition", {"audio": recording(31.0)}, ["long"]),
        ("speech-recognition", {"audio": recording(None)}, ["short", "long"]),
        ("text-to-speech", {"text": "hello", "language": "ja"}, ["tts"]),
        ("speech-enhancement", {"audio": recording(channels=2)}, ["stereo"]),
        ("speech-translation", {"text": "x", "target_language": "fr"}, ["german"]),
        ("speech-translation", {"text": "x", "target_language": "en", "source_language": "fr"}, ["to-english"]),
    ],
)
def test_models_that_can_take_the_request_are_chosen_in_catalog_order(
    task: str, arguments: dict[str, object], expected: list[str]
) -> None:
    assert chosen(RECOGNISERS, task, **arguments) == expected


def test_preferred_model_comes_first_and_the_others_stay_its_fallbacks() -> None:
    assert chosen(RECOGNISERS, "speech-recognition", preferred="long", audio=recording()) == ["long", "short"]


@pytest.mark.parametrize(
    ("task", "arguments", "error", "param", "parts"),
    [
        ("speech-recognition", {"audio": recording(), "language": "fr"}, InvalidInput, "language", ["short", "de, en"]),
        ("text-to-speech", {"text": "a longer text"}, TooLarge, "text", ["13 characters", "at most 10"]),
        ("speech-enhancement", {"audio": recording()}, InvalidInput, "audio", ["1 channel", "at least 2"]),
        (
            "speech-recognition",
            {"audio": recording(90.0), "language": "de"},
            InvalidInput,
            None,
            ["short: 'audio' lasts 90.0 s; it takes at most 30 s", "long: 'language' is 'de'; it knows en"],
        ),
    ],
)
def test_request_every_model_refuses_says_why_and_what_would_do(
    task: str, arguments: dict[str, object], error: type[RequestError], param: str | None, parts: list[str]
) -> None:
    with pytest.raises(error) as caught:
        chosen(RECOGNISERS, task, **arguments)
    assert caught.value.param == param
    assert [part for part in parts if part not in caught.value.message] == []


@pytest.mark.parametrize(
    ("preferred", "error", "part"),
    [
        ("none", NotFound, "Model 'none' does not exist; choose one of: short"),
        ("off", ModelUnavailable, "Model 'off' is off: no weights."),
        ("tts", InvalidInput, "Model 'tts' does not do speech-recognition; choose one of: short, long."),
    ],
)
def test_preferred_model_that_cannot_be_had_is_an_error(preferred: str, error: type[Exception], part: str) -> None:
    with pytest.raises(error) as caught:
        chosen(RECOGNISERS, "speech-recognition", preferred=preferred, audio=recording())
    assert part in str(caught.value)


def test_task_whose_models_are_all_off_gives_their_reasons() -> None:
    catalog = Catalog(models=(entry("off", "text-to-speech", state="off", reason="no weights"),))
    with pytest.raises(ModelUnavailable, match="off: no weights") as caught:
        chosen(catalog, "text-to-speech", text="x")
    assert caught.value.retry_after_s is None


def test_model_that_is_starting_is_chosen_and_its_calls_wait() -> None:
    catalog = Catalog(models=(entry("slow", "text-to-speech", state="starting"),))
    assert chosen(catalog, "text-to-speech", text="x") == ["slow"]


def test_excluded_model_is_not_chosen() -> None:
    request = get_task("speech-recognition").request.model_validate({"audio": recording()})
    assert [e.id for e in choose(RECOGNISERS, "speech-recognition", request, without={"short"})] == ["long"]


def test_model_is_not_chosen_for_an_argument_it_cannot_take() -> None:
    limits = Limits(unsupported=("text", "speak"))
    catalog = Catalog(models=(entry("speech-only", "speech-translation", limits=limits),))
    assert chosen(catalog, "speech-translation", audio=recording(), target_language="en") == ["speech-only"]
    with pytest.raises(InvalidInput, match=r"speech-only: it takes no 'text'\.") as caught:
        chosen(catalog, "speech-translation", text="x", target_language="en")
    assert caught.value.param == "text"
