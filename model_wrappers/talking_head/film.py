"""Write frames and their sound into an MP4 file, frame by frame."""

import io
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_wrappers.contract.audio import Audio, convert_channels
from model_wrappers.contract.visual import Video

VIDEO_OPTIONS = {"crf": "20", "preset": "veryfast", "threads": "1"}
AUDIO_BIT_RATE = 96_000  # bits a second and channel
AUDIO_RATES = (16_000, 22_050, 24_000, 32_000, 44_100, 48_000)  # Hz that AAC holds as they are
OTHER_RATE = 48_000
MAX_CHANNELS = 2
COMMENT = "Synthetic video: a still portrait animated by speech."


def write_film(frames: Iterator[NDArray[np.uint8]], audio: Audio, *, size: int, frame_rate: int) -> Video:
    """Encode a film as H.264 with AAC; only one frame is held at a time.

    Args:
        frames: RGB pictures of shape `(size, size, 3)`, as many as the sound lasts.
        audio: The sound; more than two channels are reduced to the first two.
        size: Width and height in pixels, even.
        frame_rate: Frames a second.
    """
    import av

    sound = _encodable(audio)
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        container.metadata["comment"] = COMMENT
        video_stream = container.add_stream("libx264", rate=frame_rate, options=VIDEO_OPTIONS)
        video_stream.width = video_stream.height = size
        video_stream.pix_fmt = "yuv420p"
        layout = "mono" if sound.channels == 1 else "stereo"
        audio_stream = container.add_stream("aac", rate=sound.sample_rate, layout=layout)
        audio_stream.bit_rate = AUDIO_BIT_RATE * sound.channels
        for number, pixels in enumerate(frames):
            container.mux(video_stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
            for block in _audio_frames(sound, layout, Fraction(number, frame_rate), Fraction(number + 1, frame_rate)):
                container.mux(audio_stream.encode(block))
        container.mux(video_stream.encode(None))
        container.mux(audio_stream.encode(None))
    return Video.decode(buffer.getvalue())


def _encodable(audio: Audio) -> Audio:
    channels = min(audio.channels, MAX_CHANNELS)
    sound = Audio(convert_channels(audio.waveform, channels), audio.sample_rate)
    return sound if audio.sample_rate in AUDIO_RATES else sound.resample(OTHER_RATE)


def _audio_frames(sound: Audio, layout: str, start: Fraction, end: Fraction) -> Iterator[Any]:
    """Yield the sound between two times in seconds, if there is any."""
    import av

    first, last = (round(time * sound.sample_rate) for time in (start, end))
    samples = np.ascontiguousarray(np.clip(sound.waveform[:, first:last], -1.0, 1.0))
    if samples.shape[1]:
        block = av.AudioFrame.from_ndarray(samples, format="fltp", layout=layout)
        block.sample_rate, block.pts, block.time_base = sound.sample_rate, first, Fraction(1, sound.sample_rate)
        yield block
