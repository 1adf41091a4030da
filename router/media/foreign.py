"""Kinds of files that people have and no task takes: known, so that a refusal says what to send instead."""

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass

HEAD_BYTES = 4_096
PICTURE = "export it as PNG or JPEG"
SOUND = "export it as WAV, FLAC or MP3"
SCORE = "export it as MusicXML or MIDI"
WORDS = "save its words as plain text (.txt), or write them into the request"
UNPACK = "unpack it and send what it holds"


@dataclass(frozen=True)
class Foreign:
    """What a file is, and what to do about it."""

    what: str
    instead: str


_LETTERS: Mapping[bytes, Foreign] = {  # that a document begins with; what follows may be no letters
    rb"%PDF-": Foreign("a PDF document", WORDS),
    rb"%!PS|\xc5\xd0\xd3\xc6": Foreign("a PostScript document", f"{PICTURE}, or {WORDS}"),
    rb"\{\\rtf": Foreign("a document with formatting (RTF)", WORDS),
    rb"#EXTM3U|\[playlist\]": Foreign("a playlist of names", "send the files that it names"),
}
_SIGNATURES: Mapping[bytes, Foreign] = {
    rb"....ftyp(?:hei[cmsx]|hev[cx]|mif1|msf1|avi[fos])": Foreign("a HEIF or AVIF picture", PICTURE),
    rb"....ftypcrx |FUJIFILMCCD-RAW|II\x55\x00": Foreign("a raw picture of a camera", PICTURE),
    rb"\x00{3}\x0c(?:JXL |jP  )\r\n\x87\n|\xff\x4f\xff\x51|\xff\x0a": Foreign(
        "a JPEG XL or JPEG 2000 picture", PICTURE
    ),
    rb"8BPS\x00|gimp xcf": Foreign("a picture in layers", PICTURE),
    rb"\x00\x00\x01\x00[\x01-\x20]\x00": Foreign("an icon", PICTURE),
    rb"\.RMF|\.ra\xfd|MPCK|MP\+|OFR |DSD |FRM8": Foreign("sound in a format that is not read here", SOUND),
    rb"Extended Module: |IMPM|RIFF....sfbk": Foreign("a tracker module or a sound font", SOUND),
    rb"RIFF....RMID": Foreign("MIDI within RIFF", "save it as a standard MIDI file (.mid)"),
    rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": Foreign("a document of an older Office program", WORDS),
    rb"\x1f\x8b|BZh[1-9]|\xfd7zXZ\0|7z\xbc\xaf|Rar!\x1a|\x28\xb5\x2f\xfd|.{257}ustar": Foreign("an archive", UNPACK),
    rb"\x7fELF|MZ|\xca\xfe\xba\xbe|[\xce\xcf]\xfa\xed\xfe": Foreign("a program", "send sound, a picture or text"),
}
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_IN_ZIP: Mapping[bytes, Foreign] = {  # names of files in it, which are never packed themselves
    b"word/": Foreign("a Word document", WORDS),
    b"xl/": Foreign("an Excel table", WORDS),
    b"ppt/": Foreign("a PowerPoint presentation", WORDS),
    b"application/vnd.oasis.opendocument": Foreign("an OpenDocument file", WORDS),
    b"application/epub": Foreign("an electronic book (EPUB)", WORDS),
    b".mscx": Foreign("a MuseScore score", SCORE),
    b"": Foreign("a ZIP archive", UNPACK),
}
_MARKUP: Mapping[str, Foreign] = {  # by the element a document begins with
    **dict.fromkeys(("html", "head", "body"), Foreign("a web page (HTML)", WORDS)),
    "svg": Foreign("a drawing (SVG)", PICTURE),
    **dict.fromkeys(("musescore", "mei", "opus"), Foreign("a score in another format than MusicXML", SCORE)),
}
XML = Foreign("an XML document and no MusicXML score", f"{WORDS}, or {SCORE}")
_BOMS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_PRELUDES = {"<?": "?>", "<!--": "-->"}
_ELEMENT = re.compile(r"<(?:!doctype\s{1,20})?(?:[\w-]{1,40}:)?([\w-]{1,80})", re.IGNORECASE)


def foreign(data: bytes, *, is_text: bool) -> Foreign | None:
    """Return what a file is that no task takes, None if it may be one that some task does.

    Args:
        data: The complete file; no picture and no score that can be read.
        is_text: Whether it is UTF-8 without control characters.
    """
    if data.startswith(_ZIP):
        return next(found for name, found in _IN_ZIP.items() if name in data)
    head = data[:HEAD_BYTES].removeprefix(codecs.BOM_UTF8).lstrip()
    found = _first(_LETTERS, head) or _markup(data)
    return found if found or is_text else _first(_SIGNATURES, data) or _other_encoding(data)


def _first(table: Mapping[bytes, Foreign], data: bytes) -> Foreign | None:
    return next((found for pattern, found in table.items() if re.match(pattern, data, re.DOTALL)), None)


def _markup(data: bytes) -> Foreign | None:
    head = _words(data)
    root, is_xml = _root(head) if head.startswith("<") else ("", False)
    if found := _MARKUP.get(root.lower()):
        return found
    return XML if is_xml else None


def _words(data: bytes) -> str:
    """Return how a file begins, read as text of the encoding it says."""
    bom = next((mark for mark in _BOMS if data.startswith(mark)), b"")
    return data[len(bom) : HEAD_BYTES].decode(_BOMS.get(bom, "utf-8"), errors="replace").lstrip()


def _root(head: str) -> tuple[str, bool]:
    """Return the name of the element a document begins with, and whether it says that it is XML."""
    is_xml = head.startswith("<?xml")
    while mark := next((mark for mark in _PRELUDES if head.startswith(mark)), None):
        _, _, rest = head.partition(_PRELUDES[mark])
        head = rest.lstrip()
    element = _ELEMENT.match(head)
    return element[1] if element else "", is_xml


def _other_encoding(data: bytes) -> Foreign | None:
    letters = _words(data) if data.startswith(tuple(_BOMS)) else data[:HEAD_BYTES].decode("latin-1")
    is_text = all(letter >= " " or letter in "\t\n\r\f" for letter in letters)
    return Foreign("text in another encoding than UTF-8", "save it in UTF-8") if is_text else None
