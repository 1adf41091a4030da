"""Tenants in metrics: by a few classes that the operator names, because there may be any number of tenants."""

from collections.abc import Mapping

STANDARD = "standard"

_classes: Mapping[str, str] = {}


def classify_with(classes: Mapping[str, str]) -> None:
    """Name the class of each tenant that has one of its own."""
    global _classes
    _classes = dict(classes)


def class_of(tenant: str) -> str:
    """Return the class of a tenant, the standard one unless it has one of its own."""
    return _classes.get(tenant, STANDARD)
