"""FastSpeech 2 and the phonemes it reads."""

from model_wrappers.published.fastspeech2.fastspeech2 import FastSpeech2

__all__ = ["FastSpeech2"]
