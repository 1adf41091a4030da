"""Tenants beside each other, and more work than there is room for."""
