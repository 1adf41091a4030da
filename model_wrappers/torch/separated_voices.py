"""Voices that a network separated window by window: which is which, and how loud."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.tasks.speech_separation import SpeechSeparationResponse
from model_wrappers.torch.windows import Waveform, Windowing

SILENCE = 1e-10  # power below which a voice has no level to restore


@dataclass(frozen=True)
class Recording:
    """A recording at the network's rate, shape `(channels, samples)`, in windows."""

    audio: Audio
    waveform: Waveform
    windows: list[Waveform]


def separated(
    recording: Recording, windows: Sequence[Waveform], windowing: Windowing, sample_rate: int
) -> SpeechSeparationResponse:
    """Join the voices of all windows, each window's in the order of the window before, by what the two share.

    Args:
        recording: What was separated.
        windows: The voices of each of its windows, shape `(voices, samples)`; they need keep no level.
        windowing: How it was cut.
        sample_rate: Hz of the network.
    """
    voices = windowing.join(in_order(windows, windowing.overlap), recording.waveform.shape[1])
    levelled = [at_level(voice, recording.waveform[0])[np.newaxis] for voice in voices]
    return SpeechSeparationResponse(
        speakers=tuple(Audio(voice, sample_rate).matching(recording.audio) for voice in levelled)
    )


def in_order(windows: Sequence[Waveform], overlap: int) -> list[Waveform]:
    """Reorder the voices of each window as those of the window before; each has shape `(voices, samples)`."""
    ordered = list(windows[:1])
    for window in windows[1:]:
        before = ordered[-1][:, -overlap:]
        alike = np.abs(before @ window[:, :overlap].T)
        alike /= np.linalg.norm(before, axis=1)[:, None] * np.linalg.norm(window[:, :overlap], axis=1) + SILENCE
        voices = range(len(window))
        best = max(permutations(voices), key=lambda order: float(sum(alike[list(voices), list(order)])))
        ordered.append(window[list(best)])
    return ordered


def at_level(output: Waveform, recording: Waveform) -> Waveform:
    """Scale an output to the part of a recording that it explains, in the sense of least squares."""
    power = float(output @ output)
    return output if power <= SILENCE else output * np.float32(float(output @ recording) / power)
