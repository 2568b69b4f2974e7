/** Sounds of a telephone, made here: no file, no network. */

export interface Tone {
  readonly hertz: readonly number[];
  /** Begin and end of each sounding, seconds from the start. */
  readonly bursts: readonly (readonly [number, number])[];
  /** After how many seconds it begins anew, where it is repeated; else its end. */
  readonly period: number;
  /** Of full scale, all its frequencies together. */
  readonly volume: number;
}

/** Concert pitch, for a second. */
export const TEST_TONE: Tone = { hertz: [440], bursts: [[0, 1]], period: 1, volume: 0.2 };

/** Two short rings of two tones that beat against each other, then a pause. */
export const RING: Tone = {
  hertz: [400, 450],
  bursts: [
    [0, 0.4],
    [0.6, 1],
  ],
  period: 3,
  volume: 0.4,
};

/** Another call comes in: softer, and short enough to talk on. */
export const WAITING: Tone = { hertz: [425], bursts: [[0, 0.2]], period: 5, volume: 0.06 };

/** The far end rings: 1 s on, 4 s off, as in most of Europe (ITU-T E.180). */
export const RINGBACK: Tone = { hertz: [425], bursts: [[0, 1]], period: 5, volume: 0.12 };

const ROWS = [697, 770, 852, 941];
const COLUMNS = [1209, 1336, 1477, 1633];
const KEYS = '123A456B789C*0#D';

/** The pair of tones of a key (ITU-T Q.23); null: no such key. */
export function keyTone(key: string): Tone | null {
  const at = key.length === 1 ? KEYS.indexOf(key.toUpperCase()) : -1;
  const [low, high] = [ROWS[Math.floor(at / 4)], COLUMNS[at % 4]];
  if (low === undefined || high === undefined) return null;
  return { hertz: [low, high], bursts: [[0, 0.12]], period: 0.12, volume: 0.12 };
}

/** Ends of a sounding are soft: a hard one clicks. */
const RAMP_SECONDS = 0.01;

/** One period of a tone, -1..1. */
export function samplesOf({ hertz, bursts, period, volume }: Tone, rate: number): Float32Array<ArrayBuffer> {
  const samples = new Float32Array(Math.round(period * rate));
  const each = volume / hertz.length;
  for (const [from, to] of bursts) {
    const end = Math.min(samples.length, Math.round(to * rate));
    for (let index = Math.round(from * rate); index < end; index += 1) {
      const since = index / rate - from;
      const ramp = Math.min(1, since / RAMP_SECONDS, (to - index / rate) / RAMP_SECONDS);
      let sum = 0;
      for (const frequency of hertz) sum += Math.sin(2 * Math.PI * frequency * since);
      samples[index] = sum * each * ramp;
    }
  }
  return samples;
}

/** Enough for the highest key, 1633 Hz; the browser converts it to the device's own. */
const RATE = 16_000;

/** Plays a tone once. `sink`: id of the device, '' is the system's. @throws DOMException when it cannot be used */
export async function playTone(tone: Tone, sink: string): Promise<void> {
  const context = await contextOn(sink);
  try {
    const source = sourceOf(tone, context);
    const { promise, resolve } = Promise.withResolvers<undefined>();
    source.addEventListener('ended', () => resolve(undefined));
    source.start();
    await promise;
  } finally {
    await context.close();
  }
}

/** Plays a tone over and over until what it answers with is called, which silences it at once. */
export function repeatTone(tone: Tone, sink: string): () => void {
  let stopped = false;
  let context: AudioContext | null = null;
  const close = (): void => {
    void context?.close();
    context = null;
  };
  const begin = async (): Promise<void> => {
    // A device that is gone must not make a call go unheard.
    context = await contextOn(sink).catch(() => contextOn(''));
    if (stopped) {
      close();
      return;
    }
    const source = sourceOf(tone, context);
    source.loop = true;
    source.start();
  };
  // Without any device there is nothing to be heard by; the call shows all the same.
  begin().catch(() => undefined);
  return () => {
    stopped = true;
    close();
  };
}

async function contextOn(sink: string): Promise<AudioContext> {
  const context = new AudioContext();
  try {
    if (sink !== '') await context.setSinkId(sink);
    return context;
  } catch (error) {
    await context.close();
    throw error;
  }
}

function sourceOf(tone: Tone, context: AudioContext): AudioBufferSourceNode {
  const samples = samplesOf(tone, RATE);
  const buffer = new AudioBuffer({ length: samples.length, sampleRate: RATE, numberOfChannels: 1 });
  buffer.copyToChannel(samples, 0);
  const source = new AudioBufferSourceNode(context, { buffer });
  source.connect(context.destination);
  return source;
}
