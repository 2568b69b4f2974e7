import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Scope } from '../backend/base/scope.ts';
import { startStub, type Stub } from '../backend/bench/stubs/stub.ts';
import { CALLER, makeBot, speech } from './support/bots.ts';
import { Ears } from './support/ears.ts';
import { Engine } from './support/engine.ts';
import { audioOf } from './support/pcap.ts';
import { Phone } from './support/phone.ts';
import { overlap } from './support/words.ts';

const MOST = 0.7;
const GREETING =
  'Hello, you have reached the clinic by the harbour. Before we begin, let me tell you at some length who we are, ' +
  'when we are open, where you can leave your car, and what you should bring along when you come to see us.';
const ANSWER = 'Certainly. Which day of the week would you prefer?';

const messages = z.array(z.object({ role: z.string(), content: z.string() }));

/** Ears and voice are the embedded ones; the model is a stub, so that what it was given can be read. */
const bot = (stub: Stub) => `
name: talker
greeting: ${GREETING}
llm: { provider: openai, model: stub, base_url: '${stub.url}' }
`;

describe('a caller who speaks over the bot', () => {
  let engine: Engine;
  let ears: Ears;
  let stub: Stub;
  let port: number;
  const scope = new Scope();

  beforeAll(async () => {
    stub = await startStub({ llmMs: 20, tokenMs: 1, replies: [{ text: ANSWER }] }, scope);
    engine = await Engine.start();
    ears = new Ears();
    port = await engine.listen(await makeBot(engine.folder, bot(stub)));
  }, 60_000);

  afterAll(async () => {
    await ears[Symbol.asyncDispose]();
    await engine[Symbol.asyncDispose]();
    await scope.close();
  });

  it('stops it, is answered, and the model is told only what was heard', async () => {
    await using phone = await Phone.call(port);
    const call = await engine.answered(phone.port);
    await phone.hears();
    await engine.event(call, 'bot.speaking');
    await phone.say(speech(CALLER.book));

    const greeting = await engine.event(call, 'bot.said');
    expect(greeting.interrupted).toBe(true);
    expect(greeting.unheard.length).toBeGreaterThan(20);
    expect(`${greeting.heard} ${greeting.unheard}`.replaceAll(/\s+/g, ' ')).toBe(GREETING);

    const answer = await engine.event(call, 'bot.said', ({ generation }) => generation > greeting.generation);
    expect(answer).toMatchObject({ heard: ANSWER, unheard: '', interrupted: false });

    const asked = stub.requests.findLast(({ stage }) => stage === 'llm');
    const [, cut, caller] = messages.parse(asked?.fields['messages']);
    expect(cut?.role).toBe('assistant');
    expect(cut?.content.startsWith(greeting.heard)).toBe(true);
    expect(cut?.content).not.toContain(greeting.unheard);
    expect(caller?.role).toBe('user');
    expect(overlap(CALLER.book.words, caller?.content ?? ''), caller?.content).toBeGreaterThanOrEqual(MOST);

    // What the phone got back is the greeting as far as it was heard, then the answer.
    const heard = await ears.hear(audioOf(phone.received).slice(-8000 * 12));
    expect(overlap(ANSWER, heard), heard).toBeGreaterThanOrEqual(MOST);
  });

  it.concurrent.each([
    ['a cough', () => Promise.resolve(cough()), null],
    ['a hum of assent', () => ears.say('Uh-huh.'), null],
    ['a word that only says "go on"', () => ears.say('Yeah.'), 'Yeah.'],
  ])('lets it finish after %s', async (_, make, words) => {
    const sound = await make();
    await using phone = await Phone.call(port);
    const call = await engine.answered(phone.port);
    await engine.event(call, 'bot.speaking');
    await phone.hears();
    await phone.say(sound);
    const said = await engine.event(call, 'bot.said', () => true, 60_000);
    expect(said).toMatchObject({ heard: GREETING, unheard: '', interrupted: false });
    expect(engine.all(call, 'llm.started')).toEqual([]);
    // Quieter while it was not clear what this was, and at full level again afterwards.
    expect(engine.all(call, 'bot.resumed')).toHaveLength(engine.all(call, 'bot.ducked').length);
    if (words === null) return;
    // More than once where a busy machine has torn the word in two.
    expect(engine.all(call, 'bot.ducked')).not.toHaveLength(0);
    expect(new Set(engine.all(call, 'stt.final').map(({ text }) => text))).toEqual(new Set([words]));
  });
});

/** 300 ms of noise that rises at once and falls slowly, as a cough does; no recording of one is at hand. */
function cough(): Int16Array {
  let seed = 20_260_101;
  const noise = (): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return seed / 2 ** 31 - 1;
  };
  return Int16Array.from({ length: 2400 }, (_, i) => 12_000 * noise() * Math.exp(-i / 800));
}
