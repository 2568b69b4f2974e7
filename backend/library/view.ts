import type { TraceMetrics, TraceView } from '../contract/traces.ts';
import { measureTrace } from '../measure/measure.ts';
import { traceEntry } from '../trace/entry.ts';
import { openTrace, readTrack, type Trace } from '../trace/read.ts';
import { readWire } from '../trace/wire.ts';
import { madeLevels, madeSignals, storedLevels, storedSignals, type Sides } from './drawing.ts';

/** Traces whose measurements are kept: looked at in turn, or side by side. */
const MEASURED_KEPT = 50;

interface Measured {
  /** Names, sizes and times of the files that were measured. */
  readonly stamp: string;
  readonly metrics: TraceMetrics;
  readonly samples: number;
}

/** Opens traces for the viewer. What was measured is not measured again while the trace's files are the same. */
export class Viewer {
  readonly #measured = new Map<string, Measured>();

  /** The buffers of `signals` and `levels` are the caller's, to be transferred. @throws as openTrace() does. */
  async open(dir: string): Promise<TraceView> {
    const trace = await openTrace(dir);
    let read: Promise<Sides> | null = null;
    const sides = (): Promise<Sides> => (read ??= readSides(trace));
    const { metrics, samples } = await this.#measure(trace, sides);
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

  async #measure(trace: Trace, sides: () => Promise<Sides>): Promise<Measured> {
    const stamp = trace.files.map(({ name, bytes, changedMs }) => `${name} ${bytes} ${changedMs}`).join();
    const known = this.#measured.get(trace.dir);
    if (known?.stamp === stamp) return known;
    const { caller, bot } = await sides();
    const samples = Math.max(caller?.length ?? 0, bot?.length ?? 0);
    const metrics = measureTrace({ trace, caller, bot, wire: await readWire(trace) });
    const measured = { stamp, metrics, samples };
    const [oldest] = this.#measured.keys();
    if (oldest !== undefined && this.#measured.size >= MEASURED_KEPT) this.#measured.delete(oldest);
    this.#measured.set(trace.dir, measured);
    return measured;
  }
}

async function readSides(trace: Trace): Promise<Sides> {
  const [caller, bot] = await Promise.all([readTrack(trace, 'caller'), readTrack(trace, 'bot')]);
  return { caller, bot };
}
