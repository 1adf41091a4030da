"""A receiver of traces on this machine, which speaks OTLP over HTTP."""

import http.server
import threading
from typing import Self

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span


class SpanReceiver:
    """Keeps the spans of all processes that send it some."""

    def __init__(self) -> None:
        """Receive nothing yet."""
        self._spans: list[tuple[str, Span]] = []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                receiver._take(self.rfile.read(int(self.headers["content-length"])))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *arguments: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *details: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def environment(self) -> dict[str, str]:
        """Variables that make a process send its spans here, soon."""
        return {
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{self._server.server_port}",
            "OTEL_EXPORTER_OTLP_COMPRESSION": "none",
            "OTEL_BSP_SCHEDULE_DELAY": "100",
        }

    def of_trace(self, trace_id: str) -> dict[str, list[tuple[str, Span]]]:
        """Return what came of a trace so far: by a span's name, the service it is from and the span."""
        found: dict[str, list[tuple[str, Span]]] = {}
        for service, span in list(self._spans):
            if span.trace_id.hex() == trace_id:
                found.setdefault(span.name, []).append((service, span))
        return found

    def _take(self, body: bytes) -> None:
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            (service,) = (a.value.string_value for a in resource.resource.attributes if a.key == "service.name")
            self._spans += [(service, span) for scope in resource.scope_spans for span in scope.spans]
