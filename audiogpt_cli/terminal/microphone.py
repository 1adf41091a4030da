"""A request spoken into the microphone."""

import io
import threading
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from model_wrappers.contract.errors import InvalidInput

MICROPHONE = "mic"  # what `--voice` takes instead of a file
SAMPLE_RATE = 16_000
LONGEST_S = 60.0


@contextmanager
def voice_file(voice: Path | None, console: Console) -> Iterator[Path | None]:
    """Yield the recording `--voice` names: a file as it is, or what is said until Enter for `mic`."""
    if voice is None or str(voice) != MICROPHONE:
        yield voice
        return
    with TemporaryDirectory(prefix="audiogpt-") as folder:
        path = Path(folder) / "request.wav"
        console.print(f"Speak, then press Enter (at most {LONGEST_S:.0f} s) ...")
        stop = threading.Event()
        threading.Thread(target=_wait_for_enter, args=(stop,), daemon=True).start()
        path.write_bytes(record(stop))
        yield path


def record(stop: threading.Event, device: str = "default", system: str = "alsa") -> bytes:
    """Record until `stop` is set, for at most `LONGEST_S` seconds.

    Args:
        stop: Ends the recording.
        device: Name of the device.
        system: Sound system to read it with, as FFmpeg names it.

    Returns:
        A mono WAV file of 16-bit samples at 16 kHz.

    Raises:
        InvalidInput: If there is no such microphone.
    """
    import av

    try:
        source = av.open(device, format=system)
    except (OSError, ValueError) as exc:
        raise InvalidInput(
            f"The microphone '{device}' cannot be opened ({exc}); record the request to a file and name that.",
            param="voice",
        ) from exc
    resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
    buffer = io.BytesIO()
    with source, wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        for frame in source.decode(audio=0):
            for part in resampler.resample(frame):
                file.writeframes(part.to_ndarray().tobytes())
            if stop.is_set() or file.getnframes() >= LONGEST_S * SAMPLE_RATE:
                break
    return buffer.getvalue()


def _wait_for_enter(stop: threading.Event) -> None:
    input()
    stop.set()
