from model_wrappers.contract.artifacts import ArtifactRef
from model_wrappers.contract.media import map_media, references
from model_wrappers.contract.tasks.speech_separation import SpeechSeparationResponse
from model_wrappers.contract.tasks.speech_translation import SpeechTranslationResponse


def ref(digit: str) -> ArtifactRef:
    return ArtifactRef(tenant="default", id=digit * 64, kind="audio", media_type="audio/wav", size_bytes=1)


TEXT = SpeechTranslationResponse(text="x", language="en", source_language="de")


def test_several_media_of_one_field_are_numbered() -> None:
    response = SpeechSeparationResponse(speakers=(ref("1"), ref("2")))
    assert references(response) == {"speakers.0": ref("1"), "speakers.1": ref("2")}


def test_absent_media_are_left_out() -> None:
    assert references(TEXT) == {}
    assert references(TEXT.model_copy(update={"audio": ref("1")})) == {"audio": ref("1")}


def test_mapping_replaces_every_medium_and_leaves_the_original() -> None:
    response = SpeechSeparationResponse(speakers=(ref("1"), ref("2")))
    mapped = map_media(response, lambda field, value: ref(chr(ord(value.id[0]) + 2)))
    assert mapped.speakers == (ref("3"), ref("4"))
    assert response.speakers == (ref("1"), ref("2"))


def test_mapping_returns_a_value_without_media_itself() -> None:
    assert map_media(TEXT, lambda field, value: None) is TEXT
