"""Apertium, and the ways between its language pairs."""

from model_wrappers.embedded.apertium.apertium import Apertium

__all__ = ["Apertium"]
