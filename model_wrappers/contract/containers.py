"""Compressed sound and video, read by FFmpeg packet by packet and to the end."""

import io
import re
from collections.abc import Iterator
from itertools import chain
from typing import Any, Final, NoReturn

import numpy as np
from numpy.typing import NDArray

from model_wrappers.contract.channels import stored_order
from model_wrappers.contract.errors import UnsupportedMedia
from model_wrappers.contract.gaps import Gaps
from model_wrappers.contract.matroska import EBML, mended
from model_wrappers.contract.ogg_pages import CAPTURE, broken_share
from model_wrappers.contract.source import Depth, Losses, Source
from model_wrappers.contract.uniform import Piece, Uniform

# No playlists and nothing else that names other files: FFmpeg would open them.
CONTAINERS: Final = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,ogg,aac,mp3,flac,wav,aiff,asf,avi,mpegts,mpeg,mpegvideo,flv,amr,amrnb,amrwb,"
    "caf,ac3,eac3,dts,w64,au,wv,tta,ape,voc,gsm"
)
MP4_BOXES = (b"ftyp", b"mdat", b"wide")  # that a file may begin with
MAX_BAD_READS = 256  # in a row, of a file that cannot be read on
SPARSE_CODECS = {"amrnb": (8, 15), "amrwb": (9, 15)}  # from and to which frame type a packet holds no speech
MAX_PADDING_FRAMES = 8_192
MAX_LATE_S = 0.1
_MP3_LENGTH = re.compile(rb"(Info|Xing).{116}(LAME|Lav[cf])", re.DOTALL)  # with the length of the padding
NO_INDEX = (
    "The recording was cut off before its index (the 'moov' box, which recorders write last), so nothing in it can be "
    "found; record or send it again, or mend it with the program that recorded it."
)
NO_SOUND = "The video has no sound track; send a video with sound, or a recording."
_SAMPLES: Final[dict[str, tuple[type[np.generic], float, float]]] = {  # NumPy's type, zero and full scale
    "u8": (np.uint8, 128.0, 2.0**7),
    "s16": (np.int16, 0.0, 2.0**15),
    "s32": (np.int32, 0.0, 2.0**31),
    "s64": (np.int64, 0.0, 2.0**63),
    "flt": (np.float32, 0.0, 1.0),
    "dbl": (np.float64, 0.0, 1.0),
}


def open_file(data: bytes) -> Any:
    """Open a container of any format allowed.

    Raises:
        av.FFmpegError: If it is none.
    """
    import av

    return av.open(
        io.BytesIO(data),
        "r",
        options={"format_whitelist": CONTAINERS},
        io_open=_refuse_linked_file,
        metadata_errors="replace",
    )


def _refuse_linked_file(url: str, flags: int, options: object) -> NoReturn:
    raise PermissionError(f"Linked media are not followed: {url}")


def open_container(data: bytes) -> Source | None:
    """Open the sound of a file; None if it is of no known format, or nothing of it can be decoded.

    Raises:
        UnsupportedMedia: If it is a video without sound.
    """
    import av

    data, broken = _passable(data)
    try:
        container = open_file(data)
    except (av.FFmpegError, ValueError, OSError):
        return None
    stream = container.streams.best("audio") if container.streams.audio else None
    if stream is None:
        if any(is_film(video) for video in container.streams.video):
            raise UnsupportedMedia(NO_SOUND)
        return None
    if stream.codec_context is None:
        return None
    stream.codec_context.thread_count = 1
    losses = Losses()
    pieces = _without_padding(
        _pieces(container, stream, Gaps(container, stream, data, broken), losses),
        _announced_frames(container, stream, data),
    )
    first = next(pieces, None)
    if first is None:
        context = stream.codec_context
        empty = not losses.cut and context.sample_rate and context.channels
        return Source(context.sample_rate, context.channels, "PCM_16", iter(())) if empty else None
    rate, samples = first
    blocks = Uniform(rate, len(samples)).blocks(chain([first], pieces))
    return Source(rate, len(samples), _depth(stream), blocks, losses)


def lacks_index(data: bytes) -> bool:
    """Tell whether a file is an MP4 or MOV that was cut off before the box that says where everything lies."""
    place = 0
    while place + 8 <= len(data) and data[place + 4 : place + 8] != b"moov":
        width = 8 if data[place : place + 4] == b"\0\0\0\1" else 4
        begin = place + (8 if width == 8 else 0)
        place += max(8, int.from_bytes(data[begin : begin + width], "big"))
    return data[4:8] in MP4_BOXES and data[place + 4 : place + 8] != b"moov"


def _passable(data: bytes) -> tuple[bytes, float]:
    """Return a file that can be read to its end, and the share of it that is broken, where the format tells."""
    if data.startswith(EBML):
        return mended(data)
    return data, broken_share(data) if data.startswith(CAPTURE) else 0.0


def is_film(stream: Any) -> bool:
    """Tell whether a video stream can be decoded and is not the picture of an album."""
    from av.stream import Disposition

    return stream.codec_context is not None and not stream.disposition & Disposition.attached_pic


def _depth(stream: Any) -> Depth:
    name = stream.codec_context.name
    kind = stream.codec_context.format.name.rstrip("p") if stream.codec_context.format else "flt"
    if kind in ("s32", "s64"):
        return "PCM_24"
    return "FLOAT" if kind in ("flt", "dbl") and name.startswith(("pcm_", "wavpack")) else "PCM_16"


def _pieces(container: Any, stream: Any, gaps: Gaps, losses: Losses) -> Iterator[Piece]:
    """Decode every packet; those that are missing or cannot be decoded become silence as long as they say they are.

    At the end nothing is filled up: there the file was cut.
    """
    import av

    rate, channels, frames_read = 0, 0, 0
    with container:
        for packet in _packets(container, stream):
            gaps.passed(packet)
            try:
                frames = packet.decode()
            except (av.FFmpegError, ValueError):
                gaps.failed(packet, damaged=not _is_sparse(packet, stream))
                continue
            usable = [(frame, samples) for frame in frames if (samples := _samples(frame, channels)) is not None]
            if not usable:
                continue
            decoded_s = sum(samples.shape[1] / frame.sample_rate for frame, samples in usable)
            missing_s, damaged_s = gaps.before(packet, decoded_s)
            if not rate:
                missing_s += _begins_late_s(usable[0][0], stream)
                rate, channels = usable[0][0].sample_rate, len(usable[0][1])
            if damaged_s:
                losses.add(damaged_s)
            if silent := round(missing_s * rate):
                frames_read += silent
                yield rate, np.zeros((channels, silent), np.float32)
            for frame, samples in usable:
                rate, channels = frame.sample_rate, len(samples)
                frames_read += samples.shape[1]
                yield rate, samples
    losses.cut = gaps.pending_s > 0
    if rate:
        gaps.at_end(losses, frames_read / rate)


def _begins_late_s(frame: Any, stream: Any) -> float:
    """Return the seconds before a first frame that a decoder needs to begin, as Vorbis does."""
    if frame.pts is None or stream.start_time is None or frame.time_base is None:
        return 0.0
    late_s = float((frame.pts - stream.start_time) * frame.time_base)
    return late_s if 0 < late_s < MAX_LATE_S else 0.0


def _announced_frames(container: Any, stream: Any, data: bytes) -> int | None:
    """Return how long the sound is without what fills its last packet, where the format says so exactly."""
    exact = container.format.name == "ogg" or (container.format.name == "mp3" and _MP3_LENGTH.search(data, 0, 2**16))
    if not exact or not stream.duration:
        return None
    rate: int = stream.codec_context.sample_rate
    return round(float(stream.duration * stream.time_base) * rate)


def _without_padding(pieces: Iterator[Piece], announced: int | None) -> Iterator[Piece]:
    """Cut a sound that ends shortly behind its announced end; one that goes on beyond that was announced wrongly."""
    if announced is None:
        yield from pieces
        return
    held: list[Piece] = []
    frames = 0
    for rate, samples in pieces:
        frames += samples.shape[1]
        held.append((rate, samples))
        if frames <= announced or frames > announced + MAX_PADDING_FRAMES:
            yield from held
            held = []
    excess = frames - announced
    for rate, samples in reversed(held):
        held.pop()
        kept = samples[:, : max(0, samples.shape[1] - excess)]
        excess -= samples.shape[1] - kept.shape[1]
        if kept.shape[1]:
            yield from [*held, (rate, kept)]
            return


def _packets(container: Any, stream: Any) -> Iterator[Any]:
    """Yield a stream's packets, going on behind places that cannot be read."""
    import av

    bad_reads = 0
    while bad_reads < MAX_BAD_READS:
        try:
            for packet in container.demux(stream):
                bad_reads = 0
                yield packet
            return
        except (av.EOFError, StopIteration):
            return
        except (av.FFmpegError, ValueError):
            bad_reads += 1


def _is_sparse(packet: Any, stream: Any) -> bool:
    """Tell whether a packet of speech only says that nobody speaks, which FFmpeg's decoders do not know."""
    first, last = SPARSE_CODECS.get(stream.codec_context.name, (16, 0))
    return bool(packet.size) and first <= (bytes(packet)[0] >> 3) & 0xF <= last


def _samples(frame: Any, channels_before: int) -> NDArray[np.float32] | None:
    """Return a frame's samples in the order of channels used here, None for one that cannot be what it says."""
    name, count, channels = frame.format.name, frame.samples, frame.layout.nb_channels
    sample_type, zero, full_scale = _SAMPLES[name.rstrip("p")]
    planar = name.endswith("p")
    if count <= 0 or channels <= 0 or frame.sample_rate <= 0:
        return None
    # A decoder whose channels change in mid-stream may have filled fewer planes than it says.
    if channels_before and channels > max(channels_before, 8):
        return None
    if planar:
        planes = [np.frombuffer(plane, sample_type, count) for plane in frame.planes[:channels]]
        values = np.stack(planes)
    else:
        values = np.frombuffer(frame.planes[0], sample_type, count * channels).reshape(count, channels).T
    samples = np.asarray(values, np.float32)
    if zero or full_scale != 1.0:
        samples = (samples - np.float32(zero)) / np.float32(full_scale)
    order = stored_order([channel.name for channel in frame.layout.channels])
    return samples if order is None else order @ samples
