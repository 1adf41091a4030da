"""The image, built and run: `pytest -m image tests/deploy`, as root, with buildah and mmdebstrap; takes minutes."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# With the certificates that this machine trusts besides Debian's, through which it reaches the package index.
BASE_FILE = """\
FROM scratch
ADD base.tar /
COPY certificates /usr/local/share/ca-certificates/
ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
"""
CERTIFICATES = Path("/usr/local/share/ca-certificates")
PORT = 23_871
OPEN_FILES = "nofile=16384:16384"  # HAProxy wants about 10,000
PROGRAMS = ("buildah", "mmdebstrap")
# Works in a container, too, where nothing may be mounted.
ENVIRONMENT = {"STORAGE_DRIVER": "vfs", "BUILDAH_ISOLATION": "chroot"}

pytestmark = [pytest.mark.image, pytest.mark.timeout(3_600)]


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, env=os.environ | ENVIRONMENT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}:\n{done.stdout[-4_000:]}\n{done.stderr[-4_000:]}"
    return done.stdout.strip()


@pytest.fixture(scope="module")
def container(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A container of the CPU image, on a base made of Debian's packages; nothing is left of both."""
    if not all(map(shutil.which, PROGRAMS)):
        pytest.skip(f"needs {' and '.join(PROGRAMS)}")
    folder = tmp_path_factory.mktemp("base")
    storage = ["--root", folder / "images", "--runroot", folder / "run"]
    run("mmdebstrap", "--variant=minbase", "bookworm", folder / "base.tar")
    (folder / "Containerfile").write_text(BASE_FILE)
    (folder / "certificates").mkdir()
    for path in CERTIFICATES.glob("*.crt"):
        shutil.copy(path, folder / "certificates")
    run("buildah", *storage, "bud", "-t", "base", folder)
    (folder / "base.tar").unlink()
    run(
        "buildah", *storage, "bud", "--build-arg", "BASE=localhost/base", "-f", "deploy/Containerfile", "-t", "cpu", "."
    )
    name = run("buildah", *storage, "from", "--ulimit", OPEN_FILES, "localhost/cpu")
    yield f"{folder}\n{name}"
    run("buildah", *storage, "rm", name)
    run("buildah", *storage, "rmi", "--all", "--force")


def inside(container: str, *command: str) -> str:
    folder, name = container.split("\n")
    storage = ["--root", f"{folder}/images", "--runroot", f"{folder}/run"]
    return run("buildah", *storage, "run", name, "--", *command)


def test_image_runs_as_nobody_special_and_holds_no_published_weights(container: str) -> None:
    assert inside(container, "id", "-u") == "1000"
    assert inside(container, "sh", "-c", "touch /opt/audiogpt-serve/x 2>/dev/null || echo refused") == "refused"
    assert "torch" not in inside(container, "ls", "/opt/audiogpt-serve/.venv/lib/python3.11/site-packages").split()


def test_image_has_what_pods_run(container: str) -> None:
    for program in ("ray", "wget", "openssl"):
        inside(container, "bash", "-lc", f"command -v {program}")
    script = ("sh", "scripts/node_certificates.sh")
    inside(container, *script, "authority", "/tmp/authority")
    inside(container, *script, "node", "/tmp/authority", "/tmp/node", "localhost")
    assert "tls.key" in inside(container, "ls", "/tmp/node")


def test_system_in_the_image_transcribes_its_example(container: str) -> None:
    told = inside(
        container, "audiogpt", "serve", "serve_config.embedded.yaml", "--port", str(PORT), "--check",
        "--out", "/tmp/example",
    )  # fmt: skip
    assert "Ready after" in told
