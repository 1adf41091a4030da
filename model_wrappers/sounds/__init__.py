"""Sounds as classes, as recordings and as notes: what is heard when, and what is played."""
