from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from sidetone_common import telemetry

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


class Collector(HTTPServer):
    """What an OpenTelemetry collector is told over OTLP/HTTP."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.told: list[ExportTraceServiceRequest] = []
        self.paths: list[str] = []


class _Handler(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.paths.append(self.path)
        self.server.told.append(ExportTraceServiceRequest.FromString(body))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def application() -> FastAPI:
    app = FastAPI()
    app.add_api_route("/v1/things/{name}", lambda name: {"name": name})
    app.add_api_route("/health", lambda: {"status": "alive"})
    return app


def test_a_request_is_a_span_below_its_callers(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{collector.server_port}")
    app = application()
    provider = telemetry.install(app, "tts-server")
    assert provider is not None
    client = TestClient(app)
    client.get("/v1/things/anna", headers={"traceparent": f"00-{TRACE}-{PARENT}-01"})
    client.get("/health")
    provider.shutdown()

    assert collector.paths == ["/v1/traces"]
    [resource] = collector.told[0].resource_spans
    names = {item.key: item.value.string_value for item in resource.resource.attributes}
    assert names["service.name"] == "tts-server"
    [span] = resource.scope_spans[0].spans
    assert span.name == "GET /v1/things/{name}"
    assert (span.trace_id.hex(), span.parent_span_id.hex()) == (TRACE, PARENT)


def test_it_is_off_where_no_collector_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    app = application()
    assert telemetry.install(app, "tts-server") is None
    assert app.user_middleware == []
