"""Keys that were shown and not taken: noted in the audit log, at a bounded rate."""

import asyncio
import logging
from collections import Counter

from model_wrappers.contract.errors import AudioGPTError
from router.tenants.audit import NOBODY, AuditLog
from router.tenants.keys import Key

logger = logging.getLogger(__name__)

WRITE_S = 10.0  # between two writes; what was counted since then is lost with the process
MOST = 50  # different ones told apart in that time, so that nobody fills the log
OTHERS = ("", "many addresses")
NO_KEY = "no key of this server"


class FailedSignIns:
    """Counts them in the event loop and writes the counts from a thread."""

    def __init__(self, log: AuditLog, write_s: float = WRITE_S) -> None:
        """Write to `log` every `write_s` seconds in which there were any."""
        self._log = log
        self._write_s = write_s
        self._counts: Counter[tuple[str, str]] = Counter()
        self._due: asyncio.TimerHandle | None = None
        self._writing: set[asyncio.Task[None]] = set()

    def note(self, shown: str, address: str) -> None:
        """Count one; of what was shown only the id of a key is kept."""
        key = Key.read(shown)
        who = (key.id if key is not None else NO_KEY, address[:64])
        self._counts[who if who in self._counts or len(self._counts) < MOST else OTHERS] += 1
        if self._due is None:
            self._due = asyncio.get_running_loop().call_later(self._write_s, self._begin)

    async def flush(self) -> None:
        """Write what was counted."""
        counts, self._counts = self._counts, Counter()
        if self._due is not None:
            self._due.cancel()
            self._due = None
        try:
            await asyncio.to_thread(self._write, counts)
        except AudioGPTError as exc:
            logger.warning("%d failed sign-ins are not in the audit log: %s", counts.total(), exc.message)

    def _begin(self) -> None:
        task = asyncio.get_running_loop().create_task(self.flush())
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    def _write(self, counts: Counter[tuple[str, str]]) -> None:
        for (subject, address), count in counts.items():
            times = "once" if count == 1 else f"{count} times"
            self._log.note("sign_in.failed", NOBODY, subject=subject, detail=f"{times} from {address}")
