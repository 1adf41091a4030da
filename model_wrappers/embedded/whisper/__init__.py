"""Whisper on CTranslate2."""

from model_wrappers.embedded.whisper.whisper import Whisper

__all__ = ["Whisper"]
