"""The event captioner and its phrases."""

from model_wrappers.embedded.event_captioner.event_captioner import EventCaptioner

__all__ = ["EventCaptioner"]
