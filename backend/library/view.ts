import type { TraceView } from '../contract/traces.ts';
import { measureTrace } from '../measure/measure.ts';
import { traceEntry } from '../trace/entry.ts';
import { openTrace, readTrack, type Trace } from '../trace/read.ts';
import { readWire } from '../trace/wire.ts';
import { keepMeasured, readMeasured, stampOf, type Measured } from './measured.ts';
import { madeLevels, madeSignals, storedLevels, storedSignals, type Sides } from './drawing.ts';

/** A trace for the viewer. The buffers of `signals` and `levels` are the caller's, to be transferred. @throws as openTrace() does. */
export async function viewOf(dir: string): Promise<TraceView> {
  const trace = await openTrace(dir);
  let read: Promise<Sides> | null = null;
  const sides = (): Promise<Sides> => (read ??= readSides(trace));
  const { metrics, samples } = await measure(trace, sides);
  const signals = (await storedSignals(trace)) ?? (await madeSignals(trace, await sides()));
  return {
    entry: await traceEntry(trace),
    manifest: trace.manifest,
    notes: trace.notes,
    events: trace.events,
    signals: signals ? [signals] : [],
    levels: (await storedLevels(trace)) ?? madeLevels(await sides()),
    metrics,
    samples,
    problems: trace.problems,
  };
}

/** Measures a trace ahead of its opening, which then waits for nothing. */
export async function measureAhead(dir: string): Promise<void> {
  const trace = await openTrace(dir);
  await measure(trace, () => readSides(trace));
}

async function measure(trace: Trace, sides: () => Promise<Sides>): Promise<Measured> {
  const known = await readMeasured(trace);
  if (known) return known;
  const { caller, bot } = await sides();
  const measured = {
    stamp: stampOf(trace),
    metrics: measureTrace({ trace, caller, bot, wire: await readWire(trace) }),
    samples: Math.max(caller?.length ?? 0, bot?.length ?? 0),
  };
  // Of a call going on the files change each second.
  if (trace.state !== 'going_on') await keepMeasured(trace, measured);
  return measured;
}

async function readSides(trace: Trace): Promise<Sides> {
  const [caller, bot] = await Promise.all([readTrack(trace, 'caller'), readTrack(trace, 'bot')]);
  return { caller, bot };
}
