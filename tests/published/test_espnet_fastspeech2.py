from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from model_wrappers.contract.errors import Cancelled, InvalidInput, ModelUnavailable
from model_wrappers.contract.tasks.text_to_speech import TextToSpeechRequest
from model_wrappers.published.espnet.fastspeech2 import EspnetFastSpeech2, FastSpeech2Config
from tests.published.contexts import RecordedContext

TEXTS = ("hello.", "this is a much longer sentence than the first. and one more.", "what is it?")


def voice(folder: Path) -> EspnetFastSpeech2:
    model = EspnetFastSpeech2(FastSpeech2Config(model=str(folder), sentences_per_batch=4))
    model.load("cpu")
    return model


@pytest.fixture(scope="module")
def transformer(checkpoint: Callable[[str], Path]) -> EspnetFastSpeech2:
    return voice(checkpoint("espnet_fastspeech2"))


@pytest.fixture(scope="module")
def conformer(checkpoint: Callable[[str], Path]) -> EspnetFastSpeech2:
    return voice(checkpoint("espnet_fastspeech2_conformer"))


def speak(model: EspnetFastSpeech2, *texts: str, speed: float = 1.0) -> list[np.ndarray]:
    requests = [TextToSpeechRequest(text=text, speed=speed) for text in texts]
    return [response.audio.waveform[0] for response in model.run_batch(requests, RecordedContext())]


def test_speech_has_the_rate_of_the_voice_and_a_length_by_its_characters(transformer: EspnetFastSpeech2) -> None:
    (response,) = transformer.run_batch([TextToSpeechRequest(text="hello.")], RecordedContext())
    assert response.audio.sample_rate == 22_050
    frames = response.audio.waveform.shape[1] / 256
    assert frames == int(frames)
    assert 2 * 7 <= frames <= 8 * 7  # six characters and the end, about five frames each


@pytest.mark.parametrize("name", ["transformer", "conformer"])
def test_batch_of_other_lengths_and_speeds_equals_one_by_one(name: str, request: pytest.FixtureRequest) -> None:
    model: EspnetFastSpeech2 = request.getfixturevalue(name)
    requests = [TextToSpeechRequest(text=text, speed=speed) for text, speed in zip(TEXTS, (1.0, 0.7, 1.6), strict=True)]
    together = model.run_batch(requests, RecordedContext())
    for each, answer in zip(requests, together, strict=True):
        (alone,) = model.run_batch([each], RecordedContext())
        assert answer.audio.waveform.shape == alone.audio.waveform.shape
        np.testing.assert_allclose(answer.audio.waveform, alone.audio.waveform, atol=1e-5)


def test_answers_equal_those_of_espnet_itself(
    transformer: EspnetFastSpeech2, checkpoint: Callable[[str], Path]
) -> None:
    from espnet2.bin.tts_inference import Text2Speech

    from model_wrappers.published.espnet.checkpoint import espnet_files

    with espnet_files(checkpoint("espnet_fastspeech2"), "tts") as files:
        bare = Text2Speech(train_config=str(files.config))
        files.load_into(bare.model)
    expected = bare(TEXTS[0])["wav"].reshape(-1).numpy()
    _, ours = speak(transformer, TEXTS[1], TEXTS[0])
    np.testing.assert_allclose(ours, expected, atol=1e-5)


def test_half_speed_lasts_twice_as_long(transformer: EspnetFastSpeech2) -> None:
    (normal,) = speak(transformer, "hello there")
    (slow,) = speak(transformer, "hello there", speed=0.5)
    assert len(slow) == pytest.approx(2 * len(normal), rel=0.01)


def test_sentences_are_spoken_one_after_another_with_progress(transformer: EspnetFastSpeech2) -> None:
    context = RecordedContext()
    (response,) = transformer.run_batch([TextToSpeechRequest(text=" ".join(["One two."] * 6))], context)
    (once,) = speak(transformer, "One two.")
    assert response.audio.waveform.shape[1] == 6 * len(once) + 5 * round(0.25 * 22_050)
    assert context.fractions[0][-1] == 1.0


def test_speech_that_nobody_waits_for_is_given_up(transformer: EspnetFastSpeech2) -> None:
    requests = [TextToSpeechRequest(text=text) for text in (" ".join(["One two."] * 6), "three.")]
    stopped, spoken = transformer.run_batch(requests, RecordedContext(cancel_after={0: 2}))
    assert isinstance(stopped, Cancelled)
    assert spoken.audio.duration_s > 0


def test_another_language_is_refused(transformer: EspnetFastSpeech2) -> None:
    (refused,) = transformer.run_batch([TextToSpeechRequest(text="hallo", language="de")], RecordedContext())
    assert isinstance(refused, InvalidInput)


def test_other_checkpoint_is_refused(checkpoint: Callable[[str], Path]) -> None:
    with pytest.raises(ModelUnavailable, match="of another task than EspnetFastSpeech2"):
        voice(checkpoint("visinger"))
