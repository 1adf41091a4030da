"""The process that the decoders are forked from: it has all they need in memory, and nothing of anybody's data.

Each decoder serves one job, so that no file meets what another left behind, and is forked ahead of it, so that no job
waits for that.
"""

import gc
import mmap
import os
import socket
import sys

from router.media.decoding import END, STARTED, Job, describe, do
from router.media.sandbox import confine, stay_alive
from router.media.warm_up import rehearse, warm_up

MAX_MESSAGE_BYTES = 65_536
DESCRIPTORS = 3  # answer, input, output
CLOSED = 3  # exit status of a decoder whose pool is gone


def main() -> None:
    """Keep so many decoders waiting at the socket until nobody is at its other end."""
    jobs = socket.socket(fileno=int(sys.argv[1]))
    decoders = int(sys.argv[2])
    warm_up()
    gc.collect()
    gc.freeze()
    waiting: set[int] = set()
    while True:
        while len(waiting) < decoders:
            waiting.add(_fork(jobs))
        pid, status = os.wait()
        waiting.discard(pid)
        if os.waitstatus_to_exitcode(status) == CLOSED:
            return


def _fork(jobs: socket.socket) -> int:
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        silent = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silent, 2)  # decoders in C complain of bad files there
        os.close(silent)
        rehearse()
        status = _serve(jobs)
    finally:
        os._exit(status)


def _serve(jobs: socket.socket) -> int:
    message, descriptors, _, _ = socket.recv_fds(jobs, MAX_MESSAGE_BYTES, DESCRIPTORS)
    if not message:
        return CLOSED
    answer, given, output = descriptors
    os.write(answer, STARTED)
    jobs.close()
    with mmap.mmap(given, 0, access=mmap.ACCESS_READ) as mapped:
        data = bytes(mapped)
    os.close(given)
    confine()
    result = do(Job.model_validate_json(message), data, output, stay_alive)
    os.write(answer, describe(result) + END)
    return 0


if __name__ == "__main__":
    main()
