"""Matroska and Ogg with broken places: what is whole is read, at its time, and what is not is told."""

import random

import numpy as np
import pytest

from model_wrappers.contract.audio_stream import AudioStream
from model_wrappers.contract.errors import UnsupportedMedia
from model_wrappers.contract.matroska import mended
from model_wrappers.contract.ogg_pages import broken_share, pages
from tests.hostile.media_files import SOUNDS

RATE = 16_000
DURATION_S = 12.0


def steps() -> np.ndarray:
    """Noise that is louder every second second, shape `(1, frames)`."""
    time_s = np.arange(round(RATE * DURATION_S)) / RATE
    noise = np.random.default_rng(0).normal(0, 0.1, len(time_s))
    return (noise * np.where(time_s.astype(int) % 2, 0.1, 1.0)).astype(np.float32)[None]


def likeness(waveform: np.ndarray, rate: int) -> float:
    """Correlation of the loudness over time with that of `steps`."""
    count = round(DURATION_S * 10)
    found = [np.abs(part).mean() for part in np.array_split(waveform[: round(DURATION_S * rate)], count)]
    return float(np.corrcoef(found, [np.abs(part).mean() for part in np.array_split(steps()[0], count)])[0, 1])


def read(data: bytes) -> tuple[np.ndarray, int, tuple[str, ...]]:
    stream = AudioStream.open(data)
    return np.concatenate([block[0] for block in stream.blocks()]), stream.sample_rate, stream.warnings


def with_garbage(data: bytes, places: tuple[float, ...], size: int = 300) -> bytes:
    chance, spoilt = random.Random(1), bytearray(data)
    for share in places:
        begin = round(share * len(data))
        spoilt[begin : begin + size] = chance.randbytes(size)
    return bytes(spoilt)


@pytest.mark.parametrize("form", ["webm", "mka-ac3", "mka-flac", "webm-video", "opus", "vorbis"])
def test_sound_behind_a_broken_place_is_read_at_its_time(form: str) -> None:
    data = with_garbage(SOUNDS[form](steps(), RATE), (0.45, 0.7))
    waveform, rate, warnings = read(data)
    assert len(waveform) / rate == pytest.approx(DURATION_S, abs=0.1)
    assert any("damaged" in warning for warning in warnings)
    assert likeness(waveform, rate) > 0.7


@pytest.mark.parametrize("form", ["webm", "mka-flac", "webm-video"])
def test_whole_file_is_left_as_it_is(form: str) -> None:
    data = SOUNDS[form](steps(), RATE)
    assert mended(data) == (data, 0.0)
    assert read(data)[2] == ()


def test_recording_that_was_cut_off_says_so() -> None:
    data = SOUNDS["webm"](steps(), RATE)
    waveform, rate, warnings = read(data[: 2 * len(data) // 3])
    assert 6 < len(waveform) / rate < 9
    assert any("cut off" in warning for warning in warnings)


def test_file_of_which_little_is_left_is_refused() -> None:
    data = with_garbage(SOUNDS["opus"](steps(), RATE), tuple(np.arange(0.1, 1.0, 0.08)))
    assert broken_share(data) > 0.5
    with pytest.raises(UnsupportedMedia, match="at most a third may be lost"):
        read(data)


def test_pages_are_whole_where_their_checksums_are_right() -> None:
    data = SOUNDS["vorbis"](steps(), RATE)
    assert broken_share(data) == 0
    (begin, end, _) = list(pages(data))[3]
    spoilt = data[: end - 1] + bytes([data[end - 1] ^ 1]) + data[end:]
    assert broken_share(spoilt) == pytest.approx((end - begin) / len(data))


@pytest.mark.parametrize("unit", [b"\xa3\x81\x81", b"\xec\x80", b"\x1f\x43\xb6\x75\xff", b"\xa3\x84\x81\0\0\0\0"])
def test_elements_without_end_are_given_up(unit: bytes) -> None:
    data = SOUNDS["webm"](steps(), RATE)[:500] + unit * 2**19
    assert len(mended(data)[0]) == len(data)
