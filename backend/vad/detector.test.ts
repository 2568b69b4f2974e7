import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rmsDbfs } from '../audio/level.ts';
import { VoiceDetector } from './detector.ts';
import { loadSilero, overLine, randomNumbers, speech } from './fixtures/speech.ts';
import type { VoiceChange } from './segmenter.ts';
import type { SileroBatch } from './silero.ts';

let batch: SileroBatch;
beforeAll(async () => {
  batch = await loadSilero();
});
afterAll(() => batch.release());

const PACKET = 160;
const QUIET = -60;

type Seen = VoiceChange & { /** Samples that had come by then. */ readonly seen: number };

/** `late`: packets that come before the model gets to judge any of them. */
async function detect(pcm: Int16Array, late = 1): Promise<Seen[]> {
  const changes: Seen[] = [];
  let seen = 0;
  const detector = new VoiceDetector(
    batch,
    (change) => changes.push({ ...change, seen }),
    () => undefined,
  );
  for (let position = 0; position < pcm.length; position += PACKET) {
    const packet = pcm.subarray(position, position + PACKET);
    seen = position + packet.length;
    detector.hear({ pcm: packet, position, endsAt: seen / 8, kind: 'packet' });
    if (seen % (late * PACKET) === 0) await batch.flush();
  }
  await batch.flush();
  detector.close();
  return changes;
}

/** `part` of 0..1 of the values are not above this. */
function quantile(values: readonly number[], part: number): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(values.length * part) - 1] ?? NaN;
}

const voices = (changes: readonly Seen[]): number[] =>
  changes.flatMap((change) => (change.type === 'voice' ? [change.from / 8] : []));

describe('VoiceDetector on real speech', () => {
  it('finds the same whenever the model gets to it', async () => {
    const places = (changes: readonly Seen[]): readonly unknown[] =>
      changes.map((change) => (change.type === 'voice' ? change.from : change.lastVoiced));
    for (const name of ['jfk', 'digits', 'russian'] as const) {
      const punctual = places(await detect(speech(name)));
      expect(punctual.length).toBeGreaterThan(4);
      for (const late of [2, 3, 7]) expect(places(await detect(speech(name), late))).toEqual(punctual);
    }
  });

  it('finds the phrases of the recordings, first phonemes included', async () => {
    // Onsets in ms as they are seen and heard in the recordings: "ask" after each pause; "one", "nine", "zero".
    const onsets = { jfk: [3290, 5420, 8195], digits: [890, 3970, 6280] };
    for (const [name, expected] of [['jfk', onsets.jfk] as const, ['digits', onsets.digits] as const]) {
      const found = voices(await detect(speech(name)));
      for (const onset of expected) {
        const before = found.filter((from) => from <= onset + 10);
        expect(onset - Math.max(...before), `${name} at ${onset}`).toBeLessThanOrEqual(100);
      }
    }
  });

  it('dates an end to 20 ms and tells it within 100', async () => {
    const random = randomNumbers(3);
    const errors: number[] = [];
    const delays: number[] = [];
    for (const name of ['jfk', 'russian'] as const) {
      const source = speech(name);
      const places = cutsInVoice(source);
      for (let i = 0; i < 40; i++) {
        const cut = places[Math.floor(random() * places.length)] ?? 0;
        const from = Math.max(0, cut - 12_000);
        const truth = 8000 + cut - from;
        const pcm = new Int16Array(truth + 6400);
        pcm.set(source.subarray(from, cut), 8000);
        const end = (await detect(overLine(pcm, QUIET, random))).at(-1);
        const after = end?.type === 'silence' && end.seen >= truth;
        errors.push(after ? Math.abs(end.lastVoiced - truth) / 8 : Infinity);
        delays.push(after ? (end.seen - truth) / 8 : Infinity);
      }
    }
    expect(quantile(errors, 0.95)).toBeLessThanOrEqual(20);
    expect(quantile(delays, 0.5)).toBeLessThanOrEqual(100);
    expect(quantile(delays, 0.95)).toBeLessThanOrEqual(150);
  });

  it('tells a beginning within 60 ms, after a quiet line and after digital silence', async () => {
    const random = randomNumbers(5);
    for (const noise of [QUIET, -Infinity]) {
      const delays: number[] = [];
      const source = speech('jfk');
      for (const onset of [3280, 5415, 8190]) {
        for (let i = 0; i < 8; i++) {
          const from = onset * 8;
          const truth = 12_000 + Math.floor(random() * 256);
          const pcm = new Int16Array(truth + 6400);
          pcm.set(source.subarray(from, from + 6400), truth);
          const voice = (await detect(overLine(pcm, noise, random))).find(({ type }) => type === 'voice');
          delays.push(((voice?.seen ?? Infinity) - truth) / 8);
        }
      }
      expect(quantile(delays, 0.5), `noise ${noise}`).toBeLessThanOrEqual(60);
      expect(Math.min(...delays)).toBeGreaterThan(0);
    }
  });
});

/** Places with a fifth of a second of loud speech before them, 5 ms by 5 ms. */
function cutsInVoice(pcm: Int16Array): number[] {
  const places: number[] = [];
  let loud = 0;
  for (let end = 40; end <= pcm.length; end += 40) {
    loud = rmsDbfs(pcm.subarray(end - 40, end)) > -30 ? loud + 40 : 0;
    if (loud >= 1600) places.push(end);
  }
  return places;
}
