"""Whose work a log line is about: request, run, tenant and trace, on every record of the process."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

from router.scope import Scope
from router.telemetry.tracing import trace_id

_about: ContextVar[Mapping[str, str]] = ContextVar("audiogpt_about", default=MappingProxyType({}))
_plain = logging.getLogRecordFactory()


@contextmanager
def about(scope: Scope, **fields: str) -> Iterator[None]:
    """Have records of this block, and of what it starts, tell on whose behalf they are."""
    found = {"request_id": scope.request_id, "tenant": scope.tenant, **_about.get(), **fields}
    before = _about.get()
    _about.set(found | ({"trace_id": trace} if (trace := trace_id(scope)) else {}))
    try:
        yield
    finally:
        _about.set(before)  # `reset` fails in a generator that is closed by somebody else


def label_records() -> None:
    """Put what `about` knows onto every record made from now on; formatters for JSON write all a record holds."""
    logging.setLogRecordFactory(_labelled)


def _labelled(*args: object, **kwargs: object) -> logging.LogRecord:
    record = _plain(*args, **kwargs)
    for name, value in _about.get().items():
        setattr(record, name, value)
    return record
