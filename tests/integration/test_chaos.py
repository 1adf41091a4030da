"""Sixty runs while every part of a real system is killed, stopped, cut off and replaced once."""

import json
import os
import subprocess
import sys
from pathlib import Path

from benchmarks.outages.incidents import HELD, ROLL_OUT
from deployments.local.ports import free_ports
from tests.integration.conftest import LIMIT_S, ROOT
from tests.router.postgres import programs

RUNS = 60


def test_nothing_that_happens_to_a_part_loses_or_doubles_a_run(tmp_path: Path) -> None:
    programs()
    (port,) = free_ports(1)
    report = tmp_path / "report.json"
    options = ["--runs", str(RUNS), "--port", str(port), "--json", report]
    command = [sys.executable, "-m", "benchmarks.outages.chaos", *options]
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("AUDIOGPT_", "RAY_"))}
    subprocess.run(command, cwd=ROOT, env=environment, check=True, timeout=LIMIT_S, stdin=subprocess.DEVNULL)
    found = json.loads(report.read_text())
    assert found["ended"] == found["runs"] >= RUNS
    assert found["in_flight"][ROLL_OUT] >= HELD
    assert set(found["incidents"].values()) == {1}
    assert (found["lost"], found["duplicated"], found["wrong_owner"], found["extra_runs"]) == ({}, {}, {}, 0)
