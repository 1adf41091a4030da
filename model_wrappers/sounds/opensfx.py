"""Recordings of OpenSFX, the free sound set of OpenTTD, out of its catalogue file."""

import re
import struct
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from model_wrappers.contract.errors import ModelUnavailable

PATH = Path("/usr/share/games/openttd/baseset/opensfx/opensfx.cat")
PACKAGE = "openttd-opensfx"
SIZE_MASK = 0x7FFF_FFFF  # the top bit of offsets and sizes is a flag
CREDIT = re.compile(r'^"(?P<title>[^"]+)"\.? ?(?P<credit>(?:(?!\.? License: ).)*)\.? License: (?P<licence>.*?)\.?$')
LICENCES = {"Zero": "CC0-1.0", "ShareAlike": "CC-BY-SA-3.0", "Attribution": "CC-BY-3.0"}


@dataclass(frozen=True)
class OpenSfxRecording:
    """One recording with its credit line."""

    title: str
    credit: str
    licence: str
    data: bytes
    """A complete WAV file."""


@lru_cache(maxsize=1)
def read_opensfx(path: Path = PATH) -> dict[str, OpenSfxRecording]:
    """Return the recordings by title.

    The file begins with a table of `(offset, size)` pairs; at each offset stands the length and text of the name,
    then the WAV file. Source: the Windows sound format of Transport Tycoon Deluxe, as OpenTTD reads it.

    Raises:
        ModelUnavailable: If the package is not installed.
    """
    if not path.is_file():
        raise ModelUnavailable(f"'{path}' is missing; install the Debian package {PACKAGE}.")
    data = path.read_bytes()
    entries = (struct.unpack_from("<I", data)[0] & SIZE_MASK) // 8
    found = {}
    for entry in range(entries):
        offset, size = (value & SIZE_MASK for value in struct.unpack_from("<II", data, 8 * entry))
        name_length = data[offset]
        name = data[offset + 1 : offset + 1 + name_length].rstrip(b"\0").decode("latin-1")
        credit = CREDIT.match(name)
        if credit is None or name.startswith('"Unused'):
            continue
        wav = data[offset + 1 + name_length : offset + 1 + name_length + size]
        found[credit["title"]] = OpenSfxRecording(credit["title"], credit["credit"], _spdx(credit["licence"]), wav)
    return found


def _spdx(licence: str) -> str:
    return next(identifier for words, identifier in LICENCES.items() if words in licence)
