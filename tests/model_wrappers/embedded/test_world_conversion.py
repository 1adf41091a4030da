import numpy as np
import pytest

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.base import ModelConfig
from model_wrappers.contract.errors import Cancelled, InvalidInput
from model_wrappers.contract.tasks.style_transfer import StyleTransferRequest, StyleTransferResponse
from model_wrappers.contract.tasks.text_to_speech import TextToSpeechRequest
from model_wrappers.embedded import world_conversion
from model_wrappers.embedded.hibari.hibari import Hibari, HibariConfig
from model_wrappers.embedded.whisper.whisper import Whisper, WhisperConfig
from model_wrappers.embedded.world_conversion import WorldConversion
from model_wrappers.signal.world import WorldSpeech
from model_wrappers.speech.dnsmos import dnsmos
from tests.model_wrappers.measures import RecordedContext
from tests.model_wrappers.spoken import error_rates

TEXT = "Please remember to bring the documents to the meeting on Thursday afternoon."


@pytest.fixture(scope="module")
def model() -> WorldConversion:
    wrapper = WorldConversion(ModelConfig())
    wrapper.load("cpu")
    return wrapper


@pytest.fixture(scope="module")
def source() -> Audio:
    hibari = Hibari(HibariConfig())
    hibari.load("cpu")
    [answer] = hibari.run_batch([TextToSpeechRequest(text=TEXT)], RecordedContext())
    return answer.audio


@pytest.fixture(scope="module")
def reference(librivox: tuple[Audio, ...]) -> Audio:
    return Audio(np.concatenate([clip.waveform for clip in librivox], axis=1), 16_000)


def convert(model: WorldConversion, source: Audio, reference: Audio) -> StyleTransferResponse:
    [answer] = model.run_batch([StyleTransferRequest(audio=source, reference=reference)], RecordedContext())
    assert isinstance(answer, StyleTransferResponse), answer
    return answer


@pytest.fixture(scope="module")
def converted(model: WorldConversion, source: Audio, reference: Audio) -> StyleTransferResponse:
    return convert(model, source, reference)


def median_pitch_hz(audio: Audio) -> float:
    f0 = WorldSpeech.analyse(audio.resample(16_000).mono(), 16_000).f0
    return float(np.exp(np.median(np.log(f0[f0 > 0]))))


def test_the_voice_comes_nearer_by_0_12(converted: StyleTransferResponse):
    assert converted.similarity - converted.similarity_before >= 0.12


def test_speech_stays_about_as_good_as_it_was(converted: StyleTransferResponse, source: Audio):
    assert converted.quality_before == pytest.approx(dnsmos(source, 2))
    assert converted.quality == pytest.approx(dnsmos(converted.audio, 2))
    assert converted.quality >= converted.quality_before - 0.5
    assert converted.share == 1


def test_a_conversion_that_spoils_the_speech_goes_only_part_of_the_way(
    model: WorldConversion,
    converted: StyleTransferResponse,
    source: Audio,
    reference: Audio,
    monkeypatch: pytest.MonkeyPatch,
):
    judged = iter((3.4, 2.3, 2.95))  # the speech, all the way, three quarters of it
    monkeypatch.setattr(world_conversion, "dnsmos", lambda audio, most_windows: next(judged))
    part = convert(model, source, reference)
    assert (part.share, part.quality, part.quality_before) == (0.75, 2.95, 3.4)
    assert converted.similarity_before < part.similarity < converted.similarity
    assert median_pitch_hz(part.audio) == pytest.approx(median_pitch_hz(reference), rel=0.15)


def test_the_words_stay(converted: StyleTransferResponse):
    whisper = Whisper(WhisperConfig())
    whisper.load("cpu")
    over_all, _ = error_rates(whisper, [(TEXT, converted.audio)])
    assert over_all <= 0.1


def test_pitch_is_the_reference_voices_and_level_length_and_rate_the_sources(
    converted: StyleTransferResponse, source: Audio, reference: Audio
):
    assert median_pitch_hz(converted.audio) == pytest.approx(median_pitch_hz(reference), rel=0.15)
    assert median_pitch_hz(source) != pytest.approx(median_pitch_hz(reference), rel=0.15)
    assert (converted.audio.sample_rate, converted.audio.waveform.shape) == (source.sample_rate, source.waveform.shape)
    assert converted.audio.waveform.std() == pytest.approx(source.waveform.std(), rel=0.01)


def test_a_text_is_refused_with_what_works(model: WorldConversion, reference: Audio):
    [answer] = model.run_batch([StyleTransferRequest(text="Hello", reference=reference)], RecordedContext())
    assert isinstance(answer, InvalidInput)
    assert answer.param == "text"


@pytest.mark.parametrize("param", ["audio", "reference"])
def test_a_recording_without_a_voice_is_refused_by_name(model: WorldConversion, source: Audio, param: str):
    noise = Audio(0.1 * np.random.default_rng(0).standard_normal((1, 32_000)).astype(np.float32), 16_000)
    silence = Audio(np.zeros((1, 32_000), np.float32), 16_000)
    for voiceless in (noise, silence):
        media = {"audio": source, "reference": source} | {param: voiceless}
        [answer] = model.run_batch([StyleTransferRequest(**media)], RecordedContext())
        assert isinstance(answer, InvalidInput), answer
        assert answer.param == param


def test_a_few_words_can_be_converted(model: WorldConversion, source: Audio, reference: Audio):
    words = Audio(source.waveform[:, : source.sample_rate], source.sample_rate)  # 1 s
    [answer] = model.run_batch([StyleTransferRequest(audio=words, reference=reference)], RecordedContext())
    assert isinstance(answer, StyleTransferResponse), answer
    assert answer.similarity > answer.similarity_before
    assert median_pitch_hz(answer.audio) == pytest.approx(median_pitch_hz(reference), rel=0.2)


def test_items_of_a_batch_do_not_touch_each_other(
    model: WorldConversion, converted: StyleTransferResponse, source: Audio, reference: Audio
):
    silence = Audio(np.zeros((1, 16_000), np.float32), 16_000)
    requests = [
        StyleTransferRequest(audio=silence, reference=reference),
        StyleTransferRequest(audio=source, reference=reference),
    ]
    answers = model.run_batch(requests, RecordedContext())
    assert isinstance(answers[0], InvalidInput)
    np.testing.assert_array_equal(answers[1].audio.waveform, converted.audio.waveform)


def test_work_nobody_waits_for_stops(model: WorldConversion, source: Audio, reference: Audio):
    class Leaving(RecordedContext):
        def cancelled(self, item: int) -> bool:
            return len(self.fractions.get(item, [])) == 2

    request = StyleTransferRequest(audio=source, reference=reference)
    [answer] = model.run_batch([request], Leaving())
    assert isinstance(answer, Cancelled)
