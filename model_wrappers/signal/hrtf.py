"""Head-related transfer functions: a measured set, and directions between the measured ones."""

import bz2
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from model_wrappers.contract.errors import ModelUnavailable

OVERSAMPLING = 8  # of the correlation that finds onsets: 2.8 us at 44.1 kHz, under the ear's threshold of 10 us
POINTS_AT_ONCE = 256  # 9 MiB of weights on 1,416 triangles
BAND_EDGE = 0.9  # of the measurement's Nyquist frequency, where the response starts to fade out


@dataclass(frozen=True)
class Hrtf:
    """Impulse responses at both ears for directions on a sphere.

    Between measured directions the responses are aligned in time before they are mixed and the onsets are
    interpolated apart, because a mix of unaligned responses is a comb filter.

    Source: J. Nam, J. Abel, J. Smith, "On the minimum-phase nature of head-related transfer functions", AES 2008.
    """

    azimuths: NDArray[np.float64]
    """Degrees, positive is left, shape `(directions,)`."""
    elevations: NDArray[np.float64]
    """Degrees, positive is up, shape `(directions,)`."""
    responses: NDArray[np.float64]
    """Shape `(directions, 2, taps)`, left ear first."""
    sample_rate: float

    @classmethod
    def read_slab(cls, path: Path) -> Self:
        """Read a set as the slab package stores it, without slab and without running what a pickle can run.

        Raises:
            ModelUnavailable: If the file is not such a set.
        """
        try:
            with bz2.open(path) as file:
                stored = _SlabUnpickler(file).load()
            azimuths, elevations, _ = stored.sources.T
            responses = np.stack([item.data.T for item in stored.data])
        except (OSError, EOFError, AttributeError, ValueError, pickle.UnpicklingError) as exc:
            raise ModelUnavailable(f"'{path}' holds no head-related transfer functions: {exc}.") from exc
        return cls(azimuths, elevations, responses, float(stored.data[0].samplerate))

    @cached_property
    def onsets(self) -> NDArray[np.float64]:
        """Seconds until the sound reaches each ear, shape `(directions, 2)`."""
        n_fft = 2 * self.responses.shape[2]
        spectra = np.fft.rfft(self.responses, n_fft)
        correlation = np.fft.irfft(spectra * np.conj(_minimum_phase(spectra, n_fft)), n_fft * OVERSAMPLING)
        return np.asarray(correlation.argmax(axis=2) / (self.sample_rate * OVERSAMPLING), np.float64)

    def between(
        self, azimuths: NDArray[np.float64], elevations: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Find the triangle of measured directions around each given one.

        Args:
            azimuths: Degrees, shape `(n,)`.
            elevations: Degrees, shape `(n,)`; beyond the measured ones the nearest measured one counts.

        Returns:
            Indices and weights (summing to 1) of the three corners, each of shape `(n, 3)`.
        """
        clipped = np.clip(elevations, self.elevations.min(), self.elevations.max())
        corners, inverses = self._triangulation
        points = _unit_vectors(azimuths, clipped)
        chunks = np.array_split(points, len(points) // POINTS_AT_ONCE + 1)
        triangle = np.concatenate([(chunk @ inverses).min(axis=0).argmax(axis=1) for chunk in chunks])
        inside = np.maximum(np.einsum("nd,cnd->nc", points, inverses[:, :, triangle].swapaxes(1, 2)), 0.0)
        return corners[triangle], inside / inside.sum(axis=1, keepdims=True)

    def aligned_spectra(self, directions: NDArray[np.int64], frequencies: NDArray[np.float64]) -> NDArray[np.complex64]:
        """Return the responses of measured directions, onsets taken out.

        Args:
            directions: Indices, shape `(n,)`.
            frequencies: Hz, shape `(frequencies,)`; the response is 0 above the measured band.

        Returns:
            Shape `(n, 2, frequencies)`.
        """
        nyquist = self.sample_rate / 2
        fade = np.clip((nyquist - frequencies) / (nyquist * (1 - BAND_EDGE)), 0.0, 1.0)
        times = np.arange(self.responses.shape[2]) / self.sample_rate
        kernel = np.exp(-2j * np.pi * np.outer(times, frequencies)) * np.sin(fade * np.pi / 2) ** 2
        onsets = self.onsets[directions][..., None]
        spectra = self.responses[directions] @ kernel
        return np.asarray(spectra * np.exp(2j * np.pi * frequencies * onsets), np.complex64)

    def prepare(self) -> None:
        """Compute what is computed once, so that the first request does not wait for it."""
        _ = self.onsets, self._triangulation

    def moving_response(
        self, azimuths: NDArray[np.float64], elevations: NDArray[np.float64], frequencies: NDArray[np.float64]
    ) -> Callable[[slice], NDArray[np.complex64]]:
        """Return a function that gives the responses of a slice of the directions.

        Args:
            azimuths: Degrees, shape `(n,)`.
            elevations: Degrees, shape `(n,)`.
            frequencies: Hz, shape `(frequencies,)`.

        Returns:
            A function from a slice of length m to the responses, shape `(m, 2, frequencies)`.
        """
        corners, weights = self.between(azimuths, elevations)
        used, position = np.unique(corners, return_inverse=True)
        position = position.reshape(corners.shape)
        spectra = self.aligned_spectra(used, frequencies)
        onsets = np.einsum("nc,nce->ne", weights, self.onsets[corners])

        def at(chosen: slice) -> NDArray[np.complex64]:
            mixed = np.einsum("nc,ncef->nef", weights[chosen].astype(np.float32), spectra[position[chosen]])
            phases = onsets[chosen][..., None] * frequencies
            return np.asarray(mixed * np.exp(-2j * np.pi * phases), np.complex64)

        return at

    @cached_property
    def _triangulation(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Corners of the triangles, shape `(triangles, 3)`, and what takes a point to its weights on them.

        The second has shape `(corners = 3, axes = 3, triangles)`.
        """
        from scipy.spatial import ConvexHull

        points = _unit_vectors(self.azimuths, self.elevations)
        corners = ConvexHull(points).simplices.astype(np.int64)
        return corners, np.ascontiguousarray(np.linalg.inv(points[corners]).transpose(2, 1, 0))


def _unit_vectors(azimuths: NDArray[np.float64], elevations: NDArray[np.float64]) -> NDArray[np.float64]:
    azimuth, elevation = np.radians(azimuths), np.radians(elevations)
    level = np.cos(elevation)
    return np.stack([level * np.cos(azimuth), level * np.sin(azimuth), np.sin(elevation)], axis=-1)


def _minimum_phase(spectra: NDArray[np.complex128], n_fft: int) -> NDArray[np.complex128]:
    """Return the minimum-phase spectra of the same magnitude, by folding the real cepstrum."""
    cepstrum = np.fft.irfft(np.log(np.maximum(np.abs(spectra), 1e-9)), n_fft)
    cepstrum[..., 1 : n_fft // 2] *= 2.0
    cepstrum[..., n_fft // 2 + 1 :] = 0.0
    return np.exp(np.fft.rfft(cepstrum, n_fft))


class _Stored:
    """Attributes of a pickled slab object, without its code."""

    sources: NDArray[np.float64]
    data: Any
    samplerate: float


class _SlabUnpickler(pickle.Unpickler):
    """Build arrays and plain attribute holders, and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in {("slab.hrtf", "HRTF"), ("slab.filter", "Filter")}:
            return _Stored
        if (module, name) in {("numpy", "ndarray"), ("numpy", "dtype")}:
            return getattr(np, name)
        if name == "_reconstruct" and module in {"numpy.core.multiarray", "numpy._core.multiarray"}:
            return super().find_class("numpy._core.multiarray", name)
        raise pickle.UnpicklingError(f"{module}.{name} is not allowed in this file")
