import gzip
import re

import httpx
import pytest

from webui import Assets


@pytest.fixture(scope="module")
def version() -> str:
    return Assets().version


async def test_the_page_admits_only_its_own_scripts_by_a_nonce_used_once(client: httpx.AsyncClient) -> None:
    nonces = set()
    for answer in (await client.get("/"), await client.get("/")):
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.headers["cache-control"] == "no-store"
        policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
        assert policy["default-src"] == "'none'"
        assert "unsafe" not in answer.headers["content-security-policy"]
        (nonce,) = re.findall(r'<script type="importmap" nonce="([^"]+)">', answer.text)
        assert policy["script-src"] == f"'self' 'nonce-{nonce}'"
        nonces.add(nonce)
    assert len(nonces) == 2


async def test_every_file_the_page_names_is_served(client: httpx.AsyncClient, version: str) -> None:
    page = (await client.get("/")).text
    paths = re.findall(rf"ui/{version}/[\w./-]+", page)
    assert len(paths) >= 15
    for path in paths:
        answer = await client.get(f"/{path}")
        assert answer.status_code == 200, path
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert "{" not in page.partition("importmap")[0]


@pytest.mark.parametrize(
    ("current", "kept"), [(True, "public, max-age=31536000, immutable"), (False, "no-cache")], ids=["current", "old"]
)
async def test_files_are_kept_for_good_under_the_current_version_only(
    client: httpx.AsyncClient, version: str, current: bool, kept: str
) -> None:
    answer = await client.get(f"/ui/{version if current else 'older'}/js/main.js")
    assert answer.headers["cache-control"] == kept
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"


async def test_files_are_compressed_for_those_who_can_read_it(client: httpx.AsyncClient, version: str) -> None:
    path = f"/ui/{version}/vendor/abcjs/abcjs.js"
    plain = await client.get(path, headers={"accept-encoding": "identity"})
    packed = await client.get(path, headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == plain.content  # httpx has unpacked it
    assert int(packed.headers["content-length"]) == len(gzip.compress(plain.content)) < len(plain.content) / 3


@pytest.mark.parametrize("path", ["nothing.js", "%2e%2e/assets.py", "..%2fassets.py", "js", ""])
async def test_nothing_but_the_pages_files_is_served(client: httpx.AsyncClient, version: str, path: str) -> None:
    answer = await client.get(f"/ui/{version}/{path}")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"


async def test_the_page_answers_to_head(client: httpx.AsyncClient, version: str) -> None:
    for path in ("/", f"/ui/{version}/icon.svg"):
        assert (await client.head(path)).status_code == 200
