import type { CallEvent } from '../contract/events.ts';
import type { TraceManifest } from '../contract/trace.ts';
import type { TraceMetrics, TurnMetrics } from '../contract/traces.ts';
import { spansOf } from './call-spans.ts';
import type { CallSpan } from './open-spans.ts';
import { otlpRequest, otlpSpan } from './otlp.ts';

/** A trace as OpenTelemetry spans: one OTLP/JSON request, what was said included. docs/export.md has the mapping. */
export function otelTrace(
  events: readonly CallEvent[],
  metrics: TraceMetrics,
  manifest: TraceManifest | null,
  startedMs: number,
): string {
  const call = manifest?.call ?? events[0]?.call ?? '';
  const measured = new Map(metrics.turns.map((turn) => [turn.turn, turn]));
  const resource = manifest && {
    'service.version': manifest.sidetone,
    'host.arch': manifest.host.arch,
    'os.type': manifest.host.platform,
    'process.pid': BigInt(manifest.host.pid),
  };
  return otlpRequest(
    spansOf(events).map((span) => otlpSpan(call, startedMs, withWire(span, measured))),
    resource ?? {},
  );
}

/** A turn's span with what was measured on the wire, which only the whole trace tells. */
function withWire(span: CallSpan, measured: ReadonlyMap<number, TurnMetrics>): CallSpan {
  const number = span.attributes['sidetone.turn'];
  const turn = typeof number === 'bigint' ? measured.get(Number(number)) : undefined;
  if (!turn) return span;
  return {
    ...span,
    attributes: {
      ...span.attributes,
      ...(turn.wireMs === null ? {} : { 'sidetone.latency.wire_ms': turn.wireMs }),
      ...(turn.residualMs === null ? {} : { 'sidetone.latency.residual_ms': turn.residualMs }),
      ...(turn.cause === null ? {} : { 'sidetone.latency.residual_cause': turn.cause }),
    },
  };
}
