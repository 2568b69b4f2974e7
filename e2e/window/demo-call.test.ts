import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallEvent } from '../../backend/contract/events.ts';
import { CALLER } from '../support/bots.ts';
import { until } from '../support/until.ts';
import { overlap } from '../support/words.ts';
import { App } from './support/app.ts';
import { entries, waits } from './support/conversation.ts';
import { Picture } from './support/picture.ts';
import type { CallRecord } from './support/record.ts';

/** Share of the words that a small recogniser must find again. */
const MOST = 0.7;
/** A peak, as a share of full scale, that everybody takes for sound, and one that is a line's own noise. */
const LOUD = 0.08;
const SILENT = 0.004;
const SAMPLES_PER_MS = 8;
const ONSET_MS = 200;

let app: App;
let record: CallRecord;
beforeAll(async () => {
  app = await App.open();
});
afterAll(() => app[Symbol.asyncDispose]());

/** The loudest sample above zero of each column, 0..1; NaN: the recording does not reach there. */
function peaks(picture: Picture, pcm: Int16Array): number[] {
  return Array.from({ length: picture.width }, (_, x) => {
    const [from, to] = picture.span(x).map((ms) => Math.round(ms * SAMPLES_PER_MS));
    const part = pcm.subarray(Math.max(0, from ?? 0), Math.max(0, to ?? 0));
    return part.length === 0 ? NaN : part.reduce((most, sample) => Math.max(most, sample), 0) / 32_768;
  });
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (of: readonly number[]): number => of.reduce((sum, value) => sum + value, 0) / of.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  const product = mean(a.map((value, i) => (value - meanA) * ((b[i] ?? 0) - meanB)));
  const spread = (of: readonly number[], m: number): number => Math.sqrt(mean(of.map((v) => (v - m) ** 2)));
  return product / (spread(a, meanA) * spread(b, meanB));
}

/** A lane's waveform against the recording of it: where it is loud, where it is silent, and how loud. */
function expectWave(picture: Picture, lane: 'caller' | 'bot'): void {
  const rises = picture.rises(lane, `--${lane}`);
  const loudness = peaks(picture, record.audio(lane));
  const near = (x: number, of: readonly number[]): number[] => of.slice(Math.max(0, x - 1), x + 2);
  const known = rises.flatMap((_, x) => (near(x, loudness).some(Number.isNaN) ? [] : [x]));
  const loud = known.filter((x) => (loudness[x] ?? 0) > LOUD);
  const silent = known.filter((x) => near(x, loudness).every((peak) => peak < SILENT));
  expect(loud.length, `loud columns of ${lane}`).toBeGreaterThan(20);
  expect(silent.length, `silent columns of ${lane}`).toBeGreaterThan(20);
  const missing = loud.filter((x) => Math.max(...near(x, rises)) < 4);
  expect(missing, `${lane}, loud but not drawn`).toEqual([]);
  // The centre line, and nothing above it; the odd column is covered by a line of something else.
  expect(silent.filter((x) => (rises[x] ?? NaN) > 2)).toEqual([]);
  expect(silent.filter((x) => (rises[x] ?? NaN) < 0).length).toBeLessThan(silent.length / 10);
  const drawn = known.map((x) => rises[x] ?? 0);
  expect(
    correlation(
      drawn,
      known.map((x) => loudness[x] ?? 0),
    ),
  ).toBeGreaterThan(0.9);
}

/** The turn states in order, from..to in ms. */
function states(events: readonly CallEvent[]): { state: string; from: number; to: number }[] {
  const changes = events.filter((event) => event.type === 'turn.state' || event.type === 'call.ended');
  return changes.flatMap((event, index) => {
    const next = changes[index + 1];
    return event.type === 'turn.state' && next
      ? [{ state: event.state, from: event.at / 1000, to: next.at / 1000 }]
      : [];
  });
}

function expectStates(picture: Picture, events: readonly CallEvent[]): void {
  const y = picture.top('states') + 5;
  const colour = (x: number): string => picture.pixel(x, y).join();
  const wide = states(events)
    .map(({ state, from, to }) => ({
      state,
      from: Math.max(0, picture.x(from)),
      to: Math.min(picture.width, picture.x(to)),
    }))
    .filter(({ from, to }) => to - from >= 5);
  const known = new Map<string, string>();
  for (const { state, from, to } of wide) {
    const own = known.get(state) ?? colour(from + 2);
    known.set(state, own);
    expect([colour(from + 2), colour(to - 2)], `${state} from ${from} to ${to}`).toEqual([own, own]);
  }
  expect(new Set(known.values()).size, 'each state has a colour of its own').toBe(known.size);
  expect([...known.keys()]).toEqual(expect.arrayContaining(['listening', 'speaking']));
}

/** The first token of each answer that was kept, ms. */
function firstTokens(events: readonly CallEvent[]): number[] {
  const discarded = new Set(
    events.flatMap((event) => (event.type === 'generation.discarded' ? [event.generation] : [])),
  );
  const firsts = new Map<number, number>();
  for (const event of events) {
    if (event.type !== 'llm.token' || discarded.has(event.generation)) continue;
    if (!firsts.has(event.generation)) firsts.set(event.generation, event.at / 1000);
  }
  return [...firsts.values()];
}

function expectFirstTokens(picture: Picture, events: readonly CallEvent[]): number {
  // Only the first of an answer reaches up here.
  const y = picture.top('tokens') + 6;
  const shown = firstTokens(events)
    .map((ms) => picture.x(ms))
    .filter((x) => x > 4 && x < picture.width - 4);
  for (const x of shown) {
    const inked = [-4, -3, 0, 1, 4].map((by) => picture.isInk(x + by, y, '--bot'));
    expect(inked, `the first token at ${x}`).toEqual([false, false, true, true, false]);
  }
  return shown.length;
}

describe('a demo call', () => {
  it('can be placed as soon as the window is there, which says where it answers', async () => {
    await app.page.getByRole('button', { name: 'Place a demo call' }).first().click();
    const address = app.page
      .getByRole('contentinfo', { name: 'Status' })
      .getByRole('button', { name: /^Answering calls: 127\.0\.0\.1:[1-9]\d+$/ });
    await address.waitFor();
    record = await app.record('harbor-dental');
    const local = await record.event('rtp.ready');
    expect(await address.textContent()).toBe(local.local);
  });

  it('is drawn while it goes on', async () => {
    const turn = await record.event('turn.ended');
    await app.page.getByRole('button', { name: 'Following' }).click();
    const picture = await Picture.now(app.page);
    const rises = picture.rises('caller', '--caller');
    const [{ offset } = { offset: NaN }] = record.all('caller.aligned');
    const [first] = record.all('speech.started');
    const last = record.all('speech.ended').findLast(({ at }) => at <= turn.at);
    const [from, to] = [first?.from, last?.to].map((position = NaN) =>
      picture.x((position + offset) / SAMPLES_PER_MS),
    );
    const within = rises.slice(from, to);
    expect(within.length).toBeGreaterThan(20);
    expect(within.filter((rise) => rise >= 4).length).toBeGreaterThan(within.length / 2);
    // Speech begins softly, some of it before what the engine calls its first voiced sample.
    const quietTo = picture.x(((first?.from ?? NaN) + offset) / SAMPLES_PER_MS - ONSET_MS);
    expect(rises.slice(0, quietTo).filter((rise) => rise >= 4)).toEqual([]);
    expect(record.manifest.state).toBe('recording');
    await app.page.getByRole('button', { name: 'Follow', exact: true }).click();
  });

  it('stands in the conversation with the words of both', async () => {
    await record.over(90_000);
    const said = await until('the last words', async () => {
      const found = await entries(app.page);
      return found.at(-1)?.text.includes('Goodbye') && found;
    });
    const callers = said.filter(({ who }) => who === 'Caller').map(({ text }) => text);
    const spoken = Object.values(CALLER).map(({ words }) => words);
    expect(callers).toHaveLength(spoken.length);
    // What was understood before the caller spoke on is no longer there.
    const understood = new Map(record.all('stt.final').map(({ turn, text }) => [turn, text]));
    expect(callers).toEqual([...understood.values()]);
    expect(overlap(spoken.join(' '), callers.join(' ')), callers.join(' ')).toBeGreaterThanOrEqual(MOST);
    const bots = said.filter(({ who }) => who === 'Bot').map(({ text }) => text);
    expect(bots).toEqual(record.all('bot.said').map(({ heard }) => heard));
    expect(bots[0]).toBe('Hello, Harbor Street Dental. How can I help you?');
    expect(bots.join(' ')).toContain('Which day would suit you?');
  });

  it('says what each wait was made of', async () => {
    const measured = record.all('latency');
    expect(measured.length).toBeGreaterThanOrEqual(4);
    const shown = await waits(app.page);
    expect(shown).toHaveLength(measured.length);
    measured.forEach(({ stages, residual_ms, total_ms }, index) => {
      const rows = shown[index]?.rows ?? [];
      const { endpointing, stt, llm_first_token, llm_first_clause, tts_first_audio, packet } = stages;
      const expected = [
        ['End of turn', endpointing],
        ['Speech to text', stt],
        ['First token', llm_first_token],
        ['First clause', llm_first_clause],
        ['First audio', tts_first_audio],
        ['To the wire', packet],
        ['Unaccounted for', residual_ms],
        ['Caller waited', total_ms],
      ] as const;
      expect(rows.map(({ name }) => name)).toEqual(expected.map(([name]) => name));
      // Shown to a millisecond, or to a tenth below a hundred.
      rows.forEach(({ ms }, row) => expect(Math.abs(ms - (expected[row]?.[1] ?? NaN))).toBeLessThan(0.51));
      const parts = rows.slice(0, -1).reduce((sum, { ms }) => sum + ms, 0);
      expect(Math.abs(parts - total_ms), `${parts} of ${total_ms}`).toBeLessThan(rows.length * 0.5);
      expect(Math.abs((shown[index]?.total ?? NaN) - total_ms)).toBeLessThan(0.51);
    });
  });

  it('is drawn as it was recorded, whole and from near', async () => {
    const { events } = record;
    await app.page.getByRole('button', { name: 'Show the whole call' }).click();
    const whole = await Picture.still(app.page);
    expect(whole.x(record.manifest.duration_ms ?? NaN)).toBeGreaterThan(whole.width * 0.8);
    expectWave(whole, 'caller');
    expectWave(whole, 'bot');
    expectStates(whole, events);
    expect(expectFirstTokens(whole, events)).toBe(firstTokens(events).length);

    // The conversation leads to the place of an answer.
    const answer = app.page
      .getByRole('region', { name: 'Conversation' })
      .getByRole('button', { name: /^Bot / })
      .nth(1);
    await answer.click();
    for (let step = 0; step < 4; step += 1) await app.page.getByRole('button', { name: 'Zoom in' }).click();
    const near = await Picture.still(app.page);
    expect(near.msPerPx).toBeLessThan(whole.msPerPx / 4);
    expectWave(near, 'caller');
    expectWave(near, 'bot');
    expectStates(near, events);
    expect(expectFirstTokens(near, events)).toBeGreaterThanOrEqual(1);
  });

  it('leaves no error in the page', () => {
    expect(app.pageErrors).toEqual([]);
  });
});
