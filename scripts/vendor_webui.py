#!/usr/bin/env python3
"""Fetch the libraries of the web page: pinned npm packages, checked by SHA-512, their published files unchanged.

Needs `npm`; only whoever changes a version runs it, the files it writes are part of the repository.
"""

import base64
import hashlib
import io
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

VENDOR = Path(__file__).parents[1] / "webui" / "static" / "vendor"
COMMENT = re.compile(r"<!--.*?-->\s*", re.DOTALL)
SVG = re.compile(r"<svg[^>]*>(?P<shapes>.*)</svg>", re.DOTALL)


@dataclass(frozen=True)
class Package:
    """One npm package: what it is for, and which of its files go where."""

    name: str
    version: str
    sha512: str
    licence: str
    use: str
    files: Mapping[str, str]


PACKAGES = (
    Package(
        "preact",
        "11.2.0",
        "/HfHI/7N84e6GrWBJ3J280z3mLaRJiDcSvj/A+y/4AbLnND/1UlGHe1sR6oYuTGwId0nP7dqDU9OnLxMPZ7xBg==",
        "MIT",
        "components",
        {"LICENSE": "preact/LICENSE", "dist/preact.mjs": "preact/preact.js", "hooks/dist/hooks.mjs": "preact/hooks.js"},
    ),
    Package(
        "@preact/signals-core",
        "1.14.5",
        "vcRv7Ityz5JVmeiVqIluLFzT/PDS/AlhHUpw3/aUWqcVUs6bDGIPXE/6RSC4evBNWYvnniozg5Syfj33al3gkg==",
        "MIT",
        "state",
        {"LICENSE": "signals-core/LICENSE", "dist/signals-core.module.js": "signals-core/signals-core.js"},
    ),
    Package(
        "@preact/signals",
        "2.11.4",
        "Rb+5RPo9gWSaHtzJeauhHxiC8KP/IF2DEPkHPEOGOnuy2wnJzRqyeLRankUCYd6ADqtxS6GnWGv6Ie343d8aYw==",
        "MIT",
        "state in components",
        {"LICENSE": "signals/LICENSE", "dist/signals.module.js": "signals/signals.js"},
    ),
    Package(
        "htm",
        "3.1.1",
        "983Vyg8NwUE7JkZ6NmOqpCZ+sh1bKv2iYTlUkzlWmA5JD2acKoxd4KVxbMmxX/85mtfdnDmTFoNKcg5DGAvxNQ==",
        "Apache-2.0",
        "markup in template strings, so that no build step is needed",
        {"LICENSE": "htm/LICENSE", "dist/htm.module.js": "htm/htm.js", "preact/index.module.js": "htm/preact.js"},
    ),
    Package(
        "wavesurfer.js",
        "8.0.1",
        "h0OnRWSVTqIYLSw3/IVrBtsun/xw9L5u4FA3bjfSDTFMX/xswVWS1JwK4fFu3ulmxRUSHg8zQORl6zENG983eg==",
        "BSD-3-Clause",
        "players with waveform, and regions on them",
        {
            "LICENSE": "wavesurfer/LICENSE",
            "dist/wavesurfer.esm.js": "wavesurfer/wavesurfer.js",
            "dist/plugins/regions.esm.js": "wavesurfer/regions.js",
        },
    ),
    Package(
        "@dagrejs/dagre",
        "3.1.3",
        "X4aUTwOReZvthaZWOVHqlJ52/ZdhZFEM4+Lh/uR4XooUSLE6p71bcy7MPGzYnNUcNh+nj+i/qJQpCMIdQnSmrg==",
        "MIT",
        "layout of the plan's graph",
        {"LICENSE": "dagre/LICENSE", "dist/dagre.esm.js": "dagre/dagre.js"},
    ),
    Package(
        "abcjs",
        "6.7.2",
        "cHCyf8j0hAcxTuwZ9l2QznaSlLK1TD2s5oVw6Ig8Kfss6VfJKoNJ1kAzMBwa6DDWeyNl2JH7mN/U+MJ8MYbC5g==",
        "MIT",
        "sheet music of the score editor",
        {"LICENSE.md": "abcjs/LICENSE.md", "dist/abcjs-basic-min.js": "abcjs/abcjs.js"},
    ),
    Package(
        "eventsource-parser",
        "4.1.3",
        "jZVIVilXZfAx6H20ZKKEj5dabbpD9ETmMj3uHsjMmgBzBHB6tsHrmdWB4mAiy3amtN6MOoVkfXRQu4wf1n88Rw==",
        "MIT",
        "server-sent events over fetch, which can send an API key",
        {
            "LICENSE": "eventsource-parser/LICENSE",
            "dist/stream.js": "eventsource-parser/stream.js",
            "dist/parse.js": "eventsource-parser/parse.js",
            "dist/errors.js": "eventsource-parser/errors.js",
        },
    ),
    Package(
        "@picocss/pico",
        "2.1.1",
        "kIDugA7Ps4U+2BHxiNHmvgPIQDWPDU4IeU6TNRdvXQM1uZX+FibqDQT2xUOnnO2yq/LUHcwnGlu1hvf4KfXnMg==",
        "MIT",
        "base style, light and dark",
        {"LICENSE.md": "pico/LICENSE.md", "css/pico.violet.min.css": "pico/pico.css"},
    ),
    Package(
        "swagger-ui-dist",
        "5.35.0",
        "U06rpMtW9V3XPGOBeamTUSr0Z09jMX4IJuANpE/EZbAhw0G8CgwrzU4YmXkn/h0wCDNsXdGarTNNHC3sU8yVUQ==",
        "Apache-2.0",
        "the API's own page at `/docs`",
        {
            "LICENSE": "swagger-ui/LICENSE",
            "NOTICE": "swagger-ui/NOTICE",
            "swagger-ui-bundle.js.LICENSE.txt": "swagger-ui/LICENSE-bundled",
            "swagger-ui-bundle.js": "swagger-ui/swagger-ui.js",
            "swagger-ui.css": "swagger-ui/swagger-ui.css",
        },
    ),
    Package(
        "lucide-static",
        "1.62.0",
        "WBZA/m2PvkFpMGHDtsBck5P2A9G4ehLlYu4GwwICcmEm1BvYVgj00lCDxKRWLlbMlOibLaiwdQ88G5pHkSWgwA==",
        "ISC and MIT",
        "icons, those used as one sprite",
        {"LICENSE": "lucide/LICENSE"},
    ),
)
ICONS = [
    "activity",
    "archive",
    "arrow-up",
    "audio-lines",
    "check",
    "chevron-down",
    "circle-alert",
    "circle-check",
    "circle-dashed",
    "circle-minus",
    "clock",
    "copy",
    "download",
    "eraser",
    "file-audio",
    "file-music",
    "gauge",
    "image",
    "key",
    "keyboard-music",
    "list-music",
    "loader-circle",
    "menu",
    "message-square",
    "mic",
    "monitor",
    "moon",
    "music",
    "paperclip",
    "pause",
    "play",
    "plus",
    "refresh-cw",
    "repeat",
    "rotate-ccw",
    "scissors",
    "search",
    "settings",
    "share-2",
    "sliders-horizontal",
    "sparkles",
    "square",
    "square-pen",
    "sun",
    "trash-2",
    "undo-2",
    "video",
    "volume-2",
    "waypoints",
    "wrench",
    "x",
]


def main() -> None:
    """Fetch every package and write the list of them."""
    shutil.rmtree(VENDOR, ignore_errors=True)
    for package in PACKAGES:
        contents = fetch(package)
        for source, target in package.files.items():
            write(VENDOR / target, contents[source])
        if package.name == "lucide-static":
            write(VENDOR / "lucide/icons.svg", sprite(contents))
    write(VENDOR / "THIRD_PARTY.md", third_party().encode())


def fetch(package: Package) -> dict[str, bytes]:
    """Return a package's files by path, after checking the archive."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(  # noqa: S603
            ["npm", "pack", "--silent", "--pack-destination", folder, f"{package.name}@{package.version}"],  # noqa: S607
            check=True,
            stdout=subprocess.DEVNULL,
        )
        (archive,) = Path(folder).iterdir()
        data = archive.read_bytes()
    found = base64.b64encode(hashlib.sha512(data).digest()).decode()
    if found != package.sha512:
        sys.exit(f"{package.name} {package.version} has SHA-512 {found}, not {package.sha512 or 'recorded yet'}.")
    with tarfile.open(fileobj=io.BytesIO(data)) as files:
        return {
            member.name.removeprefix("package/"): read.read() for member in files if (read := files.extractfile(member))
        }


def sprite(contents: Mapping[str, bytes]) -> bytes:
    """Return the icons in use as the symbols of one SVG file."""
    symbols = [f'<symbol id="{name}" viewBox="0 0 24 24">{shapes(contents, name)}</symbol>' for name in ICONS]
    return "\n".join(['<svg xmlns="http://www.w3.org/2000/svg">', *symbols, "</svg>", ""]).encode()


def shapes(contents: Mapping[str, bytes], name: str) -> str:
    """Return what is drawn in an icon."""
    match = SVG.search(COMMENT.sub("", contents[f"icons/{name}.svg"].decode()))
    if match is None:
        sys.exit(f"The icon {name} is no SVG.")
    return "".join(line.strip() for line in match["shapes"].splitlines())


def third_party() -> str:
    """Return the list of packages with their licences."""
    rows = [f"| {p.name} | {p.version} | {p.licence} | {p.use} |" for p in PACKAGES]
    head = [
        "# Libraries of the web page",
        "",
        "Written by `scripts/vendor_webui.py`; licence texts lie beside the files.",
    ]
    return "\n".join([*head, "", "| package | version | licence | for |", "|---|---|---|---|", *rows, ""])


def write(path: Path, data: bytes) -> None:
    """Write a file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


if __name__ == "__main__":
    main()
