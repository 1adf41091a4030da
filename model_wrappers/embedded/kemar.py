"""Binaural rendering with the head-related transfer functions measured on the KEMAR manikin."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.base import Work
from model_wrappers.contract.catalog import Limits, ModelCard
from model_wrappers.contract.one_by_one import OneByOneModel
from model_wrappers.contract.tasks.mono_to_binaural import MonoToBinauralRequest, MonoToBinauralResponse
from model_wrappers.signal.hrtf import Hrtf
from model_wrappers.signal.source_path import Positions, source_positions
from model_wrappers.weights.package_files import package_file

PACKAGE = "slab==1.8.2"
SHA256 = "61f562a68284ba40899fd66b9d9e976351a41def04e3e826ae4cb3d5c3a7d975"
HOP_S = 0.01  # a source circling the head in 1 s turns 3.6 degrees a hop, less than the measured 5 degree grid
HOPS_AT_ONCE = 128  # 9 MiB of spectra at 48 kHz


class KEMAR(OneByOneModel[MonoToBinauralRequest, MonoToBinauralResponse]):
    """Place a sound around the head, still or moving.

    The output is as long as the input: the sound arrives about 1 ms late, as it did in the measurement, and the last
    12 ms of the response are cut. Levels fall with 1/distance from 1 m on; if the nearer ear would exceed full scale,
    the whole output is scaled down. Between the waypoints of a path azimuth takes the shorter way round. Directions
    below the lowest measured elevation (-40 degrees) sound from that elevation.

    Source: W. Gardner, K. Martin, "HRTF measurements of a KEMAR", J. Acoust. Soc. Am. 97, 1995.
    """

    @classmethod
    def card(cls, config: Any) -> ModelCard:
        """Declare the model."""
        return ModelCard(
            title="KEMAR HRTF",
            tasks=("mono-to-binaural",),
            method="classical",
            licence="MIT AND LicenseRef-MIT-KEMAR",
            source="pypi:slab, MIT Media Lab KEMAR measurements, normal pinna",
            revision=f"1.8.2, sha256 {SHA256[:16]}",
            channels=1,
            limits=Limits(max_duration_s=1_800.0),
            memory_mb=180,
            reports_progress=True,
        )

    def load(self, device: str) -> None:
        """Read the measurements and prepare the interpolation between them."""
        self._hrtf = Hrtf.read_slab(
            package_file("slab", "data/mit_kemar_normal_pinna.bz2", package=PACKAGE, sha256=SHA256)
        )
        self._hrtf.prepare()

    def answer(self, request: MonoToBinauralRequest, work: Work) -> MonoToBinauralResponse:
        """Place one sound."""
        audio = request.audio
        hop = max(round(HOP_S * audio.sample_rate), 1)
        hops = audio.waveform.shape[1] // hop + 2
        positions = source_positions(request, (np.arange(hops) - 1.0) * hop / audio.sample_rate)
        waveform = self._render(audio.mono(), audio.sample_rate, hop, positions, work)
        peak = float(np.abs(waveform).max(initial=0.0))
        return MonoToBinauralResponse(audio=Audio(waveform / max(peak, 1.0), audio.sample_rate))

    def _render(
        self, samples: NDArray[np.float32], sample_rate: int, hop: int, positions: Positions, work: Work
    ) -> NDArray[np.float32]:
        """Filter overlapping triangular windows, each with the response of its moment, and add them up."""
        taps = int(np.ceil(self._hrtf.responses.shape[2] * sample_rate / self._hrtf.sample_rate))
        n_fft = 1 << (2 * hop + taps - 1).bit_length()
        frequencies = np.asarray(np.fft.rfftfreq(n_fft, 1 / sample_rate), np.float64)
        frequencies = frequencies[frequencies < self._hrtf.sample_rate / 2]
        moving = self._hrtf.moving_response(positions.azimuth, positions.elevation, frequencies)
        window = np.bartlett(2 * hop + 1)[:-1].astype(np.float32)
        hops = len(positions.azimuth)
        padded = np.pad(samples, (hop, hops * hop - len(samples)))
        output = np.zeros((2, hops * hop + n_fft), np.float32)
        for first in range(0, hops, HOPS_AT_ONCE):
            work.report(first / hops)
            chosen = slice(first, min(first + HOPS_AT_ONCE, hops))
            frames = np.stack([padded[i * hop : (i + 2) * hop] for i in range(chosen.start, chosen.stop)]) * window
            gains = (1 / positions.distance[chosen])[:, None, None]
            spectra = np.fft.rfft(frames, n_fft)[:, None, : len(frequencies)] * moving(chosen) * gains
            for i, filtered in enumerate(np.fft.irfft(spectra, n_fft), start=first):
                output[:, i * hop : i * hop + n_fft] += filtered
        return output[:, hop : hop + len(samples)]
