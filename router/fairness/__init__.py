"""Whose work comes next where several wait for one thing: shares by weight, bounds, and what comes too late."""
