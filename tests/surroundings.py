"""Surroundings of the test run's own: home, temporary folder and variables, made new before it and removed after it.

Imported before anything that reads them. The workers of a run share its surroundings.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

OWN = ("AUDIOGPT_", "RAY_", "XDG_")  # what the machine says in variables of these names is not for the tests
GIVEN = ("AUDIOGPT_TEST_", "AUDIOGPT_MODELS")  # except what is meant for them: servers and published weights
WORKER = "PYTEST_XDIST_WORKER"
# Ray's sockets, "ag-12345678/ray/session_<26 characters>_<7 digits>/sockets/plasma_store" under a folder of 11
# characters, may be 107 bytes long.
LONGEST_PARENT = 10


def make_surroundings() -> None:
    """Give this process and its children a home, a temporary folder and variables of their own."""
    if WORKER in os.environ:
        return
    parent = tempfile.gettempdir()
    folder = Path(tempfile.mkdtemp(prefix="ag", dir=parent if len(parent) <= LONGEST_PARENT else "/tmp"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    folder.chmod(0o711)  # a server that refuses to run as root finds its folder in it
    hub_cache = _hub_cache()
    for name in [name for name in os.environ if name.startswith(OWN) and not name.startswith(GIVEN)]:
        del os.environ[name]
    os.environ |= _variables(folder) | {"HF_HOME": hub_cache}
    tempfile.tempdir = str(folder)  # pytest has asked for it before


def _variables(folder: Path) -> dict[str, str]:
    home = folder / "home"
    variables = {
        "HOME": home,
        "XDG_CACHE_HOME": home / ".cache",
        "XDG_CONFIG_HOME": home / ".config",
        "XDG_DATA_HOME": home / ".local" / "share",
        "XDG_STATE_HOME": home / ".local" / "state",
    }
    for path in variables.values():
        path.mkdir(parents=True)
    return {name: str(path) for name, path in variables.items()} | {"TMPDIR": str(folder), "RAY_TMPDIR": str(folder)}


def _hub_cache() -> str:
    """Return where the hub's library keeps published weights for the user who runs the tests."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return os.environ.get("HF_HOME") or str(Path(cache, "huggingface"))
