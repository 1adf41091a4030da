import numpy as np
import pytest

from deployments.api.realtime.config import SAMPLE_RATE, TurnDetection
from deployments.api.realtime.turns import SpeechStarted, SpeechStopped, TurnDetector, TurnEvent
from model_wrappers.contract.audio import Audio

PIECE = SAMPLE_RATE // 50  # 20 ms, as microphones send


def pcm(*waveforms: np.ndarray) -> np.ndarray:
    return np.round(np.concatenate(waveforms) * 32_767).astype(np.int16)


def silence(duration_s: float) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 1e-4, round(duration_s * SAMPLE_RATE))


def fed(detector: TurnDetector, samples: np.ndarray) -> list[TurnEvent]:
    return [event for start in range(0, len(samples), PIECE) for event in detector.feed(samples[start : start + PIECE])]


@pytest.fixture(scope="module")
def sentence(speech: Audio) -> np.ndarray:
    """The clip's second sentence: speech from 7.3 s to its end."""
    return speech.resample(SAMPLE_RATE).mono()[round(7.2 * SAMPLE_RATE) :]


def test_each_utterance_is_found_with_its_padding_and_nothing_else(sentence: np.ndarray) -> None:
    detector = TurnDetector(TurnDetection())
    stream = pcm(silence(2), sentence, silence(2), sentence, silence(2))
    events = fed(detector, stream)
    assert [type(event) for event in events] == [SpeechStarted, SpeechStopped] * 2
    for started, stopped, offset_s in (
        (events[0], events[1], 2.0),
        (events[2], events[3], 4.0 + len(sentence) / SAMPLE_RATE),
    ):
        assert isinstance(started, SpeechStarted)
        assert isinstance(stopped, SpeechStopped)
        end_s = offset_s + len(sentence) / SAMPLE_RATE
        assert started.start_ms / 1_000 == pytest.approx(offset_s - 0.2, abs=0.3)  # 300 ms of padding
        assert stopped.end_ms / 1_000 == pytest.approx(end_s + 0.4, abs=0.3)  # half a second after the last word
        assert len(stopped.pcm) / SAMPLE_RATE == pytest.approx((stopped.end_ms - started.start_ms) / 1_000, abs=0.05)
        begin = round(started.start_ms * SAMPLE_RATE / 1_000)
        np.testing.assert_array_equal(stopped.pcm, stream[begin : begin + len(stopped.pcm)])


def test_silence_and_tones_are_no_speech_and_fill_no_memory() -> None:
    detector = TurnDetector(TurnDetection())
    hum = 0.1 * np.sin(2 * np.pi * 100 * np.arange(5 * SAMPLE_RATE) / SAMPLE_RATE)
    assert fed(detector, pcm(silence(5), hum)) == []
    assert len(detector.commit()) <= 0.5 * SAMPLE_RATE  # padding and lag


def test_speech_without_end_is_cut(sentence: np.ndarray) -> None:
    detector = TurnDetector(TurnDetection(silence_duration_ms=5_000))
    events = fed(detector, pcm(*[sentence] * 25))
    stopped = [event for event in events if isinstance(event, SpeechStopped)]
    assert len(stopped) == 1
    assert len(stopped[0].pcm) / SAMPLE_RATE == pytest.approx(60.0, abs=0.5)


def test_cleared_speech_is_forgotten(sentence: np.ndarray) -> None:
    detector = TurnDetector(TurnDetection())
    fed(detector, pcm(silence(1), sentence[:SAMPLE_RATE]))
    assert detector.speaking
    detector.clear()
    assert not detector.speaking
    assert len(detector.commit()) == 0
