"""What rooms, lines, codecs and noises make of a recording of speech."""

import io
from collections.abc import Callable

import av
import numpy as np
from scipy.signal import butter, fftconvolve, resample_poly, sosfilt

from evaluation.capability import standard_voices as people
from evaluation.capability.standard_voices import SAMPLE_RATE, Samples
from model_wrappers.contract.audio import Audio

Change = Callable[[Samples, np.random.Generator], Samples]


def _noisy(name: str, snr_db: float) -> Change:
    def change(samples: Samples, rng: np.random.Generator) -> Samples:
        noise = people.noises(60.0)[name]
        first = int(rng.integers(len(noise) - SAMPLE_RATE))
        return people.mixed(samples, np.resize(np.roll(noise, -first), len(samples)), snr_db)

    return change


def _room(rt60_s: float) -> Change:
    def change(samples: Samples, rng: np.random.Generator) -> Samples:
        time_s = np.arange(int(rt60_s * SAMPLE_RATE)) / SAMPLE_RATE
        response = rng.standard_normal(len(time_s)) * 10 ** (-3 * time_s / rt60_s) * 0.05
        response[0] = 1.0
        return np.asarray(fftconvolve(samples, response), np.float32)

    return change


def _telephone(samples: Samples, _: np.random.Generator) -> Samples:
    narrow = sosfilt(butter(4, (300, 3_400), "bandpass", fs=SAMPLE_RATE, output="sos"), samples)
    narrow = resample_poly(narrow, 1, 2)
    companded = np.sign(narrow) * np.log1p(255 * np.abs(narrow)) / np.log(256)
    companded = np.round(companded * 127) / 127
    return resample_poly(np.sign(companded) * (256 ** np.abs(companded) - 1) / 255, 2, 1).astype(np.float32)


def _coded(codec: str, container: str, rate: int, bit_rate: int) -> Change:
    def change(samples: Samples, _: np.random.Generator) -> Samples:
        buffer = io.BytesIO()
        pcm = Audio(np.ascontiguousarray(samples[None], np.float32), SAMPLE_RATE).resample(rate).waveform
        with av.open(buffer, "w", format=container) as file:
            stream = file.add_stream(codec, rate=rate, layout="mono", bit_rate=bit_rate)
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(pcm), format="fltp", layout="mono")
            frame.sample_rate = rate
            file.mux(stream.encode(frame))
            file.mux(stream.encode(None))
        return Audio.decode(buffer.getvalue()).resample(SAMPLE_RATE).mono()

    return change


def _between_silence(samples: Samples, rng: np.random.Generator) -> Samples:
    hiss = 1e-4 * rng.standard_normal(6 * SAMPLE_RATE)
    return np.concatenate([hiss, samples, hiss[::-1]]).astype(np.float32)


def _at_speed(up: int, down: int) -> Change:
    return lambda samples, _: resample_poly(samples, up, down).astype(np.float32)


CONDITIONS: dict[str, Change] = {
    "-40 dB": lambda samples, _: samples * np.float32(0.01),
    "-60 dB": lambda samples, rng: (samples * 1e-3 + 1e-5 * rng.standard_normal(len(samples))).astype(np.float32),
    "overdriven": lambda samples, _: np.clip(samples * (8 / np.abs(samples).max()), -1, 1),
    "telephone": _telephone,
    "room 0.4 s": _room(0.4),
    "room 0.9 s": _room(0.9),
    "white 10 dB": _noisy("white", 10),
    "pink 5 dB": _noisy("pink", 5),
    "babble 5 dB": _noisy("babble", 5),
    "helicopter 5 dB": _noisy("helicopter", 5),
    "stream 0 dB": _noisy("stream", 0),
    "fast": _at_speed(4, 5),
    "slow": _at_speed(5, 4),
    "MP3 at 16 kbit/s": _coded("libmp3lame", "mp3", 16_000, 16_000),
    "Opus at 6 kbit/s": _coded("libopus", "ogg", 48_000, 6_000),
    "between silence": _between_silence,
}
