"""Make noisy-speech.flac from speech.flac: pink noise and mains hum, 5 dB below the speech."""

from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

FOLDER = Path(__file__).parent
SNR_DB = 5.0
HUM_HZ = (50.0, 100.0, 150.0)
HUM_SHARE = 0.5  # of the noise's power
SEED = 1


def pink_noise(samples: int, generator: np.random.Generator) -> NDArray[np.float64]:
    """Return noise whose power falls by 3 dB an octave, with a mean square of 1."""
    spectrum = np.fft.rfft(generator.standard_normal(samples))
    spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
    spectrum[0] = 0.0
    noise = np.fft.irfft(spectrum, samples)
    return noise / np.sqrt(np.mean(noise**2))


def mains_hum(samples: int, sample_rate: int) -> NDArray[np.float64]:
    """Return the hum of a 50 Hz mains and its overtones, with a mean square of 1."""
    time_s = np.arange(samples) / sample_rate
    hum = sum(
        (np.sin(2 * np.pi * frequency * time_s) / (n + 1) for n, frequency in enumerate(HUM_HZ)), np.zeros(samples)
    )
    return hum / np.sqrt(np.mean(hum**2))


def main() -> None:
    """Read the clean clip and write the noisy one beside it."""
    speech, sample_rate = soundfile.read(FOLDER / "speech.flac")
    generator = np.random.default_rng(SEED)
    noise = np.sqrt(1 - HUM_SHARE) * pink_noise(len(speech), generator)
    noise += np.sqrt(HUM_SHARE) * mains_hum(len(speech), sample_rate)
    noisy = speech + noise * np.sqrt(np.mean(speech**2)) * 10 ** (-SNR_DB / 20)
    noisy *= 0.9 / max(0.9, np.abs(noisy).max())
    soundfile.write(FOLDER / "noisy-speech.flac", noisy, sample_rate, subtype="PCM_16")


if __name__ == "__main__":
    main()
