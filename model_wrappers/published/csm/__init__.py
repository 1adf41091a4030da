"""CSM and how it samples."""

from model_wrappers.published.csm.csm import Csm

__all__ = ["Csm"]
