"""Stored media: kept by content, apart by tenant, for a time."""
