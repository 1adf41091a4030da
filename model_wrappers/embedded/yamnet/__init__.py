"""YAMNet, its network and the classes a request means."""

from model_wrappers.embedded.yamnet.yamnet import YAMNet

__all__ = ["YAMNet"]
