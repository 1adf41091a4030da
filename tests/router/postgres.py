"""A Postgres server of the tests' own, from the programs that Debian's package brings."""

import getpass
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

NEEDS = "needs Postgres: install Debian's postgresql, or name a database in AUDIOGPT_TEST_DATABASE_URL"
DEBIAN = Path("/usr/lib/postgresql")
ACCOUNT = "postgres"  # Debian's; the server refuses to run as root


def programs() -> Path:
    """Return the folder of the newest server's programs; skip the test where there is none."""
    found = sorted(DEBIAN.glob("*/bin"), key=lambda folder: int(folder.parent.name))
    on_path = shutil.which("initdb")
    if not found and on_path is None:
        pytest.skip(NEEDS)
    return found[-1] if found else Path(str(on_path)).parent


@dataclass(frozen=True)
class Server:
    """A running server that can be taken away for a while."""

    url: str
    control: list[Path | str]
    start: list[Path | str]

    @contextmanager
    def away(self) -> Iterator[None]:
        """Stop the server for as long as the block runs."""
        _run([*self.control, "--mode=immediate", "stop"])
        try:
            yield
        finally:
            _run(self.start)


@contextmanager
def postgres() -> Iterator[Server]:
    """Run a server that only a socket in a private folder leads to."""
    bin_folder = programs()
    account = ACCOUNT if os.geteuid() == 0 else getpass.getuser()
    with tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True) as folder:
        if os.geteuid() == 0:
            shutil.chown(folder, ACCOUNT)
        control: list[Path | str] = [bin_folder / "pg_ctl", "--pgdata", f"{folder}/data", "--wait", "--silent"]
        _run([bin_folder / "initdb", "--pgdata", f"{folder}/data", "--auth=trust", "--encoding=UTF8", "--no-sync"])
        start = [*control, "--log", f"{folder}/log", "--options", f"-F -h '' -k {folder}", "start"]
        _run(start)
        try:
            yield Server(f"postgresql+psycopg://{account}@/postgres?host={folder}", control, start)
        finally:
            _run([*control, "--mode=immediate", "stop"])


def _run(command: list[Path | str]) -> None:
    """Run a program of the server, never as root."""
    words = [str(word) for word in command]
    if os.geteuid() == 0:
        words = ["runuser", "-u", ACCOUNT, "--", *words]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, cwd="/")
