"""Time that a test moves."""

import asyncio
import time

import pytest


class Clock:
    """Seconds since 1970 that pass when told to."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def pass_time(seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let time pass for the running event loop and for `time.time()`: what is due by then happens next."""
    for clock in (asyncio.get_running_loop(), time):
        before = clock.time
        monkeypatch.setattr(clock, "time", lambda before=before: before() + seconds)
