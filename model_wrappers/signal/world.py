"""Speech as pitch, spectral envelope and breathiness, and back: the WORLD vocoder."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FRAME_S = 0.005


@dataclass(frozen=True)
class WorldSpeech:
    """Speech in frames of `FRAME_S`.

    Source: M. Morise et al., "WORLD: a vocoder-based high-quality speech synthesis system for real-time
    applications", IEICE Trans. E99-D(7), 2016.
    """

    f0: NDArray[np.float64]
    """Hz, 0 where there is no voice; shape `(frames,)`."""
    envelope: NDArray[np.float64]
    """Power, shape `(frames, bins)`."""
    aperiodicity: NDArray[np.float64]
    """Share of noise in the amplitude, 0 to 1, shape `(frames, bins)`."""
    sample_rate: int

    @classmethod
    def analyse(cls, samples: NDArray[np.float32], sample_rate: int) -> "WorldSpeech":
        """Take speech of shape `(samples,)` apart."""
        import pyworld

        signal = np.ascontiguousarray(samples, np.float64)
        coarse, times = pyworld.dio(signal, sample_rate, frame_period=1_000 * FRAME_S)
        f0 = pyworld.stonemask(signal, coarse, times, sample_rate)
        envelope = pyworld.cheaptrick(signal, f0, times, sample_rate)
        return cls(f0, envelope, pyworld.d4c(signal, f0, times, sample_rate), sample_rate)

    def synthesise(self) -> NDArray[np.float64]:
        """Return the sound, shape `(samples,)`, within a frame as long as what was analysed."""
        import pyworld

        f0, envelope, aperiodicity = map(np.ascontiguousarray, (self.f0, self.envelope, self.aperiodicity))
        return np.asarray(pyworld.synthesize(f0, envelope, aperiodicity, self.sample_rate, 1_000 * FRAME_S))

    def mel_cepstrum(self, coefficients: int) -> NDArray[np.float64]:
        """Return the envelope in few numbers, shape `(frames, coefficients)`; the first one is the level."""
        import pyworld

        return np.asarray(
            pyworld.code_spectral_envelope(np.ascontiguousarray(self.envelope), self.sample_rate, coefficients)
        )


def envelope_of(mel_cepstrum: NDArray[np.float64], sample_rate: int) -> NDArray[np.float64]:
    """Return the spectral envelope of a mel cepstrum, shape `(frames, bins)`."""
    import pyworld

    n_fft = pyworld.get_cheaptrick_fft_size(sample_rate)
    return np.asarray(pyworld.decode_spectral_envelope(np.ascontiguousarray(mel_cepstrum), sample_rate, n_fft))
