from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from model_wrappers.contract.errors import InvalidInput, ModelUnavailable
from model_wrappers.contract.tasks.speech_translation import SpeechTranslationRequest
from model_wrappers.published.m2m100 import M2M100, MAX_PIECE_CHARACTERS, _pieces
from model_wrappers.weights.ctranslate2_model import converted
from tests.published.contexts import RecordedContext


@pytest.fixture(scope="module")
def m2m100(checkpoint: Callable[[str], Path]) -> Iterator[M2M100]:
    model = M2M100(M2M100.Config.model_validate({"model": str(checkpoint("m2m100"))}))
    model.load("cpu")
    yield model
    model.unload()


def test_a_checkpoint_is_converted_once_and_again_when_it_changed(
    checkpoint: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUDIOGPT_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "tiny"
    folder.mkdir()
    for file in checkpoint("m2m100").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    first = converted(folder, "int8")
    made = (first / "model.bin").stat().st_mtime_ns
    assert converted(folder, "int8") == first
    assert (first / "model.bin").stat().st_mtime_ns == made
    (folder / "notes.txt").write_text("changed")
    assert converted(folder, "int8") != first
    (folder / "config.json").write_text('{"model_type": "whatever"}')
    with pytest.raises(ModelUnavailable, match="is no checkpoint CTranslate2 can convert"):
        converted(folder, "int8")
    assert {file.name for file in (tmp_path / "cache").iterdir() if not file.name.endswith(".lock")} == {
        path.name for path in (tmp_path / "cache").iterdir() if (path / "model.bin").is_file()
    }, "nothing half made is left"


def test_long_texts_are_cut_into_sentences_in_any_script() -> None:
    assert list(_pieces(["今天天气很好。我们去公园吧！"])) == ["今天天气很好。", "我们去公园吧！"]
    words = "many words without any end " * 40
    pieces = list(_pieces([words]))
    assert max(map(len, pieces)) <= MAX_PIECE_CHARACTERS
    assert " ".join(pieces).split() == words.split()
    assert max(map(len, _pieces(["字" * 1_000]))) <= MAX_PIECE_CHARACTERS


def test_the_language_of_a_text_is_told_and_a_text_in_the_wanted_one_stays(m2m100: M2M100) -> None:
    text = "Der Zug fährt um neun Uhr ab, und wir müssen uns beeilen."
    german, same = m2m100.run_batch(
        [SpeechTranslationRequest(text=text, target_language=target) for target in ("en", "de")], RecordedContext()
    )
    assert german.source_language == "de"
    assert same.text == text


def test_a_number_that_the_network_loses_is_told(m2m100: M2M100) -> None:
    request = SpeechTranslationRequest(text="Take 12345 of them.", source_language="en", target_language="es")
    (answered,) = m2m100.run_batch([request], RecordedContext())
    assert "12345" not in answered.text, "weights are random"
    assert answered.changed_numbers == ("12345",)


def test_unknown_languages_are_refused_and_spoil_no_other(m2m100: M2M100) -> None:
    requests = [
        SpeechTranslationRequest(text="Hello.", source_language="en", target_language="eo"),
        SpeechTranslationRequest(text="Hello.", source_language="en", target_language="fr"),
    ]
    refused, answered = m2m100.run_batch(requests, RecordedContext())
    assert isinstance(refused, InvalidInput)
    assert "does not know 'eo'" in refused.message
    assert answered.language == "fr"
