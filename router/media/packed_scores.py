"""Compressed MusicXML (`.mxl`): a ZIP archive that holds one score and says where."""

import io
import zipfile
import zlib

from model_wrappers.contract.errors import TooLarge, UnsupportedMedia

ZIP_SIGNATURE = b"PK\x03\x04"
CONTAINER = "META-INF/container.xml"
MAX_CONTAINER_BYTES = 65_536
MAX_ENTRIES = 256  # pictures of a score's title page and the like
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError, KeyError)


def unpacked_score(data: bytes, max_bytes: int) -> bytes | None:
    """Return the MusicXML in a compressed score, or None where the file is no such archive.

    No more than `max_bytes` are ever unpacked, whatever the archive claims of itself.

    Args:
        data: A file from outside.
        max_bytes: Most bytes of the score.

    Raises:
        UnsupportedMedia: If it is a compressed score that cannot be read.
        TooLarge: If the score in it is larger.
    """
    if not data.startswith(ZIP_SIGNATURE):
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if len(archive.infolist()) > MAX_ENTRIES or CONTAINER not in archive.namelist():
                return None
            name = _root_file(_read(archive, CONTAINER, MAX_CONTAINER_BYTES))
            return _read(archive, name, max_bytes)
    except BROKEN as exc:
        raise UnsupportedMedia(f"The compressed score cannot be read ({exc}); export it again.", param="score") from exc


def _root_file(container: bytes) -> str:
    import defusedxml.ElementTree
    from defusedxml import DefusedXmlException

    try:
        root = defusedxml.ElementTree.fromstring(container)
    except (defusedxml.ElementTree.ParseError, DefusedXmlException, LookupError) as exc:
        raise ValueError(f"its table of contents is broken: {exc}") from exc
    found = next((each.get("full-path") for each in root.iter() if each.tag.rpartition("}")[2] == "rootfile"), None)
    if not found:
        raise ValueError("its table of contents names no score")
    return found


def _read(archive: zipfile.ZipFile, name: str, max_bytes: int) -> bytes:
    with archive.open(name) as member:
        content = member.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise TooLarge(f"'{name[:80]}' in the compressed score has more than {max_bytes:,} bytes; leave parts out.")
    return content
