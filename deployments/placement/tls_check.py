"""Check that a cluster's nodes speak TLS with each other or do not: nothing of it is half there."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

SWITCH = "RAY_USE_TLS"
FILES = ("RAY_TLS_CA_CERT", "RAY_TLS_SERVER_CERT", "RAY_TLS_SERVER_KEY")
ON, OFF = ("1", "true"), ("0", "false")
SCRIPT = "node_certificates.sh"


@dataclass(frozen=True)
class Making:
    """A command of the launcher file that makes a node's certificate."""

    authority: PurePosixPath
    folder: PurePosixPath


def tls_problems(cluster: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """Yield what would keep nodes from starting, or leave them with certificates that nothing uses.

    Args:
        cluster: Launcher file.
        environment: What its start commands set on the nodes.
    """
    content = yaml.safe_load(cluster.read_text())
    value = environment.get(SWITCH, "")
    named = {name: PurePosixPath(environment[name]) for name in FILES if environment.get(name)}
    if value.lower() in ON:
        yield from _missing(named)
        yield from _not_brought(content, named)
        yield from _key_left(content)
    elif value and value.lower() not in OFF:
        yield f"{SWITCH} is '{value}', which Ray takes for 0: set it to 1, or to 0 for no TLS between the nodes."
    elif not value and (named or _makings(content)):
        yield f"Nodes get certificates and send in clear all the same: set {SWITCH}=1, or to 0 to leave it so."


def _missing(named: Mapping[str, PurePosixPath]) -> Iterator[str]:
    if missing := [name for name in FILES if name not in named]:
        yield f"No node would start: {SWITCH}=1 needs {', '.join(missing)} too."


def _not_brought(content: Mapping[str, Any], named: Mapping[str, PurePosixPath]) -> Iterator[str]:
    """Yield the files that neither a mount nor a command puts on the nodes."""
    mounts = [PurePosixPath(target) for target in content.get("file_mounts") or {}]
    for kind in ("head", "worker"):
        words = [PurePosixPath(word) for command in _commands(content, kind) for word in shlex.split(command)]
        absent = [f"{name}={path}" for name, path in named.items() if not _brought(path, [*mounts, *words])]
        if absent:
            yield (
                f"No {kind} would start: nothing brings {', '.join(absent)} there; have scripts/{SCRIPT} make it in "
                "the setup_commands, as in the cluster.yaml that is shipped."
            )
    for making in _makings(content):
        if lacking := [name for name in ("ca.crt", "ca.key") if not _brought(making.authority / name, mounts)]:
            yield f"No certificate can be made: file_mounts bring no {' and no '.join(lacking)} to {making.authority}."


def _key_left(content: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is said where the authority's key stays on the workers."""
    removed = {
        word
        for command in content.get("worker_setup_commands") or ()
        for words in [shlex.split(command)]
        for word in (words if "rm" in words or "shred" in words else ())
    }
    for key in {str(making.authority / "ca.key") for making in _makings(content)} - removed:
        yield f"Every worker would keep the key of the authority: end the worker_setup_commands with `rm {key}`."


def _makings(content: Mapping[str, Any]) -> Sequence[Making]:
    """Return the commands that make certificates, without repetitions."""
    found: dict[Making, None] = {}
    for command in (*_commands(content, "head"), *_commands(content, "worker")):
        words = shlex.split(command)
        for number, word in enumerate(words[:-3]):
            if PurePosixPath(word).name == SCRIPT and words[number + 1] == "node":
                found[Making(*map(PurePosixPath, words[number + 2 : number + 4]))] = None
    return tuple(found)


def _commands(content: Mapping[str, Any], kind: str) -> Sequence[str]:
    """Return what is run on a new node of a kind before Ray starts."""
    return [*(content.get("setup_commands") or ()), *(content.get(f"{kind}_setup_commands") or ())]


def _brought(path: PurePosixPath, by: Sequence[PurePosixPath]) -> bool:
    """Tell whether one of these is a file, or a folder that it is in."""
    return any(each == path or each in path.parents for each in by if each.is_absolute() and each.name)
