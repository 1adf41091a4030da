"""The certificates of nodes, as the script makes them and OpenSSL reads them."""

import shutil
import ssl
import stat
import subprocess
from pathlib import Path

import pytest
from cryptography import x509

SCRIPT = Path(__file__).parents[2] / "scripts" / "node_certificates.sh"
NAMES = ("localhost", "127.0.0.1", "10.0.0.5", "*.audiogpt.svc.cluster.local", "fd00::5")


def script(*words: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(["sh", SCRIPT, *words], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("authority")
    assert script("authority", folder).returncode == 0
    return folder


def test_node_is_known_by_its_addresses_and_names(authority: Path, tmp_path: Path) -> None:
    assert script("node", authority, tmp_path, *NAMES).returncode == 0
    certificate = x509.load_pem_x509_certificate((tmp_path / "tls.crt").read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    found = {*names.get_values_for_type(x509.DNSName), *map(str, names.get_values_for_type(x509.IPAddress))}
    assert found == set(NAMES)
    certificate.verify_directly_issued_by(x509.load_pem_x509_certificate((authority / "ca.crt").read_bytes()))
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_keys_are_their_owners_alone(authority: Path, tmp_path: Path) -> None:
    assert script("node", authority, tmp_path / "node", "localhost").returncode == 0
    for key in (authority / "ca.key", tmp_path / "node" / "tls.key"):
        assert stat.S_IMODE(key.stat().st_mode) == stat.S_IRUSR | stat.S_IWUSR
    assert sorted(path.name for path in (tmp_path / "node").iterdir()) == ["ca.crt", "tls.crt", "tls.key"]


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
def test_two_nodes_trust_each_other(authority: Path, tmp_path: Path, name: str) -> None:
    server, client = (tmp_path / each for each in ("server", "client"))
    for folder in (server, client):
        assert script("node", authority, folder, "localhost", "127.0.0.1").returncode == 0
    assert shake_hands(context(server, ssl.PROTOCOL_TLS_SERVER), context(client, ssl.PROTOCOL_TLS_CLIENT), name)


def test_node_of_another_cluster_is_refused(authority: Path, tmp_path: Path) -> None:
    assert script("authority", tmp_path / "other").returncode == 0
    assert script("node", tmp_path / "other", tmp_path / "client", "localhost").returncode == 0
    shutil.copy(authority / "ca.crt", tmp_path / "client" / "ca.crt")
    assert script("node", authority, tmp_path / "server", "localhost").returncode == 0
    ends = context(tmp_path / "server", ssl.PROTOCOL_TLS_SERVER), context(tmp_path / "client", ssl.PROTOCOL_TLS_CLIENT)
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(*ends, "localhost")


def test_authority_is_not_replaced_by_the_way(authority: Path) -> None:
    before = (authority / "ca.key").read_bytes()
    again = script("authority", authority)
    assert again.returncode == 1
    assert "is there already" in again.stderr
    assert (authority / "ca.key").read_bytes() == before


def test_script_says_what_is_missing(authority: Path, tmp_path: Path) -> None:
    for words in ((), ("node", authority, tmp_path), ("nodes", authority, tmp_path, "localhost")):
        told = script(*words)
        assert told.returncode == 2
        assert told.stderr.startswith("Usage: node_certificates.sh authority FOLDER")
    without = script("node", tmp_path / "nowhere", tmp_path / "node", "localhost")
    assert without.returncode == 1
    assert "ca.key" in without.stderr
    assert not list((tmp_path / "node").iterdir())


def context(folder: Path, side: int) -> ssl.SSLContext:
    made = ssl.SSLContext(side)
    made.load_cert_chain(folder / "tls.crt", folder / "tls.key")
    made.load_verify_locations(folder / "ca.crt")
    made.verify_mode = ssl.CERT_REQUIRED
    return made


def shake_hands(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> bool:
    """Let two ends prove themselves to each other without a network."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(to_client, to_server, server_hostname=name),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    done = [False, False]
    while not all(done):
        for number, end in enumerate(ends):
            try:
                end.do_handshake()
                done[number] = True
            except ssl.SSLWantReadError:
                pass
    return True
