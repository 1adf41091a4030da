"""The page's files, read once and kept ready to send."""

import gzip
import hashlib
from dataclasses import dataclass
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
        text = self._files["index.html"].content.decode()
        return text.replace(VERSION_PLACE, self.version).replace(NONCE_PLACE, nonce)
