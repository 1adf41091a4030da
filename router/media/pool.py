"""The pool of decoders: processes that bytes from outside may crash, hang or fill without anybody else noticing."""

import logging
import os
import select
import socket
import subprocess
import sys
import threading
import time
from typing import Self

from pydantic import ValidationError

from model_wrappers.contract.errors import ModelLost, RequestError
from router.media.decoding import END, STARTED, Job, Result, checked, describe, do, unreadable
from router.telemetry import metrics

logger = logging.getLogger(__name__)

MAX_JOB_S = 240.0  # by the clock; a decoder ends itself long before
ATTEMPTS = 3  # of a job whose decoder was gone before it began


class DecoderPool:
    """Decoders forked ahead from a process of their own; one job each.

    Methods may be called in any thread.
    """

    def __init__(self, decoders: int) -> None:
        """Start the processes, and wait for nothing.

        Args:
            decoders: Jobs at once; further ones wait for a free decoder.
        """
        self._decoders = decoders
        self._working: set[int] = set()  # threads that wait for a decoder's answer
        self._lock = threading.Lock()
        self._nursery: subprocess.Popen[bytes] | None = None
        self._jobs: socket.socket | None = None
        self._open()

    def run(self, job: Job, data: bytes, output: int) -> Result:
        """Do a job in a process of its own; see `Decoder.run`.

        Raises:
            UnsupportedMedia: If the decoder died of the file.
            ModelLost: If no decoder can be had.
        """
        began = time.perf_counter()
        self._working.add(thread := threading.get_ident())
        outcome = "lost"
        try:
            result = self._run(job, data, output)
            outcome = "done"
            return result
        except RequestError:
            outcome = "refused"
            raise
        finally:
            self._working.discard(thread)
            metrics.DECODER_JOBS.add(outcome=outcome)
            metrics.DECODER_SECONDS.observe(time.perf_counter() - began)

    def note_load(self) -> None:
        """Note how many files are in work, and how many decoders there are."""
        metrics.DECODERS_BUSY.set(len(self._working))
        metrics.DECODERS.set(self._decoders)

    def _run(self, job: Job, data: bytes, output: int) -> Result:
        if not data:  # cannot be mapped into memory, and cannot do any harm
            return checked(do(job, data, output))
        for _ in range(ATTEMPTS):
            answer = self._answer(self._send(job, data, output))
            if answer.startswith(STARTED):
                return checked(_result(answer[len(STARTED) :], data))
            logger.warning("The decoders are gone; they are started again")
            self._open()
        raise ModelLost("The processes that decode files cannot be started; try again later.", retry_after_s=5.0)

    def close(self) -> None:
        """End the processes."""
        with self._lock:
            self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _open(self) -> None:
        with self._lock:
            if self._nursery is not None and self._nursery.poll() is None and self._alive():
                return
            self._end()
            self._jobs, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with theirs:
                self._nursery = subprocess.Popen(  # noqa: S603  # our own module
                    [sys.executable, "-m", "router.media.nursery", str(theirs.fileno()), str(self._decoders)],
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    env=_surroundings(),
                )

    def _alive(self) -> bool:
        """Tell whether anybody is at the other end."""
        assert self._jobs is not None
        poll = select.poll()
        poll.register(self._jobs, select.POLLHUP)
        return not poll.poll(0)

    def _end(self) -> None:
        if self._jobs is not None:
            self._jobs.close()
        if self._nursery is not None:
            self._nursery.kill()
            self._nursery.wait()
        self._nursery = self._jobs = None

    def _send(self, job: Job, data: bytes, output: int) -> int | None:
        """Hand a job over, and return where its answer comes; None if nobody takes it."""
        given = os.memfd_create("given")
        reading, writing = os.pipe()
        try:
            with os.fdopen(given, "wb", closefd=False) as file:
                file.write(data)
            jobs = self._jobs
            if jobs is None:
                raise BrokenPipeError
            socket.send_fds(jobs, [describe(job)], [writing, given, output])
        except OSError:
            os.close(reading)
            return None
        finally:
            os.close(writing)
            os.close(given)
        return reading

    def _answer(self, reading: int | None) -> bytes:
        """Return all a decoder wrote; nothing if it never began."""
        if reading is None:
            return b""
        answer = bytearray()
        until = time.monotonic() + MAX_JOB_S
        try:
            poll = select.poll()
            poll.register(reading, select.POLLIN)
            while (left := until - time.monotonic()) > 0:
                if not poll.poll(left * 1e3):
                    break
                if not (part := os.read(reading, 65_536)):
                    break
                answer += part
                if answer.endswith(END):
                    break
        finally:
            os.close(reading)
        return bytes(answer)


def _surroundings() -> dict[str, str]:
    """Return the environment of the processes: what they need to start, and no secret."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "LANG") if name in os.environ}
    return {**kept, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "OPENBLAS_NUM_THREADS": "1"}


def _result(answer: bytes, data: bytes) -> Result:
    try:
        return Result.model_validate_json(answer)
    except ValidationError:
        raise unreadable(data, "its decoder crashed, or took too long or too much memory") from None
