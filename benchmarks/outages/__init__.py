"""Runs while parts of the system are killed, stopped, cut off and replaced."""
