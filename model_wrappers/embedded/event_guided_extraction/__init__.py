"""Event-guided extraction and its masks."""

from model_wrappers.embedded.event_guided_extraction.event_guided_extraction import EventGuidedExtraction

__all__ = ["EventGuidedExtraction"]
