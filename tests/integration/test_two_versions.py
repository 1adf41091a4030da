"""Two versions of the code over one database, as while one replaces the other: neither loses what the other did."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from router.events import Resumed, RunInfo
from router.records.schema import HEAD
from tests.integration.conftest import ROOT, wait_until
from tests.integration.runners import STEPS, Site, done_steps

SHARED_S = float(os.environ.get("AUDIOGPT_TEST_SHARED_S", "30"))  # that both versions work side by side
MOST_IN_FLIGHT = 12
CHAIN = STEPS[:3]
ADDED = "added_later"
# What the next version has in its events besides; its tables follow.
CHANGES = {
    "router/records/schema.py": (f'HEAD = "{HEAD}"', f'HEAD = "{int(HEAD) + 1:04}"'),
    "router/events.py": ("class _Event(BaseModel):\n", f'class _Event(BaseModel):\n    {ADDED}: str = "so"\n'),
}
REVISION = f'''\
"""What the next version adds."""

import sqlalchemy as sa
from alembic import op

revision = "{int(HEAD) + 1:04}"
down_revision = "{HEAD}"


def upgrade() -> None:
    """Add a column and a table."""
    op.add_column("runs", sa.Column("{ADDED}", sa.Text, nullable=False, server_default="so"))
    op.create_table("{ADDED}", sa.Column("id", sa.Text, primary_key=True))
'''


@pytest.fixture
def next_version(tmp_path: Path) -> Path:
    """A copy of the code that adds to events and tables, as an upgrade may."""
    code = tmp_path / "next"
    shutil.copytree(ROOT / "router", code / "router", ignore=shutil.ignore_patterns("__pycache__"))
    for other in ("llm_planner", "model_wrappers", "tests"):
        (code / other).symlink_to(ROOT / other)
    for name, (before, after) in CHANGES.items():
        path = code / name
        assert before in path.read_text()
        path.write_text(path.read_text().replace(before, after, 1))
    (code / "router/records/migrations/versions/next.py").write_text(REVISION)
    return code


def test_runs_go_from_one_version_to_the_other_and_back(site: Site, next_version: Path) -> None:
    runner = site.add_runner()
    for code in (next_version, ROOT):
        runner = _hand_over(site, runner, code)
    assert _revision(site) == f"{int(HEAD) + 1:04}"


def _hand_over(site: Site, runner: "subprocess.Popen[str]", code: Path) -> "subprocess.Popen[str]":
    """Kill a runner in the second step of three, and let one of another version go on."""
    before = site.executed()[CHAIN[1]]
    gate = site.hold(CHAIN[1])
    run = site.start(*CHAIN)
    wait_until(lambda: site.executed()[CHAIN[1]] > before, "the second step")
    other = site.add_runner(code=code)
    runner.send_signal(signal.SIGKILL)
    gate.unlink()
    assert site.ended(run).state == "done"
    told = site.told(run)
    assert done_steps(told) == ["s1", "s2", "s3"]
    assert [event.attempt for event in told if isinstance(event, Resumed)] == [2]
    return other


def test_both_versions_work_on_one_database(site: Site, next_version: Path) -> None:
    for code in (ROOT, next_version, ROOT, next_version):  # also the old one after the new one's revision
        site.add_runner(code=code)
    runs: list[RunInfo] = []
    until = time.monotonic() + SHARED_S
    while time.monotonic() < until or len(_versions(site)) < 2:
        runs.append(site.start(*CHAIN))
        wait_until(lambda: len(_unended(site)) < MOST_IN_FLIGHT, "runs to end")
    assert [site.ended(run).state for run in runs] == ["done"] * len(runs)
    assert all(done_steps(site.told(run)) == ["s1", "s2", "s3"] for run in runs)
    assert [site.executed()[step] for step in CHAIN] == [len(runs)] * len(CHAIN)
    assert all(site.turns(run) == 1 for run in runs)


def _versions(site: Site) -> set[bool]:
    """Return whether there are runs of which each of the versions wrote the plan."""
    with site.database.reading() as connection:
        query = f"SELECT DISTINCT plan LIKE '%%{ADDED}%%' FROM runs WHERE plan IS NOT NULL"
        return set(connection.exec_driver_sql(query).scalars())


def _unended(site: Site) -> list[str]:
    with site.database.reading() as connection:
        return list(connection.exec_driver_sql("SELECT id FROM runs WHERE state IN ('queued', 'running')").scalars())


def _revision(site: Site) -> str:
    with site.database.reading() as connection:
        return str(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar())
