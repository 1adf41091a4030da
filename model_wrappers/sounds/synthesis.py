"""Sounds that are synthesised: what has simple physics, such as engines, beeps, fire and purring."""

from collections.abc import Callable

import numpy as np

from model_wrappers.sounds.oscillators import (
    Samples,
    engine,
    noise,
    placed,
    random_onsets,
    regular_onsets,
    resonant,
    struck,
    tone,
    wandering,
)
from model_wrappers.sounds.soundfont import SAMPLE_RATE

Synthesis = Callable[[int, np.random.Generator], Samples]
"""Makes a sound of so many samples."""

A4 = 440.0  # Hz
METAL = (1.0, 2.32, 2.76, 4.25, 5.4, 6.63, 8.93)  # modes of a bar and a plate, as multiples of the lowest
CERAMIC = (1.0, 1.83, 2.91, 3.7, 5.2)
WOOD = (1.0, 2.57, 4.1)
BELL = (0.5, 1.0, 1.19, 1.56, 2.0, 2.74, 3.76)


def _time_s(samples: int) -> Samples:
    return np.arange(samples) / SAMPLE_RATE


def _swing(samples: int, period_s: float) -> Samples:
    """Return a line that swings between 0 and 1, beginning with 0."""
    return np.asarray(0.5 - 0.5 * np.cos(2 * np.pi * _time_s(samples) / period_s))


def _pulsed(sound: Samples, on_s: float, off_s: float, most: int | None = None) -> Samples:
    """Cut a sound into beeps without clicks, the first `most` of them."""
    phase_s = _time_s(len(sound)) % (on_s + off_s)
    gate = np.clip(np.minimum(phase_s, on_s - phase_s) / 0.004, 0, 1)
    if most is not None:
        gate = gate * (_time_s(len(sound)) < most * (on_s + off_s))
    return np.asarray(sound * gate)


def _hits(samples: int, rng: np.random.Generator, onsets: "np.ndarray", body: Callable[[], Samples]) -> Samples:
    return placed([rng.uniform(0.4, 1.0) * body() for _ in onsets], onsets, samples)


def _purr(samples: int, rng: np.random.Generator) -> Samples:
    inhaling = (_time_s(samples) % 2.6) < 1.3
    rate = np.where(inhaling, 27.0, 24.0) * (1 + 0.05 * wandering(samples, rng, 8))
    throat = engine(rate, samples, rng, 2, brightness=0.03)
    return np.asarray(throat * (0.35 + 0.65 * _swing(samples, 1.3)) * np.where(inhaling, 1.0, 0.8))


def _howl(samples: int, rng: np.random.Generator) -> Samples:
    shape = np.interp(_time_s(samples) % 4.5, [0, 0.5, 1.2, 2.8, 3.6, 4.5], [320, 470, 560, 540, 380, 320])
    level = np.interp(_time_s(samples) % 4.5, [0, 0.3, 1.0, 2.9, 3.6, 4.5], [0, 0.6, 1, 0.9, 0, 0])
    voice = tone(shape * (1 + 0.02 * wandering(samples, rng, 7)), samples, [1, 0.6, 0.35, 0.2, 0.12, 0.06])
    near = level * (voice * (1 + 0.15 * wandering(samples, rng, 25)) + 0.12 * noise(samples, rng, 300, 4_000))
    echo = np.convolve(near, np.exp(-_time_s(8_820) / 0.06) * rng.standard_normal(8_820) / 40, "full")[:samples]
    return np.asarray(near + 0.4 * echo)


def _baby(samples: int, rng: np.random.Generator) -> Samples:
    cycle_s = _time_s(samples) % 1.35
    pitch = np.interp(cycle_s, [0, 0.12, 0.5, 0.95, 1.05], [350, 480, 520, 430, 350])
    level = np.interp(cycle_s, [0, 0.08, 0.7, 1.0, 1.03], [0, 1, 0.9, 0.2, 0])
    breath = np.interp(cycle_s, [1.08, 1.14, 1.3, 1.34], [0, 0.2, 0.15, 0])
    voice = tone(pitch * (1 + 0.012 * wandering(samples, rng, 18)), samples, [1 / k for k in range(1, 20)])
    cry = resonant(voice, [(1_050, 250, 1.0), (1_800, 350, 0.8), (3_300, 600, 0.5), (480, 200, 0.4)])
    return np.asarray(cry * level + 0.05 * breath * noise(samples, rng, 900, 6_000))


def _kettle(samples: int, rng: np.random.Generator) -> Samples:
    rise = np.minimum(1.0, _time_s(samples) / 1.2)
    pitch = 1_500 + 900 * rise + 15 * wandering(samples, rng, 9)
    steam = noise(samples, rng, 2_000, 12_000)
    return np.asarray(rise * tone(pitch, samples, [1, 0.35, 0.1]) + 0.15 * steam)


def _motorbike(samples: int, rng: np.random.Generator) -> Samples:
    revving = np.clip(np.sin(2 * np.pi * _time_s(samples) / 2.4), 0, 1) ** 0.7
    return engine(35 + 110 * revving, samples, rng, 2, brightness=0.2) * (0.5 + 0.5 * revving)


def _lawn_mower(samples: int, rng: np.random.Generator) -> Samples:
    running = engine(52 + 1.5 * wandering(samples, rng, 1.5), samples, rng, 1)
    blade = noise(samples, rng, 150, 5_000, 1.0) * (1 + 0.4 * np.sin(2 * np.pi * 52 * _time_s(samples)))
    return np.asarray(running + 0.6 * blade)


def _motor(low_hz: float, load: float) -> Synthesis:
    """Make an electric motor that runs up and whines."""

    def make(samples: int, rng: np.random.Generator) -> Samples:
        run_up = 1 - np.exp(-_time_s(samples) / 0.15)
        pitch = low_hz * run_up * (1 + 0.03 * wandering(samples, rng, 3)) + 1
        whine = tone(pitch, samples, [0.6, 1, 0.3, 0.7, 0.2, 0.35, 0.2, 0.3])
        return np.asarray(run_up * (whine + load * noise(samples, rng, 300, 9_000, 0.4)))

    return make


def _frying(samples: int, rng: np.random.Generator) -> Samples:
    hiss = 0.25 * noise(samples, rng, 1_200, 14_000, 0.4) * (1 + 0.3 * wandering(samples, rng, 3))
    spits = _hits(samples, rng, random_onsets(samples, rng, 110), lambda: _click(rng, 0.0015, 2_000))
    return np.asarray(hiss + 0.5 * spits)


def _click(rng: np.random.Generator, decay_s: float, low_hz: float) -> Samples:
    samples = int(7 * decay_s * SAMPLE_RATE) + 64
    return np.asarray(noise(samples, rng, low_hz, 14_000) * np.exp(-_time_s(samples) / decay_s))


def _popcorn(samples: int, rng: np.random.Generator) -> Samples:
    pops = random_onsets(samples, rng, 9)
    return _hits(samples, rng, pops, lambda: struck([rng.uniform(350, 900), rng.uniform(1_200, 2_500)], 0.012, rng, 1))


def _tin_roof(samples: int, rng: np.random.Generator) -> Samples:
    drops = [
        np.convolve(_click(rng, 0.003, 900 * rng.uniform(0.7, 2)), np.exp(-np.arange(300) / 60)) for _ in range(24)
    ]
    onsets = random_onsets(samples, rng, 350)
    falling = placed([rng.uniform(0.3, 1) * drops[rng.integers(24)] for _ in onsets], onsets, samples)
    return np.asarray(falling / falling.std() + 0.7 * noise(samples, rng, 400, 12_000, 0.4))


def _woodpecker(samples: int, rng: np.random.Generator) -> Samples:
    bursts = np.arange(int(0.1 * SAMPLE_RATE), samples, int(1.9 * SAMPLE_RATE))
    onsets = np.concatenate([begin + (np.arange(14) / 19 * SAMPLE_RATE).astype(int) for begin in bursts])
    return _hits(
        samples,
        rng,
        onsets[onsets < samples],
        lambda: struck([rng.uniform(700, 800) * m for m in WOOD], 0.005, rng, 2.0),
    )


def _rhythm(
    rate_hz: float, unevenness: float, modes: tuple[float, ...], lowest_hz: float, decay_s: float, knock: float
) -> Synthesis:
    """Make hits on one body in a rhythm."""

    def make(samples: int, rng: np.random.Generator) -> Samples:
        onsets = regular_onsets(samples, rng, rate_hz, unevenness)
        body = lambda: struck([lowest_hz * rng.uniform(0.96, 1.04) * m for m in modes], decay_s, rng, knock)  # noqa: E731
        return _hits(samples, rng, onsets, body)

    return make


def _swords(samples: int, rng: np.random.Generator) -> Samples:
    onsets = regular_onsets(samples, rng, 2.2, 0.5)
    return _hits(
        samples, rng, onsets, lambda: struck([rng.uniform(900, 1_500) * mode for mode in METAL], 0.22, rng, 1.2)
    )


def _dishes(samples: int, rng: np.random.Generator) -> Samples:
    onsets = random_onsets(samples, rng, 5)
    return _hits(
        samples, rng, onsets, lambda: struck([rng.uniform(1_100, 2_600) * mode for mode in CERAMIC], 0.06, rng, 0.5)
    )


def _switch(samples: int, rng: np.random.Generator) -> Samples:
    length = int(0.12 * SAMPLE_RATE)
    press, release = (struck([f, 2.3 * f, 4.1 * f], 0.003, rng, 1.0) for f in (1_900, 2_600))
    return placed([press, 0.7 * release], [int(0.002 * SAMPLE_RATE), length - 2_000], max(samples, length))


def _zipper(samples: int, rng: np.random.Generator) -> Samples:
    length = min(samples, int(1.1 * SAMPLE_RATE))
    rate = np.linspace(55, 150, length)
    within = (np.cumsum(rate) / SAMPLE_RATE) % 1.0
    teeth = noise(length, rng, 1_500, 9_000) * np.exp(-within * 6) * np.linspace(0.6, 1, length)
    return placed([teeth], [0], samples)


def _snake(samples: int, rng: np.random.Generator) -> Samples:
    return noise(samples, rng, 3_500, 13_000) * np.clip(_swing(samples, 1.9) * 1.5, 0, 1) ** 2


def _rattle(samples: int, rng: np.random.Generator) -> Samples:
    within = (_time_s(samples) * 55) % 1.0
    return noise(samples, rng, 5_000, 15_000) * np.exp(-within * 4) * (0.7 + 0.3 * wandering(samples, rng, 3))


def _cicadas(samples: int, rng: np.random.Generator) -> Samples:
    song = tone(4_700 + 60 * wandering(samples, rng, 5), samples) + 0.6 * noise(samples, rng, 4_000, 7_000)
    return np.asarray(song * (0.6 + 0.4 * np.sin(2 * np.pi * 90 * _time_s(samples))) * (0.5 + 0.5 * _swing(samples, 3)))


def _rumble(samples: int, rng: np.random.Generator) -> Samples:
    ground = noise(samples, rng, 20, 120, 1.0) * (1 + 0.6 * wandering(samples, rng, 2))
    rattling = 0.06 * noise(samples, rng, 200, 2_000, 0.5) * (1 + wandering(samples, rng, 8))
    return np.asarray(ground + rattling)


def _shower(samples: int, rng: np.random.Generator) -> Samples:
    spray = noise(samples, rng, 900, 12_000, 0.3) * (1 + 0.08 * wandering(samples, rng, 12))
    return spray + 0.5 * _hits(samples, rng, random_onsets(samples, rng, 80), lambda: _click(rng, 0.004, 700))


def _waterfall(samples: int, rng: np.random.Generator) -> Samples:
    return noise(samples, rng, 60, 9_000, 0.9) * (1 + 0.06 * wandering(samples, rng, 5))


def _blowing_siren(low_hz: float, high_hz: float, period_s: float) -> Synthesis:
    def make(samples: int, rng: np.random.Generator) -> Samples:
        pitch = low_hz + (high_hz - low_hz) * _swing(samples, period_s)
        return tone(pitch, samples, [1, 0.6, 0.35, 0.2, 0.12])

    return make


def _two_tones(samples: int, rng: np.random.Generator) -> Samples:
    second = (_time_s(samples) % 1.2) >= 0.6
    return tone(np.where(second, 450.0, 600.0), samples, [1, 0.8, 0.6, 0.5, 0.4, 0.3, 0.2])


def _beeps(frequency_hz: float, on_s: float, off_s: float, most: int | None = None) -> Synthesis:
    return lambda samples, rng: _pulsed(tone(frequency_hz, samples, [1, 0.15, 0.08]), on_s, off_s, most)


def _hum(samples: int, rng: np.random.Generator) -> Samples:
    return tone(50.0, samples, [0.5, 1, 0.25, 0.5, 0.1, 0.2]) + 0.05 * noise(samples, rng, 100, 2_000, 1.0)


def _bicycle_bell(samples: int, rng: np.random.Generator) -> Samples:
    onsets = np.array([0, int(0.16 * SAMPLE_RATE)])
    body = lambda: struck([2_300 * m for m in (1.0, 2.1, 3.3)], 0.3, rng, 0.2)  # noqa: E731
    return _hits(samples, rng, onsets[onsets < samples], body)


def _struck_once(lowest_hz: float, modes: tuple[float, ...], decay_s: float) -> Synthesis:
    return lambda samples, rng: placed([struck([lowest_hz * m for m in modes], decay_s, rng, 0.1)], [0], samples)


def _feedback(samples: int, rng: np.random.Generator) -> Samples:
    growing = np.minimum(1.0, np.exp((_time_s(samples) - 1.0) * 4))
    return growing * tone(2_750.0 + 10 * wandering(samples, rng, 2), samples, [1, 0.2, 0.1])


def _geiger(samples: int, rng: np.random.Generator) -> Samples:
    return _hits(samples, rng, random_onsets(samples, rng, 14), lambda: _click(rng, 0.0015, 1_500))


SYNTHESES: dict[str, Synthesis] = {
    "air-raid-siren": _blowing_siren(220, 560, 7.0),
    "baby": _baby,
    "bicycle-bell": _bicycle_bell,
    "blender": _motor(260, 0.9),
    "brown-noise": lambda samples, rng: noise(samples, rng, slope=2.0),
    "chopping": _rhythm(2.8, 0.25, WOOD, 320, 0.02, 1.2),
    "cicadas": _cicadas,
    "dishes": _dishes,
    "drill": _motor(330, 0.9),
    "feedback": _feedback,
    "frying": _frying,
    "geiger": _geiger,
    "gong": _struck_once(110, METAL, 1.6),
    "howl": _howl,
    "hum": _hum,
    "kettle": _kettle,
    "lawn-mower": _lawn_mower,
    "metronome": _rhythm(2.0, 0.0, WOOD, 1_400, 0.015, 0.3),
    "microwave": _beeps(2_000, 0.45, 0.45, 3),
    "motorbike": _motorbike,
    "pink-noise": lambda samples, rng: noise(samples, rng, slope=1.0),
    "popcorn": _popcorn,
    "purr": _purr,
    "rattlesnake": _rattle,
    "reversing": _beeps(1_250, 0.5, 0.5),
    "rumble": _rumble,
    "shower": _shower,
    "snake": _snake,
    "swords": _swords,
    "switch": _switch,
    "tin-roof": _tin_roof,
    "tone": lambda samples, rng: tone(A4, samples),
    "two-tone-siren": _two_tones,
    "waterfall": _waterfall,
    "white-noise": lambda samples, rng: noise(samples, rng),
    "woodpecker": _woodpecker,
    "zipper": _zipper,
}
