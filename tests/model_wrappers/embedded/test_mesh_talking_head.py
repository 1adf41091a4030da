import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as PillowImage

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.errors import Cancelled, InvalidInput
from model_wrappers.contract.tasks.talking_head_synthesis import TalkingHeadSynthesisRequest
from model_wrappers.contract.visual import Image, Video
from model_wrappers.embedded.mesh_talking_head import FRAME_RATE, MeshTalkingHead, MeshTalkingHeadConfig
from model_wrappers.talking_head.face_mesh import CHIN, FOREHEAD, FaceMesh
from model_wrappers.talking_head.portrait import DEFAULT_PORTRAIT
from tests.model_wrappers.measures import RecordedContext

SPEECH = Path("examples/data/speech.flac")
SECONDS = 4.02  # not a whole number of frames


@pytest.fixture(scope="module")
def speech() -> Audio:
    audio = Audio.decode(SPEECH.read_bytes())
    return Audio(audio.waveform[:, : round(SECONDS * audio.sample_rate)], audio.sample_rate)


@pytest.fixture(scope="module")
def model() -> Iterator[MeshTalkingHead]:
    model = MeshTalkingHead(MeshTalkingHeadConfig())
    model.load("cpu")
    yield model
    model.unload()


@pytest.fixture(scope="module")
def film(model: MeshTalkingHead, speech: Audio) -> Video:
    return _film(model, speech)


@pytest.fixture(scope="module")
def portrait() -> NDArray[np.uint8]:
    return Image.decode(DEFAULT_PORTRAIT.read_bytes()).pixels


def _film(model: MeshTalkingHead, audio: Audio, image: Image | None = None) -> Video:
    (answer,) = model.run_batch([TalkingHeadSynthesisRequest(audio=audio, image=image)], RecordedContext())
    assert not isinstance(answer, Exception), answer
    return answer.video


def _frames(film: Video) -> list[NDArray[np.uint8]]:
    with av.open(io.BytesIO(film.data)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def _mouth_openings(film: Video) -> NDArray[np.float64]:
    """Return the distance of the lips over the face's height, frame by frame, as the face mesh sees it."""
    mesh = FaceMesh()
    faces = np.stack([mesh.find(frame) for frame in _frames(film)])
    return np.hypot(*(faces[:, 13] - faces[:, 14]).T) / np.hypot(*(faces[:, FOREHEAD] - faces[:, CHIN]).T)


def _envelope(audio: Audio, frames: int) -> NDArray[np.float64]:
    hop = audio.sample_rate // FRAME_RATE
    samples = np.pad(audio.mono(), (0, frames * hop - audio.waveform.shape[1]))
    return np.sqrt((samples.reshape(frames, hop) ** 2).mean(axis=1))


def _scene(portrait: NDArray[np.uint8], *, side: int, left: int, top: int, turn: float = 0.0) -> Image:
    """Return a grey picture of 900 x 600 pixels with the portrait somewhere in it."""
    scene = PillowImage.new("RGB", (900, 600), (110, 110, 110))
    scene.paste(PillowImage.fromarray(portrait).resize((side, side)).rotate(turn, fillcolor=(110,) * 3), (left, top))
    return Image(np.asarray(scene))


def test_the_mouth_follows_the_loudness_of_the_speech(film: Video, speech: Audio) -> None:
    openings = _mouth_openings(film)
    assert np.corrcoef(openings, _envelope(speech, len(openings)))[0, 1] >= 0.6
    assert np.ptp(openings) > 0.02


def test_the_film_lasts_as_long_as_the_speech(film: Video, speech: Audio) -> None:
    assert (film.width, film.height, film.frame_rate) == (256, 256, 25)
    assert speech.duration_s <= film.duration_s < speech.duration_s + 1 / FRAME_RATE
    assert len(_frames(film)) == np.ceil(SECONDS * FRAME_RATE)


def test_the_film_is_h264_with_the_speech_in_aac(film: Video, speech: Audio) -> None:
    with av.open(io.BytesIO(film.data)) as container:
        assert [stream.codec_context.name for stream in container.streams] == ["h264", "aac"]
        assert "Synthetic" in container.metadata["comment"]
        blocks = [frame.to_ndarray() for frame in container.decode(audio=0)]
    heard = np.concatenate(blocks, axis=1)[0, : speech.waveform.shape[1]]
    assert np.corrcoef(heard, speech.waveform[0, : len(heard)])[0, 1] > 0.95


@pytest.mark.parametrize("sample_rate", [8_000, 11_025, 96_000])
def test_sound_of_any_rate_is_heard_in_the_film(model: MeshTalkingHead, sample_rate: int) -> None:
    tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(sample_rate) / sample_rate)
    film = _film(model, Audio(np.stack([tone, tone, tone]).astype(np.float32), sample_rate))
    heard = Audio.decode(film.data)
    assert heard.channels == 2
    spectrum = np.abs(np.fft.rfft(heard.mono()))
    assert abs(spectrum.argmax() / len(heard.mono()) * heard.sample_rate - 440) < 3


def test_a_silent_face_blinks_and_keeps_its_mouth_still(model: MeshTalkingHead) -> None:
    film = _film(model, Audio(np.zeros((1, 32_000), np.float32), 16_000))
    assert np.ptp(_mouth_openings(film)) < 0.015
    frames = np.stack(_frames(film)).mean(axis=3)
    left, top = FaceMesh().find(_frames(film)[0])[[33, 133, 159, 145]].min(axis=0).astype(int) - 1
    dark = (frames[:, top : top + 10, left : left + 22] < 90).mean(axis=(1, 2))
    assert dark.min() < 0.75 * np.median(dark)  # the iris is hidden by the lid


@pytest.mark.parametrize(
    ("side", "left", "top", "turn"),
    [(560, 20, 20, 0.0), (560, 300, 30, 20.0), (140, 740, 440, 0.0), (120, 40, 30, -10.0)],
)
def test_a_face_anywhere_in_the_picture_speaks(
    model: MeshTalkingHead, speech: Audio, portrait: NDArray[np.uint8], side: int, left: int, top: int, turn: float
) -> None:
    short = Audio(speech.waveform[:, :40_000], speech.sample_rate)
    openings = _mouth_openings(_film(model, short, _scene(portrait, side=side, left=left, top=top, turn=turn)))
    assert np.corrcoef(openings, _envelope(short, len(openings)))[0, 1] >= 0.35


def test_of_two_faces_the_larger_speaks(model: MeshTalkingHead, portrait: NDArray[np.uint8]) -> None:
    both = _scene(portrait, side=500, left=380, top=60).pixels.copy()
    both[100:300, 50:250] = _scene(portrait, side=200, left=0, top=0).pixels[:200, :200]
    points = FaceMesh().find(both)
    assert 500 < points[:, 0].mean() < 760


def test_a_picture_without_a_face_is_refused_beside_a_good_request(model: MeshTalkingHead, speech: Audio) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (300, 400, 3)).astype(np.uint8)
    short = Audio(speech.waveform[:, :8_000], speech.sample_rate)
    requests = [
        TalkingHeadSynthesisRequest(audio=short, image=Image(noise)),
        TalkingHeadSynthesisRequest(audio=short),
    ]
    refused, answered = model.run_batch(requests, RecordedContext())
    assert isinstance(refused, InvalidInput)
    assert refused.param == "image"
    assert "400 x 300" in refused.message
    assert not isinstance(answered, Exception)
    assert _frames(answered.video)[0].tobytes() == _frames(_film(model, short))[0].tobytes()


def test_equal_requests_give_equal_films(model: MeshTalkingHead, speech: Audio) -> None:
    short = Audio(speech.waveform[:, :8_000], speech.sample_rate)
    assert _film(model, short).data == _film(model, short).data


def test_progress_is_told_and_cancelled_work_stops(model: MeshTalkingHead, speech: Audio) -> None:
    request = TalkingHeadSynthesisRequest(audio=Audio(speech.waveform[:, :16_000], speech.sample_rate))
    context = RecordedContext(cancelled=(1,))
    answers: list[Any] = model.run_batch([request, request], context)
    assert isinstance(answers[1], Cancelled)
    assert context.fractions[0] == sorted(context.fractions[0])
    assert len(context.fractions[0]) > FRAME_RATE / 2
    assert 1 not in context.fractions


def test_the_film_has_the_size_asked_for(speech: Audio) -> None:
    model = MeshTalkingHead(MeshTalkingHeadConfig(size=384))
    model.load("cpu")
    film = _film(model, Audio(speech.waveform[:, :8_000], speech.sample_rate))
    assert (film.width, film.height) == (384, 384)
