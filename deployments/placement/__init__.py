"""Serve configs checked against a cluster: which replica goes onto which GPU."""
