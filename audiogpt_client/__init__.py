"""A typed client of the HTTP API."""

from audiogpt_client.client import AudioGPT, ServerError

__all__ = ["AudioGPT", "ServerError"]
