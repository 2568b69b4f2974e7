import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { viewOf } from '../library/view.ts';
import { traceEntry } from '../trace/entry.ts';
import { openTrace } from '../trace/read.ts';
import { readWire } from '../trace/wire.ts';
import { makeHourTrace, makeManyTraces } from './trace-hour.ts';

let traces = '';
beforeAll(async () => {
  traces = await mkdtemp(path.join(os.tmpdir(), 'sidetone-bench-'));
});
afterAll(() => rm(traces, { recursive: true, force: true }));

describe('a long trace made for benches', () => {
  it('is whole, and each answer of each round is found in its audio', async () => {
    const { id, events, packets } = await makeHourTrace(traces, 3);
    const trace = await openTrace(path.join(traces, id));
    expect(trace).toMatchObject({ state: 'complete', problems: [] });
    expect(trace.events).toHaveLength(events);
    expect(trace.events.map(({ seq }) => seq)).toEqual([...trace.events.keys()]);
    const wire = await readWire(trace);
    expect((wire?.caller.length ?? 0) + (wire?.bot.length ?? 0)).toBe(packets);
    const { metrics, entry } = await viewOf(path.join(traces, id));
    expect(entry).toMatchObject({ durationMs: 135_000, turns: 15 });
    expect(metrics.turns.filter(({ wireMs }) => wireMs !== null)).toHaveLength(15);
  });

  it('has as many shorter ones beside it as are asked for', async () => {
    await makeManyTraces(traces, 5);
    const entry = await traceEntry(path.join(traces, 'call-4'));
    expect(entry).toMatchObject({ id: 'call-4', state: 'complete', turns: 5 });
    expect(entry.text).toMatch(/Number 4\.$/);
  });
});
