import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { DEMO, NO_METRICS, manifestOf } from './fixtures/trace.ts';
import { otelTrace } from './otel.ts';
import { spanId, traceId } from './otlp.ts';

/** As opentelemetry/proto/trace/v1/trace.proto has them, in the JSON encoding of OTLP: nothing more is allowed. */
const value = z.union([
  z.strictObject({ stringValue: z.string() }),
  z.strictObject({ boolValue: z.boolean() }),
  z.strictObject({ intValue: z.string().regex(/^-?\d+$/) }),
  z.strictObject({ doubleValue: z.number() }),
]);
const attributes = z.array(z.strictObject({ key: z.string().min(1), value }));
const nanos = z.string().regex(/^\d{19}$/);
const span = z.strictObject({
  traceId: z.string().regex(/^[0-9a-f]{32}$/),
  spanId: z.string().regex(/^[0-9a-f]{16}$/),
  parentSpanId: z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .optional(),
  name: z.string().min(1),
  kind: z.union([z.literal(1), z.literal(3)]),
  startTimeUnixNano: nanos,
  endTimeUnixNano: nanos,
  attributes,
  events: z.array(z.strictObject({ timeUnixNano: nanos, name: z.string(), attributes })),
  droppedEventsCount: z.int().positive().optional(),
  status: z.union([z.strictObject({}), z.strictObject({ code: z.literal(2), message: z.string() })]),
});
const request = z.strictObject({
  resourceSpans: z.array(
    z.strictObject({
      resource: z.strictObject({ attributes }),
      scopeSpans: z.array(
        z.strictObject({ scope: z.strictObject({ name: z.string() }), spans: z.array(span) }),
      ),
    }),
  ),
});

const manifest = manifestOf(DEMO);

function spansIn(text: string): readonly z.infer<typeof span>[] {
  return request
    .parse(JSON.parse(text))
    .resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
}

function attribute(of: z.infer<typeof span> | undefined, key: string): unknown {
  return of?.attributes.find((one) => one.key === key)?.value;
}

describe('otelTrace', () => {
  it('is a request of OTLP in JSON: one trace, one root, times since 1970', () => {
    const spans = spansIn(otelTrace(DEMO, NO_METRICS, manifest, manifest.clock.wall_ms));
    expect(new Set(spans.map((one) => one.traceId))).toEqual(new Set([traceId(manifest.call)]));
    const root = spans.find((one) => one.parentSpanId === undefined);
    expect(root?.spanId).toBe(spanId(manifest.call, 'call'));
    expect(root?.startTimeUnixNano).toBe(`${Date.parse('2026-11-23T16:34:10.240Z')}000000`);
    for (const one of spans) {
      expect(BigInt(one.endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(one.startTimeUnixNano));
      expect(BigInt(one.startTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(root?.startTimeUnixNano ?? 0));
    }
  });

  it('is the same each time, and another for another call', () => {
    const again = (): string => otelTrace(DEMO, NO_METRICS, manifest, 0);
    expect(again()).toBe(again());
    expect(traceId('a')).not.toBe(traceId('b'));
    expect(spanId('a', 'call')).not.toBe(spanId('b', 'call'));
  });

  it.each([1e308, -1e308])('has times that its format can say, whatever the trace claims: %d', (wallMs) => {
    const text = otelTrace(DEMO, NO_METRICS, manifest, wallMs);
    for (const [, nanoseconds = ''] of text.matchAll(/UnixNano":"([^"]*)"/g))
      expect(BigInt(nanoseconds) >> 64n).toBe(0n);
  });

  it('adds to a turn what was measured on the wire', () => {
    const measured = {
      turn: 1,
      generation: 2,
      callerEndedAt: 6410,
      botBeganAt: 7050,
      wireMs: 640,
      wireCallerClockMs: null,
      stages: null,
      engineMs: 600,
      residualMs: 40,
      cause: 'stalled',
      overlapped: [],
    } as const;
    const spans = spansIn(
      otelTrace(DEMO, { ...NO_METRICS, turns: [measured] }, manifest, manifest.clock.wall_ms),
    );
    const turn = spans.find((one) => one.spanId === spanId(manifest.call, 'turn-1'));
    expect(attribute(turn, 'sidetone.turn')).toEqual({ intValue: '1' });
    expect(attribute(turn, 'sidetone.latency.wire_ms')).toEqual({ doubleValue: 640 });
    expect(attribute(turn, 'sidetone.latency.residual_ms')).toEqual({ doubleValue: 40 });
    expect(attribute(turn, 'sidetone.latency.residual_cause')).toEqual({ stringValue: 'stalled' });
  });

  it('is a request also for a call without manifest or events', () => {
    expect(spansIn(otelTrace([], NO_METRICS, null, 0))).toEqual([]);
  });
});
