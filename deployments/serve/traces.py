"""Traces of a process, sent by OTLP where the environment names a receiver, in OpenTelemetry's own variables."""

import os

from opentelemetry import trace

from router.telemetry.tracing import trace_with

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
NAMESPACE = "audiogpt"


def trace_if_asked(component: str) -> None:
    """Trace this process if a receiver is named; `component` is its service's name within the system.

    Sampling (`OTEL_TRACES_SAMPLER`), headers and batches follow OpenTelemetry's variables too. Serve's own traces,
    where its `tracing_config` asks for them, go to the same receiver.
    """
    if not any(os.environ.get(name) for name in ENDPOINTS):
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = trace.get_tracer_provider()
    if not isinstance(provider, TracerProvider):
        service = {"service.name": f"{NAMESPACE}-{component}", "service.namespace": NAMESPACE}
        provider = TracerProvider(resource=Resource.create(service))
        trace.set_tracer_provider(provider)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace_with(provider.get_tracer(NAMESPACE))
