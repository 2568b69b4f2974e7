import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { voicedRange } from '../backend/audio/voiced.ts';
import { encodeWav } from '../backend/audio/wav.ts';
import { Scope } from '../backend/base/scope.ts';
import { startStub } from '../backend/bench/stubs/stub.ts';
import { CALLER, copyDemoBot, makeBot, speech } from './support/bots.ts';
import { Ears } from './support/ears.ts';
import { Engine, type EventOf } from './support/engine.ts';
import { audioOf } from './support/pcap.ts';
import { Phone } from './support/phone.ts';
import { overlap } from './support/words.ts';

const MOST = 0.7;
const ASKED = 'Which day would suit you?';
const CHANGED = 'The garden behind the house is full of yellow flowers.';

let engine: Engine;
let ears: Ears;
const scope = new Scope();

beforeAll(async () => {
  engine = await Engine.start();
  ears = new Ears();
});

afterAll(async () => {
  await ears[Symbol.asyncDispose]();
  await engine[Symbol.asyncDispose]();
  await scope.close();
});

interface Answer {
  readonly said: EventOf<'bot.said'>;
  readonly pcm: Int16Array;
}

/** Says something and waits until it has been answered; what came back meanwhile, from the first sound to the last. */
async function ask(phone: Phone, call: string, pcm: Int16Array): Promise<Answer> {
  const before = engine.all(call, 'bot.said').length;
  const from = phone.received.length;
  await phone.say(pcm);
  const said = await engine.event(call, 'bot.said', ({ seq }) =>
    engine
      .all(call, 'bot.said')
      .slice(before)
      .some((event) => event.seq === seq),
  );
  const heard = audioOf(phone.received.slice(from));
  const { from: first, to } = voicedRange(heard) ?? { from: 0, to: 0 };
  return { said, pcm: heard.slice(first, to) };
}

/** As editors do it: whoever reads meanwhile has the old file or the new one, whole. */
async function replace(file: string, content: string | Uint8Array): Promise<void> {
  await writeFile(`${file}.new`, content);
  await rename(`${file}.new`, file);
}

async function edit(file: string, change: (text: string) => string): Promise<void> {
  const text = await readFile(file, 'utf8');
  const changed = change(text);
  expect(changed, `nothing was changed in ${file}`).not.toBe(text);
  await replace(file, changed);
}

describe.concurrent('a bot that is changed while it is on the telephone', () => {
  it('answers next with the new prompt, at the new pace, and keeps the old ones after a broken edit', async () => {
    const dir = await copyDemoBot(engine.folder);
    const [yaml, prompt] = [path.join(dir, 'bot.yaml'), path.join(dir, 'prompt.md')];
    await edit(yaml, (text) => text.replace(/^greeting:.*$/m, 'greeting: null'));
    // The same question again and again: the caller never says a day.
    await edit(prompt, (text) => text.replaceAll(/^got: .*$/gm, 'got: [Good.]'));
    const port = await engine.listen(dir);
    await using phone = await Phone.call(port);
    const call = await engine.answered(phone.port);

    const first = await ask(phone, call, speech(CALLER.book));
    expect(first.said.heard).toContain(ASKED);
    expect(overlap(first.said.heard, await ears.hear(first.pcm))).toBeGreaterThanOrEqual(MOST);

    await edit(prompt, (text) => text.replaceAll(/ask:\n +- Which day[^\n]*\n[^\n]*/g, `ask: ${CHANGED}`));
    const prompted = await engine.event(call, 'config.changed');
    const second = await ask(phone, call, speech(CALLER.book));
    expect(second.said.heard).toContain(CHANGED);
    const secondHeard = await ears.hear(second.pcm);
    expect(overlap(second.said.heard, secondHeard), secondHeard).toBeGreaterThanOrEqual(MOST);

    await edit(yaml, (text) => `${text}\nvoice: { speed: 0.6 }\n`);
    const paced = await engine.event(call, 'config.changed', ({ seq }) => seq > prompted.seq);
    expect(paced.hashes.prompt).toBe(prompted.hashes.prompt);
    expect(paced.hashes.settings).not.toBe(prompted.hashes.settings);
    const third = await ask(phone, call, speech(CALLER.book));
    expect(third.said.heard).toBe(second.said.heard);
    expect(third.pcm.length).toBeGreaterThan(second.pcm.length * 1.25);

    await edit(yaml, (text) => `${text}greting: Hi\n`);
    const line = (await readFile(yaml, 'utf8')).split('\n').indexOf('greting: Hi') + 1;
    const rejected = await engine.event(call, 'config.rejected');
    expect(rejected.message).toContain(
      `${yaml}:${line}:1: unknown key \`greting\`, did you mean \`greeting\`?`,
    );
    const fourth = await ask(phone, call, speech(CALLER.book));
    expect(fourth.said.heard).toBe(second.said.heard);
    expect(fourth.pcm.length).toBeGreaterThan(second.pcm.length * 1.25);
    expect(engine.all(call, 'config.changed')).toHaveLength(2);
  });

  it('asks the endpoint for the new voice, the reference recording included', async () => {
    const stub = await startStub({ llmMs: 5, tokenMs: 1, ttsMs: 5, sttMs: 5 }, scope);
    const at = `base_url: '${stub.url}'`;
    const settings = (voice: string): string => `
voice: ${voice}
turn: { completeness: 'off' }
stt: { provider: openai, model: ears, ${at} }
llm: { provider: openai, model: mind, ${at} }
tts: { provider: openai, model: mouth, ${at} }
`;
    const dir = await makeBot(engine.folder, settings('{ name: anna }'));
    await using phone = await Phone.waiting();
    const party = { kind: 'bot', dir } as const;
    const call = await engine.host.place({
      host: '127.0.0.1',
      port: phone.port,
      codec: 'PCMU',
      party,
      maxMs: null,
    });
    const lastVoice = (): unknown[] => {
      const request = stub.requests.findLast(({ stage }) => stage === 'tts');
      return [request?.fields['voice'], request?.fields['ref_text'], typeof request?.fields['ref_audio']];
    };
    await ask(phone, call, speech(CALLER.name));
    expect(lastVoice()).toEqual(['anna', undefined, 'undefined']);

    await replace(path.join(dir, 'ref_audio.wav'), encodeWav(speech(CALLER.book), 8000));
    await replace(path.join(dir, 'bot.yaml'), settings('{ ref_audio: ref_audio.wav, ref_text: Hello. }'));
    const changed = await engine.event(call, 'config.changed');
    expect(changed.hashes.ref_audio).toMatch(/^[0-9a-f]{64}$/);
    await ask(phone, call, speech(CALLER.name));
    expect(lastVoice()).toEqual([undefined, 'Hello.', 'string']);

    await replace(path.join(dir, 'ref_audio.wav'), encodeWav(speech(CALLER.goodbye), 8000));
    const again = await engine.event(call, 'config.changed', ({ seq }) => seq > changed.seq);
    expect(again.hashes).toMatchObject({ settings: changed.hashes.settings, prompt: changed.hashes.prompt });
    expect(again.hashes.ref_audio).not.toBe(changed.hashes.ref_audio);
  });
});
