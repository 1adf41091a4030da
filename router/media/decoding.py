"""What may be done with bytes from outside, and who does it."""

import errno
import tempfile
from collections.abc import Callable
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from model_wrappers.contract import errors
from model_wrappers.contract.errors import AudioGPTError, RequestError, StorageFull, TooLarge, UnsupportedMedia
from router.media.canonical import NO_ROOM
from router.media.identification import Identity, identify
from router.media.stills import Stills, write_stills

STARTED = b"+"  # a decoder's first word; a job that was begun is not given to another
END = b"\n"  # its last, some milliseconds before its process has gone


class Job(BaseModel):
    """One file to be read; its bytes and the place for what is made of it go beside it as descriptors."""

    model_config = ConfigDict(frozen=True)

    file_name: str | None = None
    max_audio_s: float = 7200.0
    stills: bool = False
    """Whether to take pictures out of a video instead of telling what the file is."""


class Failure(BaseModel):
    """An error of ours on its way to another process."""

    type: str
    message: str
    param: str | None = None
    hint: str | None = None

    @classmethod
    def of(cls, error: AudioGPTError) -> "Failure":
        """Describe an error."""
        return cls(type=type(error).__name__, message=error.message, param=error.param, hint=error.hint)

    def error(self) -> AudioGPTError:
        """Return the error described."""
        error: AudioGPTError = getattr(errors, self.type)(self.message, param=self.param, hint=self.hint)
        return error


class Result(BaseModel):
    """What came of a job: one of the three."""

    identity: Identity | None = None
    stills: Stills | None = None
    failure: Failure | None = None


class Decoder(Protocol):
    """Reads files from outside; calls block."""

    def run(self, job: Job, data: bytes, output: int) -> Result:
        """Do a job.

        Args:
            job: What to do.
            data: The complete file.
            output: Descriptor of an empty file that takes what is made of it.

        Raises:
            RequestError: If the file cannot be read.
            ModelError: If it could be read, but not here and now.
        """
        ...


class InProcessDecoder:
    """Reads files in this very process: for tests, notebooks and programs whose files are their own."""

    def run(self, job: Job, data: bytes, output: int) -> Result:
        """Do a job; see `Decoder.run`."""
        return checked(do(job, data, output))


class NoDecoder:
    """Reads nothing: for processes that must not open bytes from outside."""

    def run(self, job: Job, data: bytes, output: int) -> Result:
        """Refuse; see `Decoder.run`."""
        raise UnsupportedMedia(
            "The file was stored before files were decoded apart, and has not been used since; name it in a new "
            "request or upload it again."
        )


def take_stills(decoder: Decoder, data: bytes) -> tuple[Stills, bytes]:
    """Return frames of a video, and the PNG that holds them side by side.

    Raises:
        UnsupportedMedia: If none can be decoded.
    """
    with tempfile.TemporaryFile() as output:
        found = decoder.run(Job(stills=True), data, output.fileno()).stills
        assert found is not None
        output.seek(0)
        return found, output.read()


def do(job: Job, data: bytes, output: int, alive: Callable[[], None] = lambda: None) -> Result:
    """Do a job, whatever the file is; errors are part of the result.

    Args:
        job: What to do.
        data: The complete file.
        output: Descriptor of an empty file.
        alive: Called as the work goes on.
    """
    try:
        if job.stills:
            return Result(stills=write_stills(data, output, alive=alive))
        found = identify(data, file_name=job.file_name, max_audio_s=job.max_audio_s, output=output, alive=alive)
        return Result(identity=found)
    except AudioGPTError as exc:
        return Result(failure=Failure.of(exc))
    except MemoryError:
        return Result(failure=Failure.of(too_much(data)))
    except OSError as exc:
        return Result(failure=Failure.of(_of_system(exc, data)))
    except Exception as exc:  # noqa: BLE001  # foreign code on foreign bytes may raise anything
        return Result(failure=Failure.of(unreadable(data, type(exc).__name__)))


def checked(result: Result) -> Result:
    """Return a result, or raise the error in it."""
    if result.failure is not None:
        raise result.failure.error()
    return result


def too_much(data: bytes) -> RequestError:
    """Return the error for a file that takes more memory or space than a file may."""
    return TooLarge(f"The {len(data):,} bytes unpack to more than one file may; send a shorter or smaller one.")


def unreadable(data: bytes, reason: str) -> RequestError:
    """Return the error for a file that no reader can cope with."""
    return UnsupportedMedia(
        f"The {len(data):,} bytes are damaged and cannot be read ({reason}); export the file again."
    )


def _of_system(error: OSError, data: bytes) -> AudioGPTError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageFull(NO_ROOM)
    return unreadable(data, type(error).__name__)


def describe(value: BaseModel) -> bytes:
    """Return a value as a message."""
    return value.model_dump_json(exclude_none=True).encode()
