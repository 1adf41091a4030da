"""Whatever files are put one behind the other, all of them are heard, or it is said that one is not."""

import itertools

import numpy as np
import pytest

from model_wrappers.contract.audio_stream import AudioStream
from model_wrappers.contract.boundaries import beginnings
from model_wrappers.contract.errors import UnsupportedMedia
from model_wrappers.contract.joined import MAX_LINKS, links
from tests.hostile.media_files import SOUNDS, tone, with_sizes

RATE = 16_000
FIRST = {name: make(tone(RATE, 0.6), RATE) for name, make in SOUNDS.items()}
SECOND = {name: make(tone(RATE, 0.9), RATE) for name, make in SOUNDS.items()}
COMPANIONS = ("wav", "mp3", "webm", "mp4-video")
WITHOUT_END = ("ac3", "eac3")  # what follows must have a header
PAIRS = [
    *((name, name) for name in SOUNDS),
    *(pair for pair in itertools.product(SOUNDS, COMPANIONS) if pair[0] != pair[1] and pair[0] not in WITHOUT_END),
    *itertools.product(WITHOUT_END, ("wav", "webm")),
    *itertools.product(("flac", "aac"), ("ac3", "eac3")),
]
PADDING_S = 0.13  # of two lossy encoders, which the first file's end keeps


def read(data: bytes) -> tuple[np.ndarray, float, tuple[str, ...]]:
    """Return samples, rate and warnings."""
    stream = AudioStream.open(data)
    return np.concatenate([block[0] for block in stream.blocks()]), stream.sample_rate, stream.warnings


def told(data: bytes) -> str:
    """Return why a file is refused, or its warnings."""
    try:
        return " ".join(read(data)[2])
    except UnsupportedMedia as exc:
        return exc.message


def duration_s(data: bytes) -> float:
    samples, rate, _ = read(data)
    return len(samples) / rate


def purity(samples: np.ndarray, rate: float) -> float:
    """Share of the energy that lies at the tone."""
    power = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
    return float(power[np.abs(np.fft.rfftfreq(len(samples), 1 / rate) - 440) < 60].sum() / power.sum())


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_both_of_two_joined_files_are_heard(first: str, second: str) -> None:
    samples, rate, warnings = read(FIRST[first] + SECOND[second])
    assert len(samples) / rate == pytest.approx(duration_s(FIRST[first]) + duration_s(SECOND[second]), abs=PADDING_S)
    assert purity(samples, rate) > 0.8
    assert warnings == ()


@pytest.mark.parametrize("name", SOUNDS)
def test_a_whole_file_is_one_and_tags_behind_it_are_none(name: str) -> None:
    assert links(FIRST[name]) == [FIRST[name]]
    tagged = FIRST[name] + b"TAG" + bytes(125)
    assert links(tagged) == [tagged]


@pytest.mark.parametrize("behind", [b"\0", b"\0" * 4_096, b"TAG" + b"a" * 125, b"TAG" + b"a" * 125 + b"\0"])
def test_tags_and_zeros_may_lie_between(behind: bytes) -> None:
    for name in ("mp3", "aac", "mpeg-ps", "m4a"):
        whole_s = duration_s(FIRST["wav"]) + duration_s(SECOND[name])
        assert duration_s(FIRST["wav"] + behind + SECOND[name]) == pytest.approx(whole_s, abs=PADDING_S)


@pytest.mark.parametrize("frames", [1, 159, 4_095, 4_096, 4_097, 20_000])
@pytest.mark.parametrize("second", ["mp3", "aac"])
def test_a_short_file_without_a_header_is_heard_behind_flac(frames: int, second: str) -> None:
    noise = np.random.default_rng(frames).uniform(-0.5, 0.5, (2, frames)).astype(np.float32)
    behind = SOUNDS[second](tone(RATE, 0.2), RATE)
    parts = links(SOUNDS["flac"](noise, RATE) + behind)
    assert parts[1:] == [behind]


def test_recordings_of_a_pipe_may_be_joined() -> None:
    parts = [with_sizes(FIRST["wav"], size, size) for size in (0xFFFF_FFFF, 0, 0xFFFF_FFFF)]
    assert duration_s(b"".join(parts)) == pytest.approx(3 * 0.6)


def test_a_part_that_cannot_be_read_is_told() -> None:
    cut = FIRST["m4a"][:200]
    for data in (FIRST["wav"] + cut, cut + FIRST["wav"], FIRST["wav"] + cut + FIRST["wav"]):
        assert any(
            warning.startswith("1 of the files joined in this one could not be read") for warning in read(data)[2]
        )


@pytest.mark.parametrize("name", WITHOUT_END)
def test_packets_behind_others_without_a_header_are_told(name: str) -> None:
    assert "damaged" in told(FIRST[name] + SOUNDS["mp3"](tone(RATE, 5.0), RATE))


def test_more_files_than_allowed_are_refused() -> None:
    with pytest.raises(UnsupportedMedia, match=f"More than {MAX_LINKS:,} sound files are joined"):
        links(with_sizes(FIRST["wav"][:60], 52, 16) * (MAX_LINKS + 2))


@pytest.mark.parametrize("name", ["m4a", "mov", "mp4-video"])
def test_recording_cut_off_before_its_index_says_so(name: str) -> None:
    with pytest.raises(UnsupportedMedia, match="cut off before its index"):
        AudioStream.open(FIRST[name][: FIRST[name].index(b"moov") - 100])


@pytest.mark.parametrize("name", SOUNDS)
def test_letters_of_a_beginning_stand_where_the_file_begins(name: str) -> None:
    if (place := next(beginnings(FIRST[name]), None)) is not None:
        assert place == 0
