"""Debian packages, Python packages and weights that the models of a serve config need."""

import importlib.metadata
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from packaging.requirements import Requirement

from audiogpt_cli.doctor.findings import INSTALL_DEBIAN, INSTALL_PYTHON, Finding
from model_wrappers.contract.base import missing_requirements
from model_wrappers.contract.errors import ModelUnavailable
from router.spec import ModelSpec

DISTRIBUTION = "audiogpt-serve"
PRODUCTION = "production"  # extra that the published models import
PUBLISHED = "model_wrappers.published"
DEBIAN_LIST = "apt.txt"  # beside the serve config, in a checkout
ASKED_S = 10.0


def look_at_software(specs: Sequence[ModelSpec], checkout: Path) -> Iterator[Finding]:
    """Yield what is there and what is missing.

    Args:
        specs: Models of the config.
        checkout: Folder of the config.
    """
    yield from _python_packages(specs)
    yield from _debian_packages(checkout / DEBIAN_LIST)
    yield from _requirements(specs)
    yield from _weights(specs)


def _python_packages(specs: Sequence[ModelSpec]) -> Iterator[Finding]:
    extras = ["", PRODUCTION] if any(spec.wrapper.startswith(PUBLISHED) for spec in specs) else [""]
    for extra in extras:
        wanted = [Requirement(line) for line in importlib.metadata.requires(DISTRIBUTION) or ()]
        wanted = [item for item in wanted if _belongs(item, extra)]
        problems = [problem for item in wanted if (problem := _problem(item))]
        named = f"Python packages of {f'the extra {extra!r}' if extra else 'the system'}"
        if problems:
            what = (
                f"{named}: {len(problems)} of {len(wanted)} are missing or of another version: {', '.join(problems)}."
            )
            package = f"'{DISTRIBUTION}[{extra}]'" if extra else DISTRIBUTION
            yield Finding(area="python", state="missing", what=what, how=f"{INSTALL_PYTHON}{package}")
        else:
            yield Finding(area="python", state="ok", what=f"{named}: all {len(wanted)} are there.")


def _belongs(requirement: Requirement, extra: str) -> bool:
    marker = requirement.marker
    if marker is None:
        return not extra
    return marker.evaluate({"extra": extra}) and not (extra and marker.evaluate({"extra": ""}))


def _problem(requirement: Requirement) -> str | None:
    """Return a package that is missing, or what is here instead of the version wanted; None if all is well."""
    try:
        found = importlib.metadata.version(requirement.name)
    except importlib.metadata.PackageNotFoundError:
        return requirement.name
    fits = requirement.specifier.contains(found, prereleases=True)
    return None if fits else f"{requirement.name} {found} instead of {requirement.specifier}"


def _debian_packages(listed: Path) -> Iterator[Finding]:
    if not listed.exists():
        return
    names = [name for line in listed.read_text().splitlines() if (name := line.partition("#")[0].strip())]
    try:
        told = subprocess.run(  # noqa: S603
            ["dpkg-query", "-W", "-f", "${Package} ${Status}\n", *names],  # noqa: S607
            capture_output=True, text=True, timeout=ASKED_S, check=False,
        ).stdout  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        yield Finding(
            area="debian", state="note", what="Debian packages cannot be listed here: there is no dpkg-query."
        )
        return
    here = {line.split()[0] for line in told.splitlines() if line.endswith("ok installed")}
    missing = [name for name in names if name not in here]
    if missing:
        what = f"{len(missing)} of {len(names)} Debian packages are missing: {', '.join(missing)}."
        yield Finding(area="debian", state="missing", what=what, how=INSTALL_DEBIAN + " ".join(missing))
    else:
        yield Finding(area="debian", state="ok", what=f"All {len(names)} Debian packages are there.")


def _requirements(specs: Sequence[ModelSpec]) -> Iterator[Finding]:
    """Yield what models lack; each is off until it is there."""
    for spec in specs:
        missing = missing_requirements(spec.card)
        if missing:
            named = ", ".join(f"{requirement.kind} '{requirement.name}'" for requirement in missing)
            what = f"Model '{spec.id}' is off without {named}."
            for command, manager in ((INSTALL_DEBIAN, "apt"), (INSTALL_PYTHON, "pip")):
                packages = dict.fromkeys(item.package for item in missing if item.manager == manager)
                if packages:
                    yield Finding(area="models", state="missing", what=what, how=command + " ".join(packages))
    if off := [spec for spec in specs if not _allowed(spec)]:
        named = ", ".join(f"{spec.id} ({spec.card.licence})" for spec in off)
        what = f"Off, because their licences grant no commercial use: {named}."
        advice = "Set 'allow_non_commercial: true' in their entries if that suits you."
        yield Finding(area="models", state="note", what=what, how=advice)


def _allowed(spec: ModelSpec) -> bool:
    return spec.card.commercial_use or spec.allow_non_commercial


def _weights(specs: Sequence[ModelSpec]) -> Iterator[Finding]:
    """Yield the published weights of models that are on; those in packages come with them."""
    found = 0
    for spec in filter(_allowed, specs):
        checkpoints = getattr(spec.wrapper_class, "checkpoints", None)
        for checkpoint in checkpoints(spec.config) if checkpoints else ():
            try:
                checkpoint.folder(offline=True)
                found += 1
            except ModelUnavailable as exc:
                what = f"Model '{spec.id}': {exc.message}"
                yield Finding(area="weights", state="missing", what=what, how=f"audiogpt models pull {spec.id}")
    if found:
        yield Finding(area="weights", state="ok", what=f"{found} checkpoints are on this machine.")
