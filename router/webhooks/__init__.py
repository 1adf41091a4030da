"""Webhooks: addresses that are told when a tenant's runs have ended."""
