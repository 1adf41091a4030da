"""Files of kinds that no task takes, whatever they are called: refused with what they are and what to send instead."""

import bz2
import codecs
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable

import pytest

from model_wrappers.contract.errors import UnsupportedMedia
from router.media.identification import identify
from tests.hostile.media_files import SOUNDS, tone

MP3 = SOUNDS["mp3"](tone(), 16_000)


def zipped(*names: str, content: bytes = MP3) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:  # not packed, so that a decoder may find the sound
        for name in names:
            archive.writestr(name, content)
    return buffer.getvalue()


def tarred() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        entry = tarfile.TarInfo("a.mp3")
        entry.size = len(MP3)
        archive.addfile(entry, io.BytesIO(MP3))
    return buffer.getvalue()


def open_document() -> bytes:
    return zipped("mimetype", content=b"application/vnd.oasis.opendocument.text")


SVG = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
INKSCAPE = '<?xml version="1.0"?>\n<!-- Created with <b>Inkscape</b> -->\n'
DOCTYPE = '<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "svg11.dtd" [<!ENTITY a "b">]>'
PICTURE, WORDS, UNPACK = "export it as PNG or JPEG", "save its words as plain text", "unpack it"
FOREIGN: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "svg": (SVG.encode, "a drawing (SVG)", PICTURE),
    "svg of a program": (lambda: (INKSCAPE + SVG).encode(), "a drawing (SVG)", PICTURE),
    "svg with a document type": (lambda: (DOCTYPE + SVG).encode(), "a drawing (SVG)", PICTURE),
    "svg in UTF-16": (lambda: ('<?xml version="1.0"?>' + SVG).encode("utf-16"), "a drawing (SVG)", PICTURE),
    "svg with a prefix": (lambda: b'\xef\xbb\xbf<svg:svg xmlns:svg="a"/>', "a drawing (SVG)", PICTURE),
    "html": (lambda: b"\r\n<!DOCTYPE html><title>502 Bad Gateway</title>", "a web page (HTML)", WORDS),
    "html in capitals": (lambda: b"<!-- cached --><HTML><BODY>", "a web page (HTML)", WORDS),
    "html with sound behind": (lambda: b"<html></html>" + bytes(9) + MP3, "a web page (HTML)", WORDS),
    "xml": (lambda: b'<?xml version="1.0"?><rss version="2.0"/>', "an XML document", "as MusicXML"),
    "xml that ends at once": (lambda: b"<?xml version", "an XML document", WORDS),
    "musescore": (lambda: b"<?xml version='1.0'?><museScore/>", "a score in another format", "as MusicXML"),
    "musescore, packed": (lambda: zipped("a.mscx"), "a MuseScore score", "export it as MusicXML or MIDI"),
    "rtf": (lambda: rb"{\rtf1\ansi hello}", "a document with formatting (RTF)", WORDS),
    "pdf": (lambda: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + bytes(99), "a PDF document", WORDS),
    "pdf of letters": (lambda: b"\n%PDF-1.4\n1 0 obj", "a PDF document", WORDS),
    "postscript": (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n", "a PostScript document", PICTURE),
    "playlist": (lambda: b"#EXTM3U\nhttp://169.254.169.254/a.mp3\n", "a playlist", "send the files that it names"),
    "word": (lambda: zipped("[Content_Types].xml", "word/document.xml"), "a Word document", WORDS),
    "excel": (lambda: zipped("[Content_Types].xml", "xl/workbook.xml"), "an Excel table", WORDS),
    "opendocument": (open_document, "an OpenDocument file", WORDS),
    "older word": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "an older Office program", WORDS),
    "zip of sounds": (lambda: zipped("a.mp3", "b.mp3"), "a ZIP archive", UNPACK),
    "empty zip": (lambda: zipped(), "a ZIP archive", UNPACK),
    "tar of sounds": (tarred, "an archive", UNPACK),
    "gzip": (lambda: gzip.compress(MP3), "an archive", UNPACK),
    "bzip2": (lambda: bz2.compress(MP3), "an archive", UNPACK),
    "xz": (lambda: lzma.compress(MP3), "an archive", UNPACK),
    "heic": (lambda: b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(99), "a HEIF or AVIF picture", PICTURE),
    "avif": (lambda: b"\0\0\0\x1cftypavif\0\0\0\0mif1miaf" + bytes(99), "a HEIF or AVIF picture", PICTURE),
    "jpeg xl": (lambda: b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(99), "a JPEG XL or JPEG 2000 picture", PICTURE),
    "icon": (lambda: b"\0\0\1\0\1\0\x10\x10" + bytes(99), "an icon", PICTURE),
    "photoshop": (lambda: b"8BPS\0\1" + bytes(99), "a picture in layers", PICTURE),
    "realmedia": (lambda: b".RMF\0\0\0\x12" + bytes(99), "sound in a format that is not read", "as WAV, FLAC or MP3"),
    "midi in riff": (lambda: b"RIFF\x10\0\0\0RMIDdata" + bytes(99), "MIDI within RIFF", "standard MIDI file"),
    "program": (lambda: b"\x7fELF\2\1\1" + bytes(99), "a program", "send sound"),
    "utf-16": (lambda: "Grüße".encode("utf-16"), "text in another encoding than UTF-8", "save it in UTF-8"),
    "latin-1": (lambda: "Grüße".encode("latin-1"), "text in another encoding than UTF-8", "save it in UTF-8"),
}  # fmt: skip


@pytest.mark.parametrize("file_name", ["a.txt", "a.wav", "a.png", None])
@pytest.mark.parametrize("name", FOREIGN)
def test_what_no_task_takes_is_told_by_its_name(name: str, file_name: str | None) -> None:
    make, what, instead = FOREIGN[name]
    with pytest.raises(UnsupportedMedia) as caught:
        identify(make(), file_name=file_name, max_audio_s=10)
    assert what in caught.value.message
    assert instead in caught.value.message
    assert caught.value.message.startswith(f"'{file_name}' is" if file_name else "The file is")


@pytest.mark.parametrize(
    "text",
    [
        "<laughs> hello",
        "1 < 2",
        "<p align=center>A</p>\n# B",
        "<!-- a note -->\nhello",
        '{"a": "<svg/>"}',
        "a,b\n1,2",
        "MZ",
    ],
)
def test_plain_text_with_such_letters_in_it_stays_text(text: str) -> None:
    for data in (text.encode(), codecs.BOM_UTF8 + text.encode()):
        assert identify(data, max_audio_s=10).kind == "text"


@pytest.mark.parametrize("name", SOUNDS)
def test_no_sound_is_taken_for_anything_else(name: str) -> None:
    assert identify(SOUNDS[name](tone(), 16_000), max_audio_s=10).kind in ("audio", "video")
