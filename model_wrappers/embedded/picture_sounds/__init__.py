"""Picture sounds and the network that reads the picture."""

from model_wrappers.embedded.picture_sounds.picture_sounds import PictureSounds

__all__ = ["PictureSounds"]
