from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.errors import Cancelled, InvalidInput, ModelUnavailable
from model_wrappers.contract.tasks.speech_enhancement import SpeechEnhancementRequest
from model_wrappers.contract.tasks.speech_separation import SpeechSeparationRequest
from model_wrappers.published.espnet.enhancement import (
    EnhancementConfig,
    EspnetEnhancement,
    EspnetSeparation,
    SeparationConfig,
)
from model_wrappers.torch.separated_voices import in_order
from tests.published.contexts import RecordedContext

Checkpoint = Callable[[str], Path]


@pytest.fixture(scope="module")
def enhancement(checkpoint: Checkpoint) -> EspnetEnhancement:
    model = EspnetEnhancement(EnhancementConfig(model=str(checkpoint("espnet_conv_tasnet")), windows_per_batch=2))
    model.load("cpu")
    return model


def separation(folder: Path, **changes: object) -> EspnetSeparation:
    model = EspnetSeparation(SeparationConfig(model=str(folder), **changes))
    model.load("cpu")
    return model


@pytest.fixture(scope="module")
def tfgridnet(checkpoint: Checkpoint) -> EspnetSeparation:
    return separation(checkpoint("tfgridnet"))


@pytest.fixture(scope="module")
def skim(checkpoint: Checkpoint) -> EspnetSeparation:
    return separation(checkpoint("skim"), title="SkiM")


def noise(seconds: float, sample_rate: int = 16_000, channels: int = 1, seed: int = 0) -> Audio:
    samples = np.random.default_rng(seed).uniform(-0.3, 0.3, (channels, round(seconds * sample_rate)))
    return Audio(samples.astype(np.float32), sample_rate)


@pytest.mark.parametrize(("channels", "sample_rate"), [(1, 16_000), (2, 44_100)])
def test_enhanced_audio_keeps_length_rate_and_channels(
    enhancement: EspnetEnhancement, channels: int, sample_rate: int
) -> None:
    audio = noise(1.3, sample_rate, channels)
    (response,) = enhancement.run_batch([SpeechEnhancementRequest(audio=audio)], RecordedContext())
    assert response.audio.sample_rate == sample_rate
    assert response.audio.waveform.shape == audio.waveform.shape


def test_enhanced_audio_has_the_level_of_what_it_explains(enhancement: EspnetEnhancement) -> None:
    quiet, loud = noise(1.0), noise(1.0)
    loud = Audio(loud.waveform * 3, loud.sample_rate)
    quiet_out, loud_out = (
        enhancement.run_batch([SpeechEnhancementRequest(audio=audio)], RecordedContext())[0].audio.waveform[0]
        for audio in (quiet, loud)
    )
    # What is left over is orthogonal to the output: no other level would explain more of the recording.
    assert (quiet.waveform[0] - quiet_out) @ quiet_out == pytest.approx(0, abs=1e-3 * float(quiet_out @ quiet_out))
    assert loud_out.std() > 2 * quiet_out.std()


def test_enhancement_of_a_batch_equals_one_by_one(enhancement: EspnetEnhancement) -> None:
    lengths = [(0.9, 1), (1.2, 2), (9.0, 1), (1.4, 1)]
    requests = [
        SpeechEnhancementRequest(audio=noise(seconds, channels=channels, seed=seed))
        for seed, (seconds, channels) in enumerate(lengths)
    ]
    together = enhancement.run_batch(requests, RecordedContext())
    for request, answer in zip(requests, together, strict=True):
        (alone,) = enhancement.run_batch([request], RecordedContext())
        np.testing.assert_allclose(answer.audio.waveform, alone.audio.waveform, atol=1e-4)


def test_cancelled_recording_stops_between_windows_and_spoils_no_other(enhancement: EspnetEnhancement) -> None:
    requests = [SpeechEnhancementRequest(audio=noise(seconds)) for seconds in (16.0, 1.0)]
    context = RecordedContext(cancel_after={0: 2})
    stopped, cleaned = enhancement.run_batch(requests, context)
    assert isinstance(stopped, Cancelled)
    assert cleaned.audio.duration_s == 1.0
    assert max(context.fractions[0]) < 1


@pytest.mark.parametrize("name", ["tfgridnet", "skim"])
def test_separated_voices_are_as_long_as_the_mixture(name: str, request: pytest.FixtureRequest) -> None:
    model: EspnetSeparation = request.getfixturevalue(name)
    audio = noise(1.1, 22_050, channels=2)
    (response,) = model.run_batch([SpeechSeparationRequest(audio=audio)], RecordedContext())
    assert len(response.speakers) == 2
    assert {(voice.sample_rate, voice.waveform.shape) for voice in response.speakers} == {
        (22_050, (1, audio.waveform.shape[1]))
    }
    first, second = (voice.waveform[0] for voice in response.speakers)
    assert not np.allclose(first, second, atol=1e-4)


@pytest.mark.parametrize("name", ["tfgridnet", "skim"])
def test_separation_of_a_batch_equals_one_by_one(name: str, request: pytest.FixtureRequest) -> None:
    model: EspnetSeparation = request.getfixturevalue(name)
    requests = [
        SpeechSeparationRequest(audio=noise(seconds, 8_000, seed=seed)) for seed, seconds in enumerate([0.7, 1.0, 9.0])
    ]
    together = model.run_batch(requests, RecordedContext())
    for each, answer in zip(requests, together, strict=True):
        (alone,) = model.run_batch([each], RecordedContext())
        for voice, single in zip(answer.speakers, alone.speakers, strict=True):
            np.testing.assert_allclose(voice.waveform, single.waveform, atol=1e-4)


def test_voices_keep_their_order_from_window_to_window() -> None:
    random = np.random.default_rng(0)
    voices = random.standard_normal((3, 180)).astype(np.float32)
    windows = [voices[:, :100], voices[[2, 0, 1], 80:]]
    first, second = in_order(windows, 20)
    np.testing.assert_array_equal(first, voices[:, :100])
    np.testing.assert_array_equal(second, voices[:, 80:])


def test_network_for_several_microphones_gets_their_channels(checkpoint: Checkpoint) -> None:
    model = separation(checkpoint("tfgridnet_array"), microphones=2)
    assert model.card(model.config).limits.min_channels == 2
    [separated] = model.run_batch([SpeechSeparationRequest(audio=noise(0.6, 8_000, 2))], RecordedContext())
    assert len(separated.speakers) == 2


def test_wrong_number_of_voices_is_refused(tfgridnet: EspnetSeparation) -> None:
    (refused,) = tfgridnet.run_batch([SpeechSeparationRequest(audio=noise(0.5), speakers=3)], RecordedContext())
    assert isinstance(refused, InvalidInput)
    assert refused.param == "speakers"


@pytest.mark.parametrize(
    ("name", "problem"), [("tfgridnet_array", "separates 2 voices from 2 microphones, the config says 2 from 1")]
)
def test_checkpoint_that_is_not_as_configured_is_refused(checkpoint: Checkpoint, name: str, problem: str) -> None:
    with pytest.raises(ModelUnavailable, match=problem):
        separation(checkpoint(name))


def test_separating_checkpoint_is_no_enhancement(checkpoint: Checkpoint) -> None:
    with pytest.raises(ModelUnavailable, match="serve it with EspnetSeparation"):
        EspnetEnhancement(EnhancementConfig(model=str(checkpoint("skim")))).load("cpu")


def test_folder_that_espnet_did_not_pack_is_refused(tmp_path: Path) -> None:
    (tmp_path / "meta.yaml").write_text("files: {}\nyaml_files: {}\n")
    with pytest.raises(ModelUnavailable, match="is no model packed by ESPnet"):
        EspnetEnhancement(EnhancementConfig(model=str(tmp_path))).load("cpu")
