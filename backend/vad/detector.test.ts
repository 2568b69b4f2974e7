import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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

async function detect(pcm: Int16Array): Promise<Seen[]> {
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
    await batch.flush();
  }
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
      for (let i = 0; i < 40; i++) {
        const from = Math.floor(random() * (source.length - 12_000));
        const cut = cutInVoice(source, from + 8000);
        if (cut === null) continue;
        const pcm = new Int16Array(8000 + (cut - from) + 6400);
        pcm.set(source.subarray(from, cut), 8000);
        const truth = 8000 + cut - from;
        const changes = await detect(overLine(pcm, QUIET, random));
        const end = changes.findLast((change) => change.type === 'silence');
        if (!end || end.seen < truth) continue;
        errors.push(Math.abs(end.lastVoiced - truth) / 8);
        delays.push((end.seen - truth) / 8);
      }
    }
    expect(errors.length).toBeGreaterThanOrEqual(60);
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

/** First place from `at` on where 10 ms are loud, within a second; null when there is none. */
function cutInVoice(pcm: Int16Array, at: number): number | null {
  for (let cut = at; cut < at + 8000 && cut <= pcm.length - 80; cut += 80) {
    let power = 0;
    for (let i = cut - 80; i < cut; i++) power += (pcm[i] ?? 0) ** 2;
    if (power / 80 > 1600 ** 2) return cut;
  }
  return null;
}
