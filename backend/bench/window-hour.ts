import { readFileSync } from 'node:fs';
import path from 'node:path';
import { callEvent, type CallEvent } from '../contract/events.ts';
import { LINE_RATE } from '../contract/party.ts';
import { SIGNAL_TRACKS, SignalBatch, type SignalTrack } from '../contract/signals.ts';
import { REPOSITORY } from './engine.ts';

/** A real demo call: what both of its legs said. */
const DEMO_LOG = path.join(REPOSITORY, 'backend/fold/fixtures/demo.ndjson');
/** A new demo call so often: four at a time. */
export const NEXT_CALL_MS = 11_000;
const BATCH_MS = 100;
const SAMPLES_PER_MS = LINE_RATE / 1000;
/** A syllable, so that waveforms are none a codec would flatten. */
const SYLLABLE = 97;

export function readDemoLog(): readonly CallEvent[] {
  return readFileSync(DEMO_LOG, 'utf8')
    .trim()
    .split('\n')
    .map((line): CallEvent => callEvent.parse(JSON.parse(line)));
}

export interface Stretch {
  readonly events: readonly CallEvent[];
  /** Batches of signals (contract/signals.ts), ten a second. */
  readonly batches: readonly Uint8Array[];
}

interface Leg {
  readonly id: string;
  readonly events: readonly CallEvent[];
  readonly endsAt: number;
}

/** Calls without end: the same demo call again and again, each time as another, four of them at a time. */
export class EndlessCalls {
  readonly #legs: readonly Leg[];
  readonly #callMs: number;
  readonly #batch = new SignalBatch();

  constructor(log: readonly CallEvent[]) {
    const ids = [...new Set(log.map(({ call }) => call))];
    this.#legs = ids.map((id) => {
      const events = log.filter(({ call }) => call === id);
      return { id, events, endsAt: (events.at(-1)?.at ?? 0) / 1000 };
    });
    this.#callMs = Math.max(...this.#legs.map(({ endsAt }) => endsAt));
  }

  /** What a window is told from..to, ms since it all began. To be asked for one stretch after the other. */
  between(from: number, to: number): Stretch {
    const events: CallEvent[] = [];
    const batches: Uint8Array[] = [];
    for (let at = from; at < to; at += BATCH_MS) {
      const end = Math.min(at + BATCH_MS, to);
      const first = Math.max(0, Math.floor((at - this.#callMs) / NEXT_CALL_MS));
      for (let call = first; call * NEXT_CALL_MS < end; call += 1) {
        const start = call * NEXT_CALL_MS;
        for (const leg of this.#legs) {
          for (const event of leg.events) {
            const eventAt = start + event.at / 1000;
            if (eventAt >= at && eventAt < end) events.push({ ...event, call: nameOf(leg, call) });
          }
          this.#append(leg, call, at - start, end - start);
        }
      }
      const batch = this.#batch.take();
      if (batch) batches.push(batch);
    }
    return { events, batches };
  }

  #append(leg: Leg, call: number, from: number, to: number): void {
    const until = Math.min(to, leg.endsAt);
    for (const track of ['caller', 'bot', 'voice', 'jitter', 'lost', 'late'] as const) {
      const { stepSamples, valueBytes } = SIGNAL_TRACKS[track];
      const first = valuesBy(Math.max(0, from), stepSamples);
      const count = valuesBy(until, stepSamples) - first;
      if (count <= 0) continue;
      const values = new Uint8Array(count * valueBytes);
      for (let i = 0; i < values.length; i += 1) values[i] = valueOf(track, first * valueBytes + i);
      this.#batch.append(nameOf(leg, call), track, first * stepSamples, values);
    }
  }
}

function nameOf(leg: Leg, call: number): string {
  return `${leg.id}-${call}`;
}

/** Whole values of a track up to then. */
function valuesBy(ms: number, stepSamples: number): number {
  return Math.floor((ms * SAMPLES_PER_MS) / stepSamples);
}

function valueOf(track: SignalTrack, index: number): number {
  const swell = Math.abs((index % SYLLABLE) - SYLLABLE / 2) / SYLLABLE;
  if (track === 'jitter') return Math.round(4 * swell);
  if (track === 'lost' || track === 'late') return 0;
  const level = Math.round(120 * swell);
  return track === 'voice' ? 2 * level : (index % 2 === 0 ? -level : level) & 0xff;
}
