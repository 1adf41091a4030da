"""Models that run on ESPnet."""
