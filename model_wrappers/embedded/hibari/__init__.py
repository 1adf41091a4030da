"""The Hibari voice, speaking and singing."""

from model_wrappers.embedded.hibari.hibari import Hibari
from model_wrappers.embedded.hibari.hibari_singer import HibariSinger

__all__ = ["Hibari", "HibariSinger"]
