"""LASSNet and its network."""

from model_wrappers.published.lassnet.lassnet import LassNet

__all__ = ["LassNet"]
