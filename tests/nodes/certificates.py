"""Certificates as the launcher file has every node make them."""

import subprocess
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "scripts" / "node_certificates.sh"
FILES = {"RAY_TLS_CA_CERT": "ca.crt", "RAY_TLS_SERVER_CERT": "tls.crt", "RAY_TLS_SERVER_KEY": "tls.key"}


def make_authority(folder: Path) -> None:
    """Make a cluster's authority."""
    subprocess.run(["sh", SCRIPT, "authority", folder], check=True)


def make_certificate(authority: Path, folder: Path, *names: str) -> dict[str, str]:
    """Make a node's certificate, and return the variables by which Ray speaks TLS with it."""
    subprocess.run(["sh", SCRIPT, "node", authority, folder, *names], check=True)
    return {"RAY_USE_TLS": "1"} | {variable: str(folder / file) for variable, file in FILES.items()}
