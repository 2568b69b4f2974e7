"""Traces of requests, for an OpenTelemetry collector. Off unless OTEL_EXPORTER_OTLP_ENDPOINT names one."""

import os

from fastapi import FastAPI
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

# Asked every few seconds, by nobody whose request it would be.
_UNTRACED = "/health,/ready,/metrics"


def install(app: FastAPI, service: str) -> TracerProvider | None:
    """Makes a span of each request, below that of a caller who sends `traceparent` (W3C Trace Context).

    Spans have routes, statuses and times, never what was said. They leave over OTLP/HTTP, the last of them as
    the process ends; a collector that is not there costs a line in the log. OpenTelemetry's own variables
    (OTEL_*) set headers, time limits and the rest. None: it is off.
    """
    if not os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        return None
    resource = Resource.create({"service.name": os.environ.get("OTEL_SERVICE_NAME", service)})
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    # One span for a request: those of its single packets would be thousands for a stream.
    FastAPIInstrumentor.instrument_app(
        app, tracer_provider=provider, excluded_urls=_UNTRACED, exclude_spans=["receive", "send"]
    )
    return provider
