"""WarpNet and its network."""

from model_wrappers.published.warpnet.warpnet import WarpNet

__all__ = ["WarpNet"]
