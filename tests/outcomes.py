"""A pytest plugin: `--outcomes FILE` writes what became of each test, as JSON, for `scripts/run_tests.py`."""

import json
from pathlib import Path
from typing import Any

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--outcomes", type=Path, help="write what became of each test to this file, as JSON")


def pytest_configure(config: pytest.Config) -> None:
    path = config.getoption("--outcomes")
    if path is not None and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Outcomes(path))


class Outcomes:
    """What became of each test, by its id: `passed`, `failed` or `skipped`, and why."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._found: dict[str, dict[str, str]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or not report.passed:
            self._add(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if not report.passed:
            self._add(report)

    def _add(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if self._found.get(report.nodeid, {}).get("outcome") != "failed":  # a test's clean-up does not undo it
            self._found[report.nodeid] = {"outcome": report.outcome, "reason": _reason(report.longrepr)}

    def pytest_sessionfinish(self) -> None:
        self._path.write_text(json.dumps(self._found))


def _reason(longrepr: Any) -> str:
    """Return the reason of a skip, or the error's first line and, of what another process raised, its last one."""
    if isinstance(longrepr, tuple):
        return str(longrepr[2]).removeprefix("Skipped: ")
    crash = getattr(longrepr, "reprcrash", None)
    text = str(crash.message if crash else longrepr or "")
    lines = text.strip().splitlines() or [""]
    return f"{lines[0]} ... {lines[-1]}" if "ray::" in lines[0] and len(lines) > 1 else lines[0]
