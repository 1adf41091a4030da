from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from model_wrappers.contract.errors import InvalidInput
from router.render import render
from router.render.audio import COLUMNS, FLOOR_DB, envelope, hertz_to_mel, mel_filters, mel_levels
from tests.router.pictures import AUDIO, RATE, ink, pixels, tone, wav


def test_a_waveform_is_drawn_where_there_is_sound() -> None:
    sound = tone(440)
    sound[RATE:] = 0
    drawn = ink(pixels(render(AUDIO, wav(sound))))
    left, right = drawn[:, 100:400].sum(), drawn[:, 460:780].sum()
    assert left > 20 * right > 0


def test_each_channel_has_its_own_row() -> None:
    drawn = ink(pixels(render(AUDIO, wav(tone(440), 0 * tone(440))))).sum(axis=1)
    half = len(drawn) // 2
    assert drawn[:half].sum() > 10 * drawn[half:].sum()


def test_a_click_in_ten_minutes_stays_visible() -> None:
    frames = 600 * RATE
    click_at = 423 * RATE

    def blocks() -> Iterator[NDArray[np.float32]]:
        for start in range(0, frames, 50_000):
            block = np.zeros((1, min(50_000, frames - start)), np.float32)
            if start <= click_at < start + 50_000:
                block[0, click_at - start] = 0.8
            yield block

    low, high = envelope(blocks(), 1, frames)
    assert low.shape == high.shape == (1, COLUMNS)
    assert np.flatnonzero(high[0]) == [click_at * COLUMNS // frames]
    assert high.max() == np.float32(0.8)
    assert np.isfinite(low).all()


@pytest.mark.parametrize("frames", [1, 2, COLUMNS + 1])
def test_a_sound_of_few_samples_has_an_envelope(frames: int) -> None:
    sound = tone(440)[:frames]
    low, high = envelope(iter([sound[None]]), 1, frames)
    assert (low[0, 0], high[0, -1]) == (sound[0], sound[-1])


@pytest.mark.parametrize("view", ["waveform", "mel"])
def test_a_single_sample_can_be_drawn(view: str) -> None:
    assert pixels(render(AUDIO, wav(tone(440)[:1]), view)).shape[1] == 800


@pytest.mark.parametrize("frequency", [200, 1000, 6000])
@pytest.mark.parametrize("block", [700, 1024, 65_536])
def test_a_tone_lies_at_its_frequency_in_the_mel_spectrogram(frequency: int, block: int) -> None:
    sound = tone(frequency)[None]
    levels = mel_levels((sound[:, at : at + block] for at in range(0, sound.shape[1], block)), RATE, sound.shape[1])
    centres = np.linspace(0, float(hertz_to_mel(RATE / 2)), len(levels) + 2)[1:-1]
    loudest = centres[levels.argmax(axis=0)[2:-2]]
    assert np.abs(loudest - hertz_to_mel(frequency)).max() <= centres[1] - centres[0]
    assert levels.max() == 0
    assert levels.min() >= FLOOR_DB


def test_time_runs_evenly_through_the_mel_spectrogram() -> None:
    sound = tone(1000)
    sound[: RATE // 2] = 0
    levels = mel_levels(iter([sound[None]]), RATE, len(sound)).max(axis=0)
    assert np.argmax(levels > -20) / len(levels) == pytest.approx(0.25, abs=0.02)


def test_a_long_sound_has_no_more_columns_than_a_picture_shows() -> None:
    second = tone(1000, 1.0)[None]
    levels = mel_levels((second for _ in range(300)), RATE, 300 * RATE)
    assert levels.shape[1] == pytest.approx(COLUMNS, abs=2)


def test_silence_is_at_the_floor() -> None:
    assert (mel_levels(iter([np.zeros((1, RATE), np.float32)]), RATE, RATE) == FLOOR_DB).all()


@pytest.mark.parametrize("sample_rate", [1_000, 8_000, 48_000, 192_000])
def test_every_mel_filter_weighs_one(sample_rate: int) -> None:
    filters = mel_filters(sample_rate, 512)
    assert np.isfinite(filters).all()
    assert filters.sum(axis=1) == pytest.approx(np.ones(len(filters)), abs=1e-5)


def test_a_gap_is_marked_at_its_time() -> None:
    marked, plain = (pixels(render(AUDIO, wav(tone(440)), "mel", gap=gap)) for gap in ((0.5, 1.0), None))
    red = [np.abs(picture[16:26] - [209, 73, 91]).sum(axis=2).min(axis=0) < 12 for picture in (marked, plain)]
    found = np.flatnonzero(red[0])
    left, right = 75, 712  # edges of the plot in pixels
    assert found[0] == pytest.approx(left + 0.25 * (right - left), abs=12)
    assert found[-1] == pytest.approx(left + 0.5 * (right - left), abs=12)
    assert not red[1].any()


@pytest.mark.parametrize("duration_s", [2.0, 300.0])
def test_a_short_gap_is_shown_with_its_surroundings_only(duration_s: float) -> None:
    sound = np.resize(tone(440), int(duration_s * RATE))
    around, whole = (pixels(render(AUDIO.model_copy(update={"duration_s": duration_s}), wav(sound), "mel", gap=gap))
                     for gap in ((1.0, 1.01), (0.0, duration_s)))  # fmt: skip
    marked = [np.flatnonzero(np.abs(p[16:26] - [209, 73, 91]).sum(axis=2).min(axis=0) < 12) for p in (around, whole)]
    assert np.ptp(marked[0]) == pytest.approx(0.05 * np.ptp(marked[1]), abs=8)


@pytest.mark.parametrize("gap", [(-1, 1), (1, 1), (1.5, 0.5), (1, 2.5), (float("nan"), 1)])
def test_a_gap_outside_the_sound_is_refused(gap: tuple[float, float]) -> None:
    with pytest.raises(InvalidInput, match="not within 0 to 2 s"):
        render(AUDIO, wav(tone(440)), gap=gap)
