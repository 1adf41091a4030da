import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from deployments.local.loopback import LOOPBACK
from tests.nodes.certificates import make_authority, make_certificate

if TYPE_CHECKING:
    from tests.nodes.site import Site

HERE = Path(__file__).parent
ALONE = "starts a Ray cluster of its own; run it alone: python -m pytest tests/nodes"
LIMIT_S = 1_500.0  # of a test; the first one waits for the start too


def pytest_configure(config: pytest.Config) -> None:
    named = [Path(argument.split("::")[0]).absolute() for argument in config.args]
    if all(path.is_relative_to(HERE) for path in named):
        os.environ.update(_security())


def _security() -> dict[str, str]:
    """Return the variables by which Ray's processes know each other, as in production; it reads them when imported."""
    folder = Path(tempfile.mkdtemp())  # in the tests' own, which is removed at the end
    make_authority(folder)
    return {"RAY_AUTH_MODE": "token"} | make_certificate(folder, folder, "localhost", LOOPBACK)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip this folder beside others: one process has one Ray cluster."""
    here = [item for item in items if HERE in item.path.parents]
    for item in here:
        item.add_marker(pytest.mark.integration)
        item.add_marker(pytest.mark.timeout(LIMIT_S))
        if len(here) < len(items):
            item.add_marker(pytest.mark.skip(reason=ALONE))


@pytest.fixture(scope="session")
def cluster() -> "Iterator[Site]":
    """The whole production config with stand-ins for its models, on a head, two nodes with CPUs and a T4."""
    from tests.nodes.site import site

    with site() as running:
        running.deploy_version("1")
        yield running
