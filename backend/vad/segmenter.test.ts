import { describe, expect, it } from 'vitest';
import { LEVEL_SAMPLES, Segmenter } from './segmenter.ts';
import type { VoiceChange } from './segmenter.ts';
import { VAD_FRAME } from './silero.ts';

const ms = (duration: number): number => duration * 8;

interface Line {
  /** dBFS by time in ms. */
  readonly level: (at: number) => number;
  /** Probability of the frame that ends at `at`. */
  readonly probability: (at: number) => number;
  readonly absent?: (at: number) => boolean;
  readonly lasts: number;
}

type Seen = VoiceChange & { readonly seenAt: number };

/** Runs a made-up line by the sample clock; clock time is 1000 ms ahead of the track. */
function segment({ level, probability, absent = () => false, lasts }: Line): Seen[] {
  const changes: Seen[] = [];
  let now = 0;
  const segmenter = new Segmenter((change) => changes.push({ ...change, seenAt: now / 8 }));
  let frameEnd = VAD_FRAME;
  for (let end = LEVEL_SAMPLES; end <= ms(lasts); end += LEVEL_SAMPLES) {
    now = end;
    segmenter.level(level(end / 8), end, 1000 + end / 8, absent(end / 8));
    for (; frameEnd <= end; frameEnd += VAD_FRAME) segmenter.probability(probability(frameEnd / 8), frameEnd);
  }
  return changes;
}

const between = (from: number, to: number) => (at: number) => at > from && at <= to;
const spoken = between(1000, 2000);

describe('Segmenter', () => {
  it('dates both ends by level, and gives the clock time of the sample', () => {
    const changes = segment({
      level: (at) => (spoken(at) ? -20 : -55),
      probability: (at) => (at > 1040 && at < 2150 ? 0.95 : 0.02),
      lasts: 3000,
    });
    expect(changes).toMatchObject([
      { type: 'voice', from: ms(1000), at: 2000 },
      { type: 'silence', lastVoiced: ms(2000), at: 3000 },
    ]);
  });

  it('ends early when the line is quiet and the model in doubt', () => {
    const [, silence] = segment({
      level: (at) => (spoken(at) ? -20 : -55),
      probability: (at) => (at < 1040 || at > 2250 ? 0.02 : at > 2010 ? 0.7 : 1),
      lasts: 2500,
    });
    expect(silence).toMatchObject({ type: 'silence', lastVoiced: ms(2000) });
    expect(silence?.seenAt).toBeLessThanOrEqual(2080);
  });

  it('keeps a pause within a word while the model is sure', () => {
    const changes = segment({
      level: (at) => (spoken(at) && !between(1400, 1530)(at) ? -20 : -55),
      probability: (at) => (at > 1040 && at < 2100 ? 0.97 : 0.02),
      lasts: 3000,
    });
    expect(changes).toMatchObject([{ from: ms(1000) }, { lastVoiced: ms(2000) }]);
  });

  it('takes speech up again after an early end, dated after it', () => {
    const changes = segment({
      level: (at) => (spoken(at) && !between(1400, 1500)(at) ? -20 : -55),
      probability: (at) => (at < 1040 || at > 2150 ? 0.02 : between(1410, 1520)(at) ? 0.7 : 0.85),
      lasts: 3000,
    });
    expect(changes).toMatchObject([
      { type: 'voice', from: ms(1000) },
      { type: 'silence', lastVoiced: ms(1400) },
      { type: 'voice', from: ms(1500) },
      { type: 'silence', lastVoiced: ms(2000) },
    ]);
  });

  it('is not brought back by the tail of its own probability', () => {
    const changes = segment({
      level: (at) => (spoken(at) ? -20 : -55),
      probability: (at) => (at < 1040 || at > 2400 ? 0.02 : at < 2010 ? 1 : at < 2200 ? 0.7 : 0.78),
      lasts: 3000,
    });
    expect(changes.map(({ type }) => type)).toEqual(['voice', 'silence']);
  });

  it('dates a soft first phoneme back, over the pause of a stop, but not without end', () => {
    const soft = (from: number): Seen | undefined =>
      segment({
        level: (at) => (spoken(at) ? -20 : between(from, 970)(at) ? -42 : -55),
        probability: (at) => (at > 1040 && at < 2100 ? 0.95 : 0.05),
        lasts: 1500,
      })[0];
    expect(soft(880)).toMatchObject({ from: ms(880) });
    const endless = soft(200);
    expect(endless?.type === 'voice' ? endless.from : NaN).toBeGreaterThanOrEqual(ms(750));
  });

  it('hears a doubtful frame when it is loud, and not when it is quiet', () => {
    const doubtful = (loud: number): Seen[] =>
      segment({
        level: (at) => (spoken(at) ? loud : -55),
        probability: (at) => (between(1000, 1400)(at) ? 0.4 : 0.02),
        lasts: 1300,
      });
    expect(doubtful(-20)[0]).toMatchObject({ type: 'voice', from: ms(1000) });
    expect(doubtful(-54)).toEqual([]);
  });

  it('goes by the model where noise is as loud as speech', () => {
    const changes = segment({
      level: (at) => -30 + 2 * Math.sin(at),
      probability: (at) => (at > 1040 && at < 2100 ? 0.9 : 0.05),
      lasts: 3000,
    });
    expect(changes.map(({ type }) => type)).toEqual(['voice', 'silence']);
    const [voice, silence] = changes;
    expect(Math.abs((voice?.type === 'voice' ? voice.from : NaN) - ms(1056))).toBeLessThanOrEqual(ms(64));
    expect(silence).toMatchObject({ lastVoiced: 8 * 2080 });
  });

  it('takes an absent line for silence whatever the model says', () => {
    const changes = segment({
      level: (at) => (spoken(at) ? -20 : at > 2000 ? -100 : -55),
      probability: (at) => (at > 1040 ? 0.95 : 0.02),
      absent: (at) => at > 2000,
      lasts: 3000,
    });
    expect(changes).toMatchObject([
      { from: ms(1000) },
      { type: 'silence', lastVoiced: ms(2000), seenAt: 2080 },
    ]);
  });
});
