"""Asteroid's Conv-TasNet."""

from model_wrappers.published.asteroid.separation import AsteroidSeparation

__all__ = ["AsteroidSeparation"]
