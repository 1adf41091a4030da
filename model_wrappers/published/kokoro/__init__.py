"""Kokoro and the phonemes it reads."""

from model_wrappers.published.kokoro.kokoro import Kokoro

__all__ = ["Kokoro"]
