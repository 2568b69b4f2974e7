import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { CallEvent } from '../contract/events.ts';
import type { TraceMetrics } from '../contract/traces.ts';
import { story } from '../fold/fixtures/logs.ts';
import { chromeTrace } from './chrome.ts';
import { DEMO, INTERRUPTED, NO_METRICS, manifestOf } from './fixtures/trace.ts';

/** The Trace Event Format (Google, "Trace Event Format", JSON Object Format), as far as it is used. */
const common = { pid: z.literal(1), tid: z.int().nonnegative(), name: z.string() };
const micros = z.int().nonnegative();
const args = z.record(z.string(), z.unknown());
const traceEvent = z.discriminatedUnion('ph', [
  z.strictObject({ ph: z.literal('M'), ...common, args }),
  z.strictObject({
    ph: z.literal('X'),
    ...common,
    cat: z.string(),
    ts: micros,
    dur: micros,
    args: args.optional(),
  }),
  z.strictObject({ ph: z.literal('i'), ...common, cat: z.string(), s: z.literal('t'), ts: micros, args }),
  z.strictObject({ ph: z.literal('b'), ...common, cat: z.string(), id: z.int(), ts: micros, args }),
  z.strictObject({ ph: z.literal('e'), ...common, cat: z.string(), id: z.int(), ts: micros }),
  z.strictObject({ ph: z.literal('C'), ...common, ts: micros, args: z.record(z.string(), z.number()) }),
]);
type TraceEvent = z.infer<typeof traceEvent>;
type Slice = Extract<TraceEvent, { ph: 'X' }>;
const file = z.strictObject({
  traceEvents: z.array(traceEvent),
  displayTimeUnit: z.literal('ms'),
  otherData: z.record(z.string(), z.unknown()),
});

function written(
  events: readonly CallEvent[],
  metrics: TraceMetrics = NO_METRICS,
  levels: Parameters<typeof chromeTrace>[0]['levels'] = null,
): readonly TraceEvent[] {
  const notes = { v: 1, pinned: false, notes: [{ id: 'n', at: 1500, text: 'odd' }] } as const;
  const manifest = manifestOf(events);
  const text = chromeTrace({
    call: 'x',
    events,
    metrics,
    manifest,
    notes: { ...notes, notes: [...notes.notes] },
    levels,
  });
  return file.parse(JSON.parse(text)).traceEvents;
}

function slices(events: readonly TraceEvent[]): readonly Slice[] {
  return events.filter((event) => event.ph === 'X');
}

/** Of the lane's threads. */
function inLane(events: readonly TraceEvent[], cat: string): readonly Slice[] {
  return slices(events).filter((slice) => slice.cat === cat);
}

describe('chromeTrace', () => {
  it.each([
    ['a whole call', DEMO],
    ['one with interruptions', INTERRUPTED],
    ['one that stops in the middle', DEMO.slice(0, 120)],
    ['no call', []],
  ])('nests the slices of every thread, as Perfetto wants it: %s', (_, events) => {
    const all = written(events);
    for (const tid of new Set(slices(all).map((slice) => slice.tid))) {
      const ends: number[] = [];
      const own = slices(all).filter((slice) => slice.tid === tid);
      for (const { ts, dur, name } of own.toSorted((a, b) => a.ts - b.ts || b.dur - a.dur)) {
        while ((ends.at(-1) ?? Infinity) <= ts) ends.pop();
        expect(ts + dur, name).toBeLessThanOrEqual(ends.at(-1) ?? Infinity);
        ends.push(ts + dur);
      }
    }
  });

  it('names every thread that has something', () => {
    const all = written(DEMO);
    const named = new Set(all.filter(({ name }) => name === 'thread_name').map(({ tid }) => tid));
    for (const event of all) if (event.ph === 'X' || event.ph === 'i') expect(named).toContain(event.tid);
  });

  it('lays work that overlaps into threads of its own', () => {
    const started = { type: 'stt.started', turn: 1, audio_ms: 1, from: 0, to: 8, speculative: true } as const;
    const all = written(
      story(
        [10, { ...started, request: 1 }],
        [20, { ...started, request: 2 }],
        [30, { type: 'stt.final', turn: 1, request: 1, text: 'one', took_ms: 20 }],
        [40, { type: 'stt.final', turn: 1, request: 2, text: 'two', took_ms: 20 }],
      ),
    );
    const [one, two] = inLane(all, 'stt');
    expect([one?.name, one?.ts, one?.dur]).toEqual(['one', 10_000, 20_000]);
    expect([two?.name, two?.ts, two?.dur]).toEqual(['two', 20_000, 20_000]);
    expect(one?.tid).not.toBe(two?.tid);
  });

  it('has each wait with its stages, which fill it, and what the wire says', () => {
    const latency = DEMO.find((event) => event.type === 'latency');
    if (latency?.type !== 'latency') throw new Error('the fixture has no answers');
    const turn = { turn: 1, generation: latency.generation, callerEndedAt: 1, botBeganAt: 2, wireMs: 777 };
    const rest = { wireCallerClockMs: null, stages: null, engineMs: null, residualMs: null, cause: null };
    const metrics = { ...NO_METRICS, turns: [{ ...turn, ...rest, overlapped: [] }] };
    const waits = inLane(written(DEMO, metrics), 'waits');
    const [whole, ...parts] = waits.filter(({ ts }) => ts < (waits[0]?.ts ?? 0) + (waits[0]?.dur ?? 0));
    expect(whole?.args).toMatchObject({ turn: latency.turn, engine_ms: latency.total_ms, wire_ms: 777 });
    expect(parts[0]?.name).toBe('endpointing');
    expect(parts[0]?.ts).toBe(whole?.ts);
    expect(parts.reduce((sum, { dur }) => sum + dur, 0)).toBe(whole?.dur);
  });

  it('opens and closes each turn', () => {
    const all = written(DEMO);
    const begun = all.filter((event) => event.ph === 'b');
    const ended = all.filter((event) => event.ph === 'e');
    expect(begun.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5]);
    for (const [index, { id, ts }] of ended.entries()) {
      expect(id).toBe(begun[index]?.id);
      expect(ts).toBeGreaterThan(begun[index]?.ts ?? Infinity);
    }
  });

  it('counts levels and jitter, and shows notes', () => {
    const levels = { everyMs: 100, caller: Float32Array.of(-20.04, -30), bot: Float32Array.of(-100) };
    const all = written(DEMO, NO_METRICS, levels);
    expect(all.filter((event) => event.ph === 'C' && event.name.startsWith('level'))).toMatchObject([
      { ts: 0, args: { caller: -20, bot: -100 } },
      { ts: 100_000, args: { caller: -30, bot: -100 } },
    ]);
    const stats = DEMO.filter((event) => event.type === 'rtp.stats');
    expect(all.filter(({ name }) => name === 'jitter, ms')).toHaveLength(stats.length);
    expect(all.find(({ name }) => name === 'note')).toMatchObject({ ts: 1_500_000, args: { text: 'odd' } });
  });
});
