"""MIME types by the first bytes of a file."""

UNKNOWN_MEDIA_TYPE = "application/octet-stream"
AUDIO_SIGNATURES = (
    (b"fLaC", "audio/flac"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"FORM", "audio/aiff"),
    (b".snd", "audio/basic"),
    (b"RF64", "audio/wav"),
    (b"riff\x2e\x91\xcf\x11", "audio/x-w64"),
    (b"caff", "audio/x-caf"),
    (b"#!AMR", "audio/amr"),
    (b"\x0b\x77", "audio/ac3"),
    (b"\x7f\xfe\x80\x01", "audio/vnd.dts"),
    (b"wvpk", "audio/x-wavpack"),
    (b"TTA1", "audio/x-tta"),
    (b"MAC ", "audio/x-ape"),
    (b"Creative Voice File", "audio/x-voc"),
    (b"\xff\xf1", "audio/aac"),
    (b"\xff\xf9", "audio/aac"),
    (b"\xff\xe3", "audio/mpeg"),
    (b"\xff\xf2", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"\xff\xfa", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
)
IMAGE_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
)
CONTAINER_SIGNATURES = (  # subtypes of files that may hold sound, pictures or both
    (b"FLV\x01", "x-flv"),
    (b"\x00\x00\x01\xba", "mpeg"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "x-ms-asf"),
)
TRANSPORT_PACKET = 188  # bytes of an MPEG transport stream, each packet beginning with 0x47
QUICKTIME_BOXES = (b"moov", b"mdat", b"wide", b"free", b"skip")


def image_type(data: bytes) -> str | None:
    """Return the MIME type of a picture, None of anything else."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data[:2] == b"BM" and data[6:10] == bytes(4) and int.from_bytes(data[2:6], "little") <= len(data):
        return "image/bmp"
    return next((media_type for signature, media_type in IMAGE_SIGNATURES if data.startswith(signature)), None)


def container_type(data: bytes) -> str | None:
    """Return the MIME subtype of a file format that may hold sound, pictures or both."""
    if data[4:8] == b"ftyp":
        return "quicktime" if data[8:12] == b"qt  " else "3gpp" if data[8:11] == b"3gp" else "mp4"
    if data[4:8] in QUICKTIME_BOXES:
        return "quicktime"
    if data.startswith(b"\x1a\x45\xdf\xa3"):
        return "x-matroska" if b"matroska" in data[:64] else "webm"
    if data[:4] == b"RIFF" and data[8:12] == b"AVI ":
        return "x-msvideo"
    if data[:1] == b"G" and data[TRANSPORT_PACKET : TRANSPORT_PACKET + 1] == b"G":
        return "mp2t"
    if data.startswith(b"OggS") and b"\x80theora" in data[:512]:
        return "ogg"
    return next((subtype for signature, subtype in CONTAINER_SIGNATURES if data.startswith(signature)), None)


def audio_type(data: bytes) -> str:
    """Return the MIME type of a file that holds nothing but sound, as far as its first bytes tell."""
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        return "audio/wav"
    return next(
        (media_type for signature, media_type in AUDIO_SIGNATURES if data.startswith(signature)), UNKNOWN_MEDIA_TYPE
    )
