"""Faces that move with speech, and their films."""
