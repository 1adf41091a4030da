"""The page's files, read once and kept ready to send."""

import gzip
import hashlib
import json
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

STATIC = Path(__file__).parent / "static"
MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".flac": "audio/flac",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".md": "text/plain; charset=utf-8",
    ".svg": "image/svg+xml",
    "": "text/plain; charset=utf-8",  # licences
}
COMPRESSED_ALREADY = (".flac",)
VERSION_DIGITS = 16
VERSION_PLACE = "{version}"
NONCE_PLACE = "{nonce}"
MODULES_PLACE = "{modules}"
FIRST_MODULE = "js/main.js"
IMPORT_MAP = re.compile(r"<script type=\"importmap\"[^>]*>(.*?)</script>", re.DOTALL)
IMPORTED = re.compile(r"""(?:\bfrom|^import) ?["']([^"']+)["']""", re.MULTILINE)


@dataclass(frozen=True)
class Asset:
    """One file as it is sent."""

    media_type: str
    content: bytes
    compressed: bytes | None
    """The same in gzip, None where that saves nothing."""

    @classmethod
    def read(cls, path: Path) -> "Asset":
        """Read a file; raise KeyError if its kind is not one of `MEDIA_TYPES`."""
        content = path.read_bytes()
        compressed = None if path.suffix in COMPRESSED_ALREADY else gzip.compress(content, mtime=0)
        return cls(MEDIA_TYPES[path.suffix], content, compressed)


class Assets:
    """All files of the page by path, and the version that stands in their addresses."""

    def __init__(self, folder: Path = STATIC) -> None:
        """Read everything below a folder, about 3 MB."""
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        self._files = {path.relative_to(folder).as_posix(): Asset.read(path) for path in paths}
        digest = hashlib.sha256()
        for name, asset in self._files.items():
            digest.update(f"{name} {len(asset.content)} ".encode() + asset.content)
        self.version = digest.hexdigest()[:VERSION_DIGITS]

    def get(self, path: str) -> Asset | None:
        """Return a file, None if there is none of that path."""
        return self._files.get(path)

    def page(self, nonce: str) -> str:
        """Return the page itself, which names the version of its files and the nonce of its inline parts."""
        text = self._files["index.html"].content.decode().replace(MODULES_PLACE, self._preloads)
        return text.replace(VERSION_PLACE, self.version).replace(NONCE_PLACE, nonce)

    @cached_property
    def _preloads(self) -> str:
        """Links to all modules that the first one needs, so that a browser need not find them one after another."""
        if FIRST_MODULE not in self._files:
            return ""
        paths = (f'<link rel="modulepreload" href="ui/{VERSION_PLACE}/{path}" />' for path in self._needed())
        return "\n    ".join(paths)

    def _needed(self) -> list[str]:
        """Return the modules that are imported, directly or not, by `FIRST_MODULE`, itself included."""
        found = IMPORT_MAP.search(self._files["index.html"].content.decode())
        named = json.loads(found[1])["imports"] if found else {}
        needed, left = dict[str, None](), [FIRST_MODULE]
        while left:
            path = left.pop(0)
            if path not in needed and path in self._files:
                needed[path] = None
                text = self._files[path].content.decode()
                left += [_resolved(name, path, named) for name in IMPORTED.findall(text)]
        return list(needed)


def _resolved(name: str, importer: str, named: Mapping[str, str]) -> str:
    """Return the path of an imported module."""
    if name in named:
        return named[name].partition(f"{VERSION_PLACE}/")[2]
    return posixpath.normpath(posixpath.join(posixpath.dirname(importer), name))
