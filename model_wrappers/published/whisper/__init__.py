"""Whisper on transformers."""

from model_wrappers.published.whisper.whisper import WhisperLarge

__all__ = ["WhisperLarge"]
