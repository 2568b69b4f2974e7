import { createHash } from 'node:crypto';
import type { AttributeValue, Attributes, CallSpan } from './open-spans.ts';

/**
 * OTLP in its JSON encoding (OpenTelemetry Protocol 1.x, "JSON Protobuf Encoding"): ids as hex, 64-bit integers as
 * strings, enums as numbers.
 */

/** SpanKind and StatusCode of opentelemetry/proto/trace/v1/trace.proto. */
const KIND = { internal: 1, client: 3 } as const;
const STATUS_ERROR = 2;

/** A span of a call, ready to be sent. `startedMs`: when the call began, ms since 1970. */
export function otlpSpan(call: string, startedMs: number, span: CallSpan): object {
  const nanos = (ms: number): string => unixNanos(startedMs, ms);
  return {
    traceId: traceId(call),
    spanId: spanId(call, span.key),
    ...(span.parent === null ? {} : { parentSpanId: spanId(call, span.parent) }),
    name: span.name,
    kind: KIND[span.kind],
    startTimeUnixNano: nanos(span.from),
    endTimeUnixNano: nanos(span.to),
    attributes: keyValues(span.attributes),
    events: span.moments.map(({ at, name, attributes }) => ({
      timeUnixNano: nanos(at),
      name,
      attributes: keyValues(attributes),
    })),
    ...(span.droppedMoments === 0 ? {} : { droppedEventsCount: span.droppedMoments }),
    status: span.error === null ? {} : { code: STATUS_ERROR, message: span.error },
  };
}

/** The body of a request to `/v1/traces` (ExportTraceServiceRequest), which is also what a file of traces holds. */
export function otlpRequest(spans: readonly object[], resource: Attributes): string {
  const scope = { name: 'sidetone' };
  const attributes = keyValues({ 'service.name': 'sidetone', ...resource });
  return JSON.stringify({ resourceSpans: [{ resource: { attributes }, scopeSpans: [{ scope, spans }] }] });
}

/** The same for a call wherever it is asked for: a file exported later names the spans that were sent live. */
export function traceId(call: string): string {
  return sha256(`sidetone ${call}`).slice(0, 32);
}

export function spanId(call: string, key: string): string {
  return sha256(`sidetone ${call} ${key}`).slice(0, 16);
}

/** The last moment that fixed64 nanoseconds can say: a trace may claim any. */
const LAST_UNIX_MS = 2 ** 64 / 1e6 - 1;

/** To the microsecond: what is left of a double's precision since 1970. */
function unixNanos(startedMs: number, ms: number): string {
  const start = Math.max(0, Math.min(LAST_UNIX_MS, startedMs));
  const sinceStart = Math.max(-start, Math.min(LAST_UNIX_MS - start, ms));
  return String((BigInt(Math.round(start * 1000)) + BigInt(Math.round(sinceStart * 1000))) * 1000n);
}

function keyValues(attributes: Attributes): readonly object[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }));
}

function anyValue(value: AttributeValue): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'bigint') return { intValue: String(value) };
  if (typeof value === 'number') return { doubleValue: value };
  return { arrayValue: { values: value.map(anyValue) } };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
