"""Replies from templates, grounded in what really ran."""
