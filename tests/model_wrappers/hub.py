"""A hub on this machine, with one tiny repository and a gated one."""

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import constants

COMMIT = "0123456789abcdef0123456789abcdef01234567"
LATER_COMMIT = "89abcdef0123456789abcdef0123456789abcdef"
WEIGHTS = bytes(range(256)) * 40
FILES = {"config.json": b'{"model_type": "tiny"}', "model.safetensors": WEIGHTS, "big.bin": b"never fetched"}


def git_digest(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


class Hub(BaseHTTPRequestHandler):
    """The four calls of the hub that a download makes, for one public and one gated repository."""

    head = COMMIT
    """The commit its branch is at."""

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def _answer(self, *, body: bool = True) -> None:
        path = self.path.partition("?")[0]
        if "/gated/" in path:
            self._send(403, b"", {"X-Error-Code": "GatedRepo"})
        elif "/org/tiny" not in path:
            self._send(404, b"", {"X-Error-Code": "RepoNotFound"})
        elif "/tree/" in path:
            self._send(200, json.dumps([self._entry(name) for name in FILES]).encode(), {})
        elif "/resolve/" in path and (name := path.rsplit("/", 1)[1]) in FILES:
            etag = hashlib.sha256(FILES[name]).hexdigest() if name == "model.safetensors" else git_digest(FILES[name])
            self._send(200, FILES[name] if body else b"", {"ETag": f'"{etag}"'}, length=len(FILES[name]))
        elif path.startswith("/api/models/"):
            described = {"id": "org/tiny", "sha": self._commit(), "siblings": [{"rfilename": name} for name in FILES]}
            self._send(200, json.dumps(described).encode(), {})
        else:
            self._send(404, b"", {"X-Error-Code": "EntryNotFound"})

    def _entry(self, name: str) -> dict[str, Any]:
        data = FILES[name]
        entry: dict[str, Any] = {"type": "file", "path": name, "size": len(data), "oid": git_digest(data)}
        if name == "model.safetensors":
            entry["lfs"] = {"oid": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 134}
        return entry

    def _commit(self) -> str:
        named = re.search(r"/[0-9a-f]{40}(?=[/?]|$)", self.path)
        return named[0][1:] if named else self.head

    def _send(self, status: int, body: bytes, headers: dict[str, str], length: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.send_header("Content-Type", "application/json")
        self.send_header("X-Repo-Commit", self._commit())
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def local_hub(patch: pytest.MonkeyPatch, cache: Path) -> Iterator[type[Hub]]:
    """Point the hub's client at a server of this process, and at an empty cache; yields what the hub has."""
    hub = type("LocalHub", (Hub,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    patch.setattr(constants, "ENDPOINT", url)
    patch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", url + "/{repo_id}/resolve/{revision}/{filename}")
    patch.setattr(constants, "HF_HUB_OFFLINE", False)
    patch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    patch.setattr(constants, "HF_HUB_CACHE", str(cache))
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
