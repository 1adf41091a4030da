"""Check the environment that a cluster's nodes get: what they share, and who may speak to them."""

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from model_wrappers.contract.errors import InvalidInput

SHARED_DATABASE = "postgresql"
SHARED_STORE = "://"  # what tells an address of a store from a folder of one node


def read_environment(cluster: Path) -> dict[str, str]:
    """Return the variables that the launcher file's start commands read from mounted files.

    Raises:
        InvalidInput: If one of the files is not there.
    """
    content = yaml.safe_load(cluster.read_text())
    commands = [*content.get("head_start_ray_commands", ()), *content.get("worker_start_ray_commands", ())]
    words = [word for command in commands for word in shlex.split(command, comments=True)]
    found: dict[str, str] = {}
    for remote in dict.fromkeys(word for word in words if word.endswith(".env")):
        found |= read_variables(_local(remote, content.get("file_mounts") or {}, cluster))
    return found


def environment_problems(environment: Mapping[str, str]) -> Iterator[str]:
    """Yield what would leave nodes without a common store, or open to everybody."""
    if environment.get("RAY_AUTH_MODE") != "token":
        yield (
            "Whoever reaches a node may run code on all of them: set RAY_AUTH_MODE=token in the file of variables that "
            "the cluster's start commands read."
        )
    database = environment.get("AUDIOGPT_DATABASE_URL", "")
    if not database.startswith(SHARED_DATABASE):
        yield _apart("AUDIOGPT_DATABASE_URL", "sessions, runs and keys", "postgresql+psycopg://...", database)
    store = environment.get("AUDIOGPT_ARTIFACTS_URL", "")
    if SHARED_STORE not in store or store.startswith("file:"):
        yield _apart("AUDIOGPT_ARTIFACTS_URL", "files", "s3://...", store)


def _apart(variable: str, what: str, example: str, found: str) -> str:
    return (
        f"Each node would keep {what} of its own: set {variable} to a store that all nodes share, e.g. {example}, "
        f"not '{found}'."
    )


def _local(remote: str, mounts: Mapping[str, Any], cluster: Path) -> Path:
    """Return the file that a node finds under a name."""
    for target, source in mounts.items():
        if remote == target or remote.startswith(f"{target}/"):
            return cluster.parent / f"{source}{remote.removeprefix(target)}"
    raise InvalidInput(f"{cluster} reads {remote} on the nodes, but its file_mounts bring no such file there.")


def read_variables(path: Path) -> dict[str, str]:
    """Return the variables that a file sets, one a line.

    Raises:
        InvalidInput: If it cannot be read.
    """
    try:
        lines = path.read_text().splitlines()
    except OSError as exc:
        raise InvalidInput(f"The variables of the cluster's nodes cannot be read from {path}: {exc.strerror}.") from exc
    pairs = [line.partition("=") for line in map(str.strip, lines) if line and not line.startswith("#")]
    return {name.removeprefix("export ").strip(): value.strip().strip("'\"") for name, _, value in pairs}
