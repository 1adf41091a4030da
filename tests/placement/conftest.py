from pathlib import Path

import pytest

ALONE = "starts a Ray cluster of its own; run it alone: python -m pytest tests/placement"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip this folder beside others: one process has one Ray cluster."""
    here = [item for item in items if Path(__file__).parent in item.path.parents]
    if len(here) < len(items):
        for item in here:
            item.add_marker(pytest.mark.skip(reason=ALONE))
