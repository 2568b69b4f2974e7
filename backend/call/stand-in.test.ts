import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SidetoneError } from '../base/errors.ts';
import type { CallEventBody } from '../contract/events.ts';
import type { Stt, TranscribeRequest } from '../providers/types.ts';
import { loadSilero, speech } from '../vad/fixtures/speech.ts';
import type { SileroBatch } from '../vad/silero.ts';
import { StandIn } from './stand-in.ts';

let silero: SileroBatch;
beforeAll(async () => {
  silero = await loadSilero();
});
afterAll(() => silero.release());

/** Where the person's track begins on the bot's: the call had gone on for ten seconds. */
const FROM = 80_000;

function standIn(answer: (request: TranscribeRequest, index: number) => Promise<string>) {
  const events: CallEventBody[] = [];
  const context: string[] = [];
  const requests: TranscribeRequest[] = [];
  const stt: Stt = {
    name: 'test',
    transcribe: (request) => answer(request, requests.push(request) - 1),
  };
  const person = new StandIn({
    silero,
    stt,
    language: 'en',
    prompt: 'names',
    emit: (event) => events.push(event),
    spokenFor: (text) => context.push(text),
  });
  let position = FROM;
  const say = async (pcm: Int16Array): Promise<void> => {
    for (let at = 0; at + 160 <= pcm.length; at += 160, position += 160) {
      person.hear(pcm.subarray(at, at + 160), position, position / 8);
      await silero.flush();
    }
  };
  return { person, say, events, context, requests };
}

const silence = (ms: number): Int16Array => new Int16Array(ms * 8);
/** "One" to the pause after "three", then "nine": from 3.97 s on, as heard in the recording. */
const digits = speech('digits');

describe('StandIn', () => {
  it('writes down each stretch of speech, where it was said, in its order, and tells the bot', async () => {
    // The first answer comes last.
    const first = Promise.withResolvers<string>();
    const { person, say, events, context, requests } = standIn((_, index) =>
      index === 0 ? first.promise : Promise.resolve(` stretch ${index} `),
    );
    await say(digits);
    await say(silence(1000));
    await say(digits);
    await say(silence(1000));
    expect(events).toEqual([]);
    first.resolve('stretch 0');
    await person.end();

    expect(context).toEqual(requests.map((_, index) => `stretch ${index}`));
    const said = events.filter((event) => event.type === 'person.said');
    expect(said.map(({ text }) => text)).toEqual(context);
    expect(context.length).toBeGreaterThanOrEqual(4);
    // The recording's first word begins at 890 ms.
    expect(said[0]?.from).toBeGreaterThan(FROM + 790 * 8);
    expect(said[0]?.from).toBeLessThan(FROM + 990 * 8);
    let before = FROM;
    for (const { from, to } of said) {
      expect(from).toBeGreaterThanOrEqual(before);
      expect(to).toBeGreaterThan(from);
      before = to;
    }
    expect(requests[0]).toMatchObject({ sampleRate: 8000, language: 'en', prompt: 'names' });
  });

  it('hears the words whole: with what was just before and after them', async () => {
    const { person, say, events, requests } = standIn(() => Promise.resolve('words'));
    await say(digits);
    await say(silence(1000));
    await person.end();
    const said = events.find((event) => event.type === 'person.said');
    const whole = digits.slice((said?.from ?? 0) - FROM, (said?.to ?? 0) - FROM);
    expect(requests[0]?.pcm.length).toBe(whole.length + 400 * 8);
    expect(requests[0]?.pcm.slice(1600, 1600 + whole.length)).toEqual(whole);
  });

  it('transcribes on giving back what was said last, pause or none', async () => {
    const { person, say, context, requests } = standIn((_, index) => Promise.resolve(`part ${index}`));
    await say(digits.subarray(0, 1400 * 8));
    expect(requests).toEqual([]);
    await person.end();
    expect(context).toEqual(['part 0']);
  });

  it('cuts a speech without a pause, so that the bot is not in the dark', async () => {
    const { person, say, context, requests } = standIn(() => Promise.resolve('on and on'));
    // Speech that the model takes for one: the recording's words without their pauses.
    const words = speech('jfk').subarray(3300 * 8, 4600 * 8);
    for (let said = 0; said < 40_000; said += 1300) await say(words);
    expect(requests.length).toBeGreaterThanOrEqual(1);
    for (const { pcm } of requests) expect(pcm.length).toBeLessThanOrEqual(30_400 * 8);
    await person.end();
    expect(context.length).toBe(requests.length);
  });

  it('says what was not understood, and keeps the rest', async () => {
    const { person, say, events, context } = standIn((_, index) =>
      index === 0 ? Promise.reject(new SidetoneError('timeout', 'too late')) : Promise.resolve('later words'),
    );
    await say(digits.subarray(0, 1400 * 8));
    await say(silence(1000));
    await say(digits.subarray(0, 1400 * 8));
    await person.end();
    expect(events[0]).toMatchObject({
      type: 'provider.failed',
      stage: 'stt',
      kind: 'timeout',
      retrying: false,
    });
    expect(context).toEqual(['later words']);
  });

  it('tells nothing of noise without words', async () => {
    const { person, say, events, context } = standIn(() => Promise.resolve('  '));
    await say(digits.subarray(0, 1400 * 8));
    await person.end();
    expect([events, context]).toEqual([[], []]);
  });
});
