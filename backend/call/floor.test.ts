import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallEventBody } from '../contract/events.ts';
import type { Party, PartyOrder, SpokenTag } from '../contract/party.ts';
import { loadSilero, speech } from '../vad/fixtures/speech.ts';
import type { SileroBatch } from '../vad/silero.ts';
import { Floor } from './floor.ts';
import { Microphone } from './microphone.ts';
import { StandIn } from './stand-in.ts';

let silero: SileroBatch;
beforeAll(async () => {
  silero = await loadSilero();
});
afterAll(() => silero.release());

const TAG: SpokenTag = { generation: 1, from: 0, to: 5 };
const BOT_SAMPLE = 3000;

/** A bot that always speaks, and notes what it is asked. */
class Talker implements Party {
  readonly orders: PartyOrder[] = [];
  asked = 0;

  hear(): void {
    // Deaf.
  }

  speak(out: Int16Array): SpokenTag {
    this.asked += 1;
    out.fill(BOT_SAMPLE);
    return TAG;
  }

  dtmf(): void {
    // No keys.
  }

  tick(): void {
    // No time.
  }

  order(order: PartyOrder): void {
    this.orders.push(order);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function floorOf(isBot = true) {
  const party = new Talker();
  const events: CallEventBody[] = [];
  const emit = (event: CallEventBody): unknown => events.push(event);
  const microphone = new Microphone(emit);
  const transcript = Promise.withResolvers<string>();
  const heard: Int16Array[] = [];
  const stt = {
    name: 'test',
    transcribe: ({ pcm }: { pcm: Int16Array }) => {
      heard.push(pcm);
      return transcript.promise;
    },
  };
  const floor = new Floor({
    party,
    microphone,
    makeStandIn: isBot
      ? (spokenFor) => new StandIn({ silero, stt, language: 'en', prompt: null, emit, spokenFor })
      : null,
    emit,
  });
  let now = 0;
  /** The person says this meanwhile; returns all that left. */
  const run = async (said: Int16Array): Promise<Int16Array> => {
    const left = new Int16Array(said.length);
    for (let at = 0; at + 160 <= said.length; at += 160, now += 20) {
      microphone.write(said.subarray(at, at + 160), now);
      const out = left.subarray(at, at + 160);
      if (floor.speak(out, now * 8, now + 10) === null && out.some((sample) => sample !== 0))
        throw new Error('silence that is none');
      await silero.flush();
    }
    return left;
  };
  return { floor, party, events, transcript, heard, run, now: () => now };
}

const words = speech('digits').subarray(0, 1440 * 8);
const quiet = new Int16Array(1600);
const holds = (orders: readonly PartyOrder[]): boolean[] =>
  orders.flatMap((order) => (order.type === 'hold' ? [order.on] : []));

describe('Floor', () => {
  it('sends silence while muted, and the bot does not know', async () => {
    const { floor, party, events, run } = floorOf();
    floor.mute(true);
    floor.mute(true);
    expect((await run(quiet)).every((sample) => sample === 0)).toBe(true);
    expect(party.asked).toBe(10);
    expect(party.orders).toEqual([]);
    floor.mute(false);
    expect((await run(quiet)).every((sample) => sample === BOT_SAMPLE)).toBe(true);
    expect(events).toEqual([
      { type: 'call.muted', on: true },
      { type: 'call.muted', on: false },
    ]);
  });

  it('puts the person in the place of the bot, which is held until it knows what was said', async () => {
    const { floor, party, events, transcript, run, now } = floorOf();
    floor.takeOver(true, now());
    const left = await run(words);
    expect(left.includes(BOT_SAMPLE)).toBe(false);
    expect(left.some((sample) => Math.abs(sample) > 1000)).toBe(true);
    floor.takeOver(false, now());
    // Whose turn it is changes at once, what it may say does not.
    expect((await run(quiet)).every((sample) => sample === BOT_SAMPLE)).toBe(true);
    expect(party.orders).toEqual([{ type: 'hold', on: true }]);
    transcript.resolve('one moment');
    await floor.close();
    expect(party.orders.slice(1, 2)).toEqual([{ type: 'spoken_for', text: 'one moment' }]);
    expect(events.map(({ type }) => type)).toEqual(['person.took_over', 'person.took_over', 'person.said']);
  });

  it('lets the bot go when it has been given back, unless the person holds it', async () => {
    const free = floorOf();
    free.floor.takeOver(true, 0);
    free.floor.takeOver(false, 0);
    await expect.poll(() => holds(free.party.orders)).toEqual([true, false]);

    const held = floorOf();
    held.floor.order({ type: 'hold', on: true });
    held.floor.takeOver(true, 0);
    held.floor.takeOver(false, 0);
    await held.floor.close();
    expect(holds(held.party.orders)).toEqual([true]);
  });

  it('keeps the bot held when it is taken over from again before all is transcribed', async () => {
    const { floor, party, transcript, run, now } = floorOf();
    floor.takeOver(true, now());
    await run(words);
    floor.takeOver(false, now());
    floor.takeOver(true, now());
    transcript.resolve('first');
    await expect.poll(() => party.orders.length).toBe(2);
    await run(quiet);
    expect(holds(party.orders)).toEqual([true]);
    floor.order({ type: 'hold', on: false });
    expect(holds(party.orders)).toEqual([true]);
    floor.takeOver(false, now());
    await expect.poll(() => holds(party.orders)).toEqual([true, false]);
  });

  it('writes down nothing that the far end did not hear', async () => {
    const { floor, heard, transcript, run, now } = floorOf();
    transcript.resolve('secret');
    floor.takeOver(true, now());
    floor.mute(true);
    await run(words);
    await floor.close();
    expect(heard).toEqual([]);
  });

  it('refuses what cannot be: no bot to stand in for, or one that would speak over the person', () => {
    expect(() => floorOf(false).floor.takeOver(true, 0)).toThrow('only a bot can be taken over from');
    const { floor, party } = floorOf();
    floor.takeOver(true, 0);
    expect(() => floor.order({ type: 'say', text: 'Hello' })).toThrow('while you speak in its place');
    floor.order({ type: 'whisper', text: 'be brief' });
    expect(party.orders.at(-1)).toEqual({ type: 'whisper', text: 'be brief' });
  });
});
