"""Stable Audio Open, its diffusion and the gaps it fills."""

from model_wrappers.published.stable_audio.stable_audio import StableAudio

__all__ = ["StableAudio"]
