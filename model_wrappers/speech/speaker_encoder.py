"""Voices as vectors: the GE2E speaker encoder of Resemblyzer, computed with NumPy."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from model_wrappers.contract.errors import InvalidInput
from model_wrappers.signal.mel import mel_filters
from model_wrappers.weights.package_files import package_file
from model_wrappers.weights.torch_checkpoint import read_tensors

PACKAGE = "resemblyzer==0.1.4"
SHA256 = "39373b86598fa3da9fcddee6142382efe09777e8d37dc9c0561f41f0070f134e"
SAMPLE_RATE = 16_000  # Hz
FRAME = 400  # samples, 25 ms
HOP = 160  # samples, 10 ms
MELS = 40
WINDOW = 160  # frames, 1.6 s
STEP = 80  # frames between windows
LAYERS = 3
LOUDNESS = 10 ** (-30 / 20)  # RMS that quieter speech is raised to
PAUSE_DB = 40.0  # below the loudest frames; such frames are left out
LEAST_FRAMES = 40  # 0.4 s of speech
SIZE = 256  # of a vector
AT_ONCE = 64  # windows
MAX_FRAMES = 6_000  # the first minute of speech tells the voice


class SpeakerEncoder:
    """Embed voices so that the dot product of two vectors is their similarity; above about 0.7 is one speaker.

    Source: L. Wan et al., "Generalized End-to-End Loss for Speaker Verification", arXiv 1710.10467; weights of
    resemble-ai/Resemblyzer (Apache-2.0).
    """

    def __init__(self) -> None:
        """Read the weights.

        Raises:
            ModelUnavailable: If the package is missing or carries another file.
        """
        path = package_file("resemblyzer", "pretrained.pt", package=PACKAGE, sha256=SHA256)
        tensors = read_tensors(path, "model_state")
        self._layers = [
            (
                np.ascontiguousarray(tensors[f"lstm.weight_ih_l{layer}"].T),
                np.ascontiguousarray(tensors[f"lstm.weight_hh_l{layer}"].T),
                tensors[f"lstm.bias_ih_l{layer}"] + tensors[f"lstm.bias_hh_l{layer}"],
            )
            for layer in range(LAYERS)
        ]
        self._weight, self._bias = np.ascontiguousarray(tensors["linear.weight"].T), tensors["linear.bias"]
        self._filters = mel_filters(SAMPLE_RATE, FRAME, MELS)

    def embed(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the unit vector of a voice, shape `(256,)`.

        Args:
            samples: Speech of one person at 16 kHz, shape `(samples,)`.

        Raises:
            InvalidInput: If there is too little sound in it.
        """
        frames = self._mel_frames(samples)
        if len(frames) < LEAST_FRAMES:
            raise InvalidInput(
                f"The recording of the voice holds {len(frames) * HOP / SAMPLE_RATE:.1f} s of sound; a voice is known "
                f"from {LEAST_FRAMES * HOP / SAMPLE_RATE:g} s on."
            )
        padded = np.pad(frames, ((0, max(WINDOW - len(frames), 0)), (0, 0)))
        starts = range(0, len(padded) - WINDOW + 1, STEP)
        windows = np.stack([padded[start : start + WINDOW] for start in starts])
        mean = self._network(windows).mean(axis=0)
        return np.asarray(mean / np.linalg.norm(mean), np.float32)

    def embed_windows(
        self, samples: NDArray[np.float32], window: int, step: int
    ) -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.intp]]:
        """Return the unit vectors of windows of sound, which frames hold sound, and where each window begins in these.

        Args:
            samples: At 16 kHz, shape `(samples,)`.
            window: Frames of a window, pauses not counted.
            step: Frames of sound between windows.

        Returns:
            Shapes `(windows, 256)`, `(frames,)` and `(windows,)`.
        """
        mels = self._all_mel_frames(samples, len(samples))
        sounding = _sounding(mels)
        frames = mels[sounding]
        begins = np.arange(0, max(len(frames) - window + 1, 0), step)
        parts = [self._network(np.stack([frames[b : b + window] for b in some])) for some in _few(begins)]
        return np.concatenate([np.zeros((0, SIZE), np.float32), *parts]), sounding, begins

    def _mel_frames(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return mel powers without the pauses, shape `(frames, MELS)`."""
        mels = self._all_mel_frames(samples, 2 * MAX_FRAMES)
        return np.asarray(mels[_sounding(mels)][:MAX_FRAMES])

    def _all_mel_frames(self, samples: NDArray[np.float32], most: int) -> NDArray[np.float32]:
        """Return mel powers, shape `(frames, MELS)`; none of silence."""
        level = float(np.sqrt(np.mean(samples**2))) if len(samples) else 0.0
        if level == 0.0:
            return np.zeros((0, MELS), np.float32)
        padded = np.pad(samples * max(LOUDNESS / level, 1.0), FRAME // 2)
        window = np.hanning(FRAME + 1)[:-1].astype(np.float32)
        frames = np.lib.stride_tricks.sliding_window_view(padded, FRAME)[::HOP][:most] * window
        return (np.abs(np.fft.rfft(frames)) ** 2).astype(np.float32) @ self._filters.T

    def _network(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return one unit vector per window of shape `(WINDOW, MELS)`."""
        sequence = windows.swapaxes(0, 1)
        for layer in self._layers:
            sequence = _lstm(sequence, *layer)
        raw = np.maximum(sequence[-1] @ self._weight + self._bias, 0.0)
        return np.asarray(raw / np.linalg.norm(raw, axis=1, keepdims=True))


def _sounding(mels: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Tell which frames are no pauses, shape `(frames,)`."""
    loudness = mels.sum(axis=1)
    return np.asarray(loudness > np.quantile(loudness, 0.95) * 10 ** (-PAUSE_DB / 10) if len(mels) else loudness > 0)


def _few(begins: NDArray[np.intp]) -> Iterator[NDArray[np.intp]]:
    """Yield as many windows as the network takes at once."""
    yield from (begins[start : start + AT_ONCE] for start in range(0, len(begins), AT_ONCE))


def _lstm(
    sequence: NDArray[np.float32],
    input_weight: NDArray[np.float32],
    hidden_weight: NDArray[np.float32],
    bias: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Return the hidden states of one layer; sequences have shape `(steps, batch, features)`."""
    inputs = sequence @ input_weight + bias
    size = hidden_weight.shape[0]
    hidden, cell = np.zeros((2, inputs.shape[1], size), np.float32)
    output = np.empty((*inputs.shape[:2], size), np.float32)
    for step, driven in enumerate(inputs):
        gates = driven + hidden @ hidden_weight
        entered, kept, shown = (_sigmoid(gates[:, i * size : (i + 1) * size]) for i in (0, 1, 3))
        cell = kept * cell + entered * np.tanh(gates[:, 2 * size : 3 * size])
        hidden = shown * np.tanh(cell)
        output[step] = hidden
    return output


def _sigmoid(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(0.5 * np.tanh(0.5 * values) + 0.5, np.float32)
