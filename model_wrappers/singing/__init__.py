"""Scores, and words on their notes."""
