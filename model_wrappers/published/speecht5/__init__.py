"""SpeechT5 and the network that tells voices apart."""

from model_wrappers.published.speecht5.speecht5 import SpeechT5

__all__ = ["SpeechT5"]
