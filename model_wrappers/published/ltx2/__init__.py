"""LTX-2 and the speech its films follow."""

from model_wrappers.published.ltx2.ltx2 import LTX2

__all__ = ["LTX2"]
