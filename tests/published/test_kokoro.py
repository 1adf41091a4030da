from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from model_wrappers.contract.errors import InvalidInput
from model_wrappers.contract.tasks.text_to_speech import TextToSpeechRequest
from model_wrappers.published.kokoro import Kokoro
from model_wrappers.published.kokoro.phonemes import phonemes_of
from model_wrappers.speech.kokoro import MAX_PHONEMES, _chunks
from tests.published.checkpoints.kokoro import SAMPLES
from tests.published.contexts import RecordedContext


@pytest.fixture(scope="module")
def kokoro(checkpoint: Callable[[str], Path]) -> Iterator[Kokoro]:
    model = Kokoro(Kokoro.Config.model_validate({"model": str(checkpoint("kokoro"))}))
    model.load("cpu")
    yield model
    model.unload()


@pytest.mark.parametrize(
    ("sentence", "voice", "spelt"),
    [
        ("Hello there, my friend!", "en-us", "həlˈO ðˈɛɹ, mI fɹˈɛnd!"),
        ("No, the boat goes (slowly).", "en-gb", "nˈQ, ðə bˈQt ɡˈQz (slˈQli)."),
        ("¿Qué tal? Muchas gracias.", "es", "¿kˈe tˈal? mˈuʧas ɣɾˈaθjas."),
        ("Ciao, come stai?", "it", "ʧˈao, kˌome stˈaj?"),
        ("So [wˈɪnz] here, [ɡˈɜɹtə].", "en-us", "sˈO wˈɪnz hˈɪɹ, ɡˈɜɹtə."),
        ("... !", "en-us", ""),
    ],
)
def test_sentences_are_spelt_as_the_network_was_trained(sentence: str, voice: str, spelt: str) -> None:
    assert phonemes_of(sentence, voice) == spelt


def test_phonemes_of_a_request_are_said_as_they_are(kokoro: Kokoro) -> None:
    fields = {"text": "Goethe.", "language": "en", "pronunciations": {"Goethe": "/ˈhɛ/"}}
    said = TextToSpeechRequest.model_validate(fields)
    assert kokoro.run_batch([said], RecordedContext())[0].audio.waveform.shape == (1, SAMPLES * 6)


def test_long_sentences_are_cut_at_clauses_and_nothing_is_lost() -> None:
    phonemes = "mˌɛni wˈɜɹdz " * 30 + ", " + "wɪðˌWt ɐ kˈɑmə " * 60
    chunks = list(_chunks(phonemes))
    assert all(0 < len(chunk) <= MAX_PHONEMES for chunk in chunks)
    assert "".join(chunks).replace(" ", "") == phonemes.replace(" ", "")
    assert chunks[0].endswith(",")


def test_all_that_is_said_is_heard_in_the_voice_that_was_asked_for(kokoro: Kokoro) -> None:
    quiet, loud = (
        kokoro.run_batch([TextToSpeechRequest(text="Hello.", voice=voice)], RecordedContext())[0].audio
        for voice in ("af_heart", "bm_george")
    )
    assert quiet.waveform.shape == loud.waveform.shape == (1, SAMPLES * 8)  # six phonemes and two ends
    assert np.abs(loud.waveform).max() == pytest.approx(2 * np.abs(quiet.waveform).max(), rel=0.05)


def test_streamed_parts_are_the_whole(kokoro: Kokoro) -> None:
    request = TextToSpeechRequest(text="One sentence. Two sentences.\nA paragraph.")
    (whole,) = kokoro.run_batch([request], RecordedContext())
    parts = [part.audio.waveform for part in kokoro.stream(request, RecordedContext())]
    assert len(parts) == 3
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), whole.audio.waveform)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"language": "de"}, "Kokoro does not speak 'de' here; choose one of: en, es, fr"),
        ({"language": "it"}, "does not speak 'it' here"),  # whose voices this folder lacks
        ({"voice": "ef_dora"}, "has no voice 'ef_dora' in 'en'; choose one of: af_heart, bm_george"),
        ({"text": "?!"}, "holds no words to speak"),
    ],
)
def test_what_it_cannot_speak_is_refused(kokoro: Kokoro, fields: dict[str, str], sentence: str) -> None:
    (outcome,) = kokoro.run_batch([TextToSpeechRequest.model_validate({"text": "Hi."} | fields)], RecordedContext())
    assert isinstance(outcome, InvalidInput)
    assert sentence in outcome.message
