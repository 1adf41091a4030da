import io
import uuid
from concurrent.futures import ThreadPoolExecutor

import av
import numpy as np
import pytest

from model_wrappers.contract.artifacts import ArtifactRef, Kind
from model_wrappers.contract.audio import Audio
from model_wrappers.contract.errors import InvalidInput, NotFound, UnsupportedMedia
from model_wrappers.contract.symbolic import Posteriorgram
from model_wrappers.contract.visual import Image
from router.artifacts.store import ArtifactStore
from router.render import Pictures, render, views_of
from tests.router.dispatching import TENANT
from tests.router.pictures import AUDIO, RATE, pixels, ref, tone, wav

CLASSES = ref("data", "application/x-npz")


def video() -> bytes:
    """Make 4 s of video whose red grows from second to second."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as file:
        stream = file.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 96, "yuv420p"
        for index in range(40):
            picture = np.zeros((96, 64, 3), np.uint8)
            picture[..., 0] = 6 * index
            file.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        file.mux(stream.encode())
    return buffer.getvalue()


def posteriorgram(frames: int = 40) -> bytes:
    probabilities = np.zeros((frames, 30), np.float32)
    probabilities[frames // 2 :, 7] = 1.0
    return Posteriorgram(probabilities, tuple(f"Class {index}" for index in range(30)), 0.5).encode()[0]


@pytest.mark.parametrize(
    ("reference", "data", "view"),
    [
        (AUDIO, wav(tone(440)), "waveform"),
        (AUDIO, wav(*[tone(440)] * 3), "waveform"),
        (AUDIO, wav(tone(440)), "mel"),
        (CLASSES, posteriorgram(), "posteriorgram"),
        (ref("video", "video/mp4"), video(), "frames"),
    ],
    ids=["mono waveform", "3 channels", "mel", "posteriorgram", "frames"],
)
def test_plots_are_800_pixels_wide(reference: ArtifactRef, data: bytes, view: str) -> None:
    picture = pixels(render(reference, data, view))
    assert picture.shape[1] == 800
    assert 200 <= picture.shape[0] <= 1200
    assert (picture[0] == 255).all()


def test_the_most_probable_class_is_on_top_when_it_happens() -> None:
    top_row = pixels(render(CLASSES, posteriorgram()))[40, 150:700, 0]
    dark = np.flatnonzero(top_row < 60)
    assert 0.4 < dark[0] / len(top_row) < 0.6
    assert len(dark) > 200


def test_a_short_event_in_a_long_posteriorgram_stays_visible() -> None:
    probabilities = np.zeros((20_000, 3), np.float32)
    probabilities[9_000, 1] = 1.0
    data = Posteriorgram(probabilities, ("a", "b", "c"), 0.5).encode()[0]
    assert (pixels(render(CLASSES, data))[30:50, 100:700, 0] < 140).any()


def test_three_frames_of_a_video_are_shown_in_order() -> None:
    picture = pixels(render(ref("video", "video/mp4"), video()))
    row = picture[picture.shape[0] // 2, :, 0]
    reds = [int(row[column]) for column in (133, 400, 666)]
    assert reds == pytest.approx([6 * 4, 6 * 20, 6 * 36], abs=12)


@pytest.mark.parametrize(("size", "expected"), [((1600, 400), (800, 200)), ((400, 1600), (200, 800)), ((9, 7), (9, 7))])
def test_a_thumbnail_keeps_its_shape_and_is_never_enlarged(size: tuple[int, int], expected: tuple[int, int]) -> None:
    data, _ = Image(np.full((size[1], size[0], 3), 90, np.uint8)).encode()
    picture = pixels(render(ref("image", "image/png"), data))
    assert (picture.shape[1], picture.shape[0]) == expected
    assert (picture == 90).all()


@pytest.mark.parametrize(
    ("reference", "view", "message"),
    [
        (AUDIO, "frames", "choose one of: waveform, mel"),
        (ref("image", "image/png"), "mel", "choose one of: thumbnail"),
        (ref("video", "video/mp4"), "waveform", "choose one of: frames"),
        (CLASSES, "mel", "choose one of: posteriorgram"),
        (ref("text", "text/plain"), None, "no picture of text"),
        (ref("score", "audio/midi"), "waveform", "no picture of score"),
    ],
)
def test_a_view_the_kind_does_not_have_is_refused(reference: ArtifactRef, view: str | None, message: str) -> None:
    with pytest.raises(InvalidInput, match=message) as caught:
        render(reference, b"", view)
    assert caught.value.param == "view"


def test_the_usual_view_comes_first() -> None:
    assert views_of(AUDIO) == ("waveform", "mel")
    assert views_of(ref("text", "text/plain")) == ()
    assert views_of(ref("data", "application/json")) == ()


@pytest.mark.parametrize("kind", ["audio", "image", "video"])
def test_damaged_media_are_unsupported(kind: Kind) -> None:
    with pytest.raises(UnsupportedMedia):
        render(ref(kind), b"\x00\x01damaged")


def test_threads_draw_the_same_as_one() -> None:
    sounds = [wav(tone(200, level=level)) for level in (0.2, 0.4, 0.8)]
    alone = [render(AUDIO, sound) for sound in sounds]
    with ThreadPoolExecutor(3) as pool:
        together = list(pool.map(lambda sound: render(AUDIO, sound), sounds))
    assert together == alone
    assert len(set(alone)) == 3


def test_a_picture_is_drawn_once_and_kept_beside_its_artifact() -> None:
    store = ArtifactStore(f"memory://{uuid.uuid4().hex}", 1000.0)
    pictures = Pictures(store)
    stored = store.store(Audio(tone(440)[None], RATE), TENANT, most_bytes=None)
    drawn = pictures.picture(stored)
    assert store.read_derived(stored, "waveform.png") == drawn
    store.put_derived(stored, "waveform.png", b"kept")
    assert pictures.picture(stored, "waveform") == b"kept"
    marked = pictures.picture(stored, "mel", gap=(0.5, 1.0))
    assert marked != pictures.picture(stored, "mel")
    store.delete(stored)
    with pytest.raises(NotFound):
        pictures.picture(stored)
