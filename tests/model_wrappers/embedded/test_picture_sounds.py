import io
import json
import pickle
import re
import struct
from pathlib import Path

import numpy as np
import pytest

from model_wrappers.contract.errors import Cancelled, InvalidInput, ModelUnavailable
from model_wrappers.contract.tasks.image_to_audio import ImageToAudioRequest, ImageToAudioResponse
from model_wrappers.contract.visual import Image
from model_wrappers.embedded.picture_sounds.picture_sounds import PictureSounds, PictureSoundsConfig, label_sounds
from model_wrappers.sounds.catalogue import load_catalogue
from model_wrappers.weights.torch_checkpoint import MAGIC, PROTOCOL, read_tensors
from tests.model_wrappers.measures import RecordedContext

CASES = json.loads(Path("evaluation/cases/picture_sounds.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def pictures() -> PictureSounds:
    model = PictureSounds(PictureSoundsConfig())
    model.load("cpu")
    return model


def stamp(file: str) -> ImageToAudioRequest:
    return ImageToAudioRequest(image=Image.decode(Path(CASES["folder"], file).read_bytes()))


def test_12_of_15_pictures_give_a_fitting_sound(pictures: PictureSounds):
    requests = [stamp(case["file"]) for case in CASES["pictures"]]
    answers = pictures.run_batch(requests, RecordedContext())
    heard = [a.text.partition("Heard: ")[2] if isinstance(a, ImageToAudioResponse) else "" for a in answers]
    fits = [re.search(case["accept"], text) is not None for case, text in zip(CASES["pictures"], heard, strict=True)]
    assert len(fits) == 15
    assert sum(fits) >= 12


def test_the_sound_is_audible_as_long_as_asked_and_has_its_licence(pictures: PictureSounds):
    request = stamp("vehicles/emergency/firetruck.png").model_copy(update={"duration": 3.0})
    [answer] = pictures.run_batch([request], RecordedContext())
    assert isinstance(answer, ImageToAudioResponse), answer
    assert answer.audio.duration_s == pytest.approx(3.0)
    assert np.sqrt((answer.audio.waveform**2).mean()) > 0.01
    assert answer.audio.licence == "GPL-2.0-only"
    assert len(answer.sources) >= 1
    assert all("tuxpaint" in source and "GPL-2.0-only" in source for source in answer.sources)
    assert answer.text.startswith("Seen: fire truck, ")


@pytest.mark.parametrize(
    ("file", "sound"), [("animals/mammals/cats/lion-2.png", "a lion"), ("animals/mammals/bovines/sheep.png", "a ram")]
)
def test_many_labels_of_dogs_do_not_outweigh_one_of_another_animal(pictures: PictureSounds, file: str, sound: str):
    [answer] = pictures.run_batch([stamp(file)], RecordedContext())
    assert isinstance(answer, ImageToAudioResponse), answer
    assert answer.text.partition("Heard: ")[2].startswith(sound)


def test_an_unclear_picture_is_answered_with_doubt(pictures: PictureSounds):
    sure, unsure = "vehicles/emergency/firetruck.png", "animals/mammals/cats/lion-2.png"
    answers = pictures.run_batch([stamp(sure), stamp(unsure)], RecordedContext())
    assert [isinstance(a, ImageToAudioResponse) and a.text.startswith("Uncertain. ") for a in answers] == [False, True]


def test_a_picture_of_nothing_is_refused_with_what_it_looks_like(pictures: PictureSounds):
    grey = Image(np.full((64, 64, 3), 127, np.uint8))
    [answer] = pictures.run_batch([ImageToAudioRequest(image=grey)], RecordedContext())
    assert isinstance(answer, InvalidInput)
    assert "it looks like: " in answer.message


@pytest.mark.parametrize("size", [(1, 1, 3), (3, 900, 3), (900, 3, 3)])
def test_any_shape_of_picture_is_answered(pictures: PictureSounds, size: tuple[int, int, int]):
    image = Image(np.zeros(size, np.uint8))
    [answer] = pictures.run_batch([ImageToAudioRequest(image=image)], RecordedContext())
    assert isinstance(answer, ImageToAudioResponse | InvalidInput)


def test_pictures_are_labelled_alike_alone_and_in_a_batch(pictures: PictureSounds):
    images = [stamp(case["file"]).image for case in CASES["pictures"][:3]]
    together = pictures._classifier.classify(images)
    apart = np.concatenate([pictures._classifier.classify([image]) for image in images])
    np.testing.assert_allclose(together, apart, atol=1e-5)


def test_a_cancelled_request_makes_no_sound(pictures: PictureSounds):
    [answer] = pictures.run_batch([stamp(CASES["pictures"][0]["file"])], RecordedContext(cancelled=(0,)))
    assert isinstance(answer, Cancelled)


def test_every_sound_of_a_label_is_in_the_catalogue():
    known = {phrase for entry in load_catalogue() for phrase in entry.words}
    assert set(label_sounds().values()) <= known
    assert len(label_sounds()) > 400


def checkpoint(path: Path, tensors: object) -> Path:
    with path.open("wb") as file:
        for value in (MAGIC, PROTOCOL, {}, tensors, []):
            pickle.dump(value, file, protocol=2)
    return path


def test_a_checkpoint_that_names_code_is_refused(tmp_path: Path):
    with pytest.raises(ModelUnavailable, match="which no tensor needs"):
        read_tensors(checkpoint(tmp_path / "evil.pth", {"weight": io.BytesIO}))


def test_a_file_of_another_format_is_refused(tmp_path: Path):
    path = tmp_path / "other.pth"
    path.write_bytes(struct.pack("<4I", *range(4)))
    with pytest.raises(ModelUnavailable, match="cannot be read as tensors"):
        read_tensors(path)
