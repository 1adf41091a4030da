"""Tenants and their keys: made, shown once, proved, rotated and revoked."""
