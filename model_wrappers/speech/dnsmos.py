"""DNSMOS P.835: how good people would find speech, 1 to 5, from the sound alone."""

from functools import cache
from typing import Any

import numpy as np

from model_wrappers.contract.audio import Audio
from model_wrappers.weights.onnx_session import open_session
from model_wrappers.weights.package_files import package_file

PACKAGE = "speechmos==0.0.1.1"
SHA256 = "269fbebdb513aa23cddfbb593542ecc540284a91849ac50516870e1ac78f6edd"
SAMPLE_RATE = 16_000  # Hz
WINDOW = 144_160  # samples, 9.01 s
OVERALL = np.polynomial.Polynomial([0.04602535, 1.11546468, -0.06766283])  # from the network's scale to people's


def dnsmos(audio: Audio, most_windows: int | None = None) -> float | None:
    """Return the overall quality, None of silence.

    Args:
        audio: Any sound.
        most_windows: Of 9 s each, 0.1 s of CPU a window; evenly spread where there would be more, which None allows.

    Source: C. Reddy, V. Gopal, R. Cutler, "DNSMOS P.835", ICASSP 2022; as packaged in speechmos (MIT).

    Raises:
        ModelUnavailable: If the package is missing.
    """
    samples = audio.resample(SAMPLE_RATE).mono()
    if not np.any(samples):
        return None
    samples = np.clip(np.resize(samples, max(WINDOW, len(samples))), -1, 1)  # short clips are repeated, as it was made
    starts = list(range(0, len(samples) - WINDOW + 1, SAMPLE_RATE))
    if most_windows and len(starts) > most_windows:
        starts = [starts[k * (len(starts) - 1) // max(most_windows - 1, 1)] for k in range(most_windows)]
    raw = [_network().run(None, {"input_1": samples[None, k : k + WINDOW]})[0][0][2] for k in starts]
    return float(OVERALL(np.mean(raw)))


@cache
def _network() -> Any:
    path = package_file("speechmos", "dnsmos_models/sig_bak_ovr.onnx", package=PACKAGE, sha256=SHA256)
    return open_session(path)
