"""Silero VAD on a stream: how probably somebody speaks, 32 ms at a time."""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_wrappers.weights.onnx_session import open_session
from model_wrappers.weights.package_files import package_file

SAMPLE_RATE = 16_000  # Hz
FRAME = 512  # samples, 32 ms
CONTEXT = 64  # samples of the frame before that the network sees again
STATE = (1, 1, 128)
PACKAGE = "faster-whisper==1.2.1"
SHA256 = "4cbf549b8326f60f80f2536d9eefeb450a9abe83365a098031c89719f1be17d2"


class VoiceActivity:
    """The detector's state in one stream.

    Source: snakers4/silero-vad v6 (MIT), as packaged in faster-whisper.
    """

    def __init__(self) -> None:
        """Load the network, once a process.

        Raises:
            ModelUnavailable: If the package is missing or carries another file.
        """
        self._session = _network()
        self._rest = np.zeros(0, np.float32)
        self._context = np.zeros(CONTEXT, np.float32)
        self._h, self._c = np.zeros(STATE, np.float32), np.zeros(STATE, np.float32)

    def feed(self, waveform: NDArray[np.float32]) -> list[float]:
        """Return the probability of speech in every frame the samples complete.

        Args:
            waveform: Samples at 16 kHz, shape `(samples,)`; the next call goes on behind them.
        """
        samples = np.concatenate([self._rest, waveform])
        frames = len(samples) // FRAME
        self._rest = samples[frames * FRAME :]
        if not frames:
            return []
        batch = samples[: frames * FRAME].reshape(frames, FRAME)
        before = np.concatenate([self._context[None], batch[:-1, -CONTEXT:]])
        self._context = batch[-1, -CONTEXT:]
        inputs = {"input": np.concatenate([before, batch], axis=1), "h": self._h, "c": self._c}
        output, self._h, self._c = self._session.run(None, inputs)
        return [float(probability) for probability in np.ravel(output)]


@cache
def _network() -> Any:
    path = package_file("faster_whisper", "assets/silero_vad_v6.onnx", package=PACKAGE, sha256=SHA256)
    return open_session(path, keeps_memory=False)
