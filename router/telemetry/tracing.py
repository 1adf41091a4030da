"""Traces: spans of one request over all processes, by OpenTelemetry; where nobody asked for them they cost nothing.

Within a process the span that is current goes along with the code, across a border with the `Scope`, as the W3C's
`traceparent`.
"""

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from model_wrappers.contract.errors import AudioGPTError
from router.scope import Scope

TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
HEADER = "traceparent"

Place = Context | None
"""A place in a trace; None while nothing is traced."""
Value = str | int | float | bool

_tracer: Tracer | None = None
_nothing: AbstractContextManager[Span | None] = nullcontext()
_format = TraceContextTextMapPropagator()


def trace_with(tracer: Tracer | None) -> None:
    """Make spans with `tracer` from now on, none if None."""
    global _tracer
    _tracer = tracer


def span(
    name: str, parent: "str | Context | None" = None, *, kind: SpanKind = SpanKind.INTERNAL, **attributes: Value
) -> AbstractContextManager[Span | None]:
    """Run a block as a span; an exception marks it as failed.

    Args:
        name: What is done, with no more than a few values.
        parent: A `traceparent`, or what `here` returned; the span that is current if None.
        kind: Which side of a border the span is on.
        attributes: What is known of it.
    """
    if _tracer is None:
        return _nothing
    context = extracted(parent) if isinstance(parent, str) else parent
    return _span(_tracer, name, context, kind, _dotted(attributes))


@contextmanager
def _span(tracer: Tracer, name: str, context: Place, kind: SpanKind, attributes: Mapping[str, Value]) -> Iterator[Span]:
    started = tracer.start_as_current_span(
        name, context, kind, attributes, record_exception=False, set_status_on_exception=False
    )
    with started as current:
        try:
            yield current
        except Exception as exc:
            failed(exc)
            raise


def here() -> Place:
    """Return the place in the trace, for spans that are started elsewhere; None if nothing is traced."""
    return None if _tracer is None else trace.set_span_in_context(trace.get_current_span(), Context())


def record(name: str, parent: Place, began_s: float, took_s: float, **attributes: Value) -> None:
    """Make a span of something that is over.

    Args:
        name: What was done.
        parent: Where, from `here`; no span is made if None.
        began_s: When, in seconds of `time.perf_counter()`.
        took_s: How long.
        attributes: What is known of it.
    """
    if _tracer is None or parent is None:
        return
    start = time.time_ns() - round((time.perf_counter() - began_s) * 1e9)
    made = _tracer.start_span(name, parent, attributes=_dotted(attributes), start_time=start)
    made.end(start + round(took_s * 1e9))


def failed(error: BaseException) -> None:
    """Mark the current span as failed, by the error's kind: its words may repeat what a tenant sent."""
    if _tracer is not None:
        kind = error.for_log if isinstance(error, AudioGPTError) else type(error).__name__
        trace.get_current_span().set_status(Status(StatusCode.ERROR, kind))


def traceparent() -> str | None:
    """Return the current span for a process elsewhere, None if nothing is traced."""
    if _tracer is None:
        return None
    carrier: dict[str, str] = {}
    _format.inject(carrier)
    return carrier.get(HEADER)


def carried(scope: Scope) -> Scope:
    """Return a scope that brings the current span to another process; the same one if nothing is traced."""
    current = traceparent()
    return scope if current is None else replace(scope, traceparent=current)


def trace_id(scope: Scope) -> str | None:
    """Return the id of the trace that work belongs to: the one being made, else the one its caller told of."""
    current = traceparent() or scope.traceparent
    return None if current is None else current.split("-")[1]


def extracted(parent: str) -> Context:
    """Return the place in a trace that a `traceparent` names."""
    return _format.extract({HEADER: parent}, Context())


def _dotted(attributes: Mapping[str, Value]) -> dict[str, Value]:
    """Return attributes under the names they have in traces, `audiogpt.model` for `model`."""
    return {name if "." in name else f"audiogpt.{name}": value for name, value in attributes.items()}


@contextmanager
def tracing(tracer: Tracer) -> Iterator[None]:
    """Make spans for as long as the block runs."""
    trace_with(tracer)
    try:
        yield
    finally:
        trace_with(None)
