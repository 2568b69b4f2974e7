import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AsyncQueue } from '../base/async-queue.ts';
import { SidetoneError } from '../base/errors.ts';
import { Scope } from '../base/scope.ts';
import type { BotFolder } from '../contract/host.ts';
import { loadBotFolder, watchBotFolder, withDotEnv } from './folder.ts';

const bots = path.join(import.meta.dirname, '..', '..', 'bots');
const anyWav = path.join(bots, 'demo', 'caller', '3-name.wav');
let dir = '';
let scope = new Scope();

beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'sidetone-bot-'));
  scope = new Scope();
});
afterEach(async () => {
  await scope.close();
  await rm(dir, { recursive: true });
});

const write = (name: string, text: string | Uint8Array): Promise<void> =>
  writeFile(path.join(dir, name), text);

async function refusal(environment: Record<string, string> = {}): Promise<string> {
  const error: unknown = await loadBotFolder(dir, environment).catch((thrown: unknown) => thrown);
  if (!(error instanceof SidetoneError)) throw new Error('the folder was accepted');
  expect(error.kind).toBe('usage');
  return error.message.replaceAll(`${dir}${path.sep}`, '');
}

/** Changes in order; each next() waits for one. */
async function watched(): Promise<() => Promise<BotFolder | SidetoneError>> {
  await write('prompt.md', 'one');
  await write('bot.yaml', 'name: a');
  const changes = new AsyncQueue<BotFolder | SidetoneError>();
  watchBotFolder(await loadBotFolder(dir, {}), {}, scope, (change) => changes.push(change));
  const iterator = changes[Symbol.asyncIterator]();
  return async () => {
    const { value } = await iterator.next();
    if (!value) throw new Error('no more changes');
    return value;
  };
}

const promptOf = (change: BotFolder | SidetoneError): string =>
  change instanceof SidetoneError ? `refused: ${change.message}` : change.prompt;

describe('loadBotFolder', () => {
  it.each(['demo', 'receptionist-ru', '../gpu-stack/bot'])('reads bots/%s', async (name) => {
    const folder = await loadBotFolder(path.join(bots, name), {});
    expect(folder.prompt.length).toBeGreaterThan(100);
    expect(folder.hashes.settings).toMatch(/^[0-9a-f]{64}$/);
    expect(folder.hashes.ref_audio).toBeNull();
  });

  it('takes defaults for all that is missing, and the reference voice where it is named', async () => {
    await write('bot.yaml', '');
    await write('prompt.md', 'Be kind.');
    const plain = await loadBotFolder(dir, {});
    expect(plain.settings.llm).toMatchObject({ provider: 'embedded', model: 'rules' });
    await mkdir(path.join(dir, 'voices'));
    const wav = await readFile(anyWav);
    await write('voices/a.wav', wav);
    await write('bot.yaml', 'voice: { ref_audio: voices/a.wav }');
    const cloned = await loadBotFolder(dir, {});
    expect(cloned.referenceWav).toEqual(wav);
    expect(cloned.hashes.prompt).toBe(plain.hashes.prompt);
    expect(cloned.hashes.settings).not.toBe(plain.hashes.settings);
  });

  it('has the same hash when only the writing differs', async () => {
    await write('prompt.md', '');
    await write('bot.yaml', 'name: a\nlanguage: ru');
    const before = await loadBotFolder(dir, {});
    await write('bot.yaml', '# a comment\nlanguage: "ru"\nname: a\n');
    expect((await loadBotFolder(dir, {})).hashes).toEqual(before.hashes);
  });

  it('refuses a folder without bot.yaml', async () => {
    expect(await refusal()).toBe('bot.yaml: there is no such file');
  });

  it('lists all that is wrong with places and what is allowed', async () => {
    await write('prompt.md', '');
    const lines = [
      'name: ""',
      'langage: ru',
      'turn:',
      '  min_silence_ms: 300ms',
      '  completeness: yes',
      'llm: { provider: openai, temprature: 1, base_url: nowhere }',
      'voice:',
      'tools:',
      '  - { name: a b, description: x, url: ftp://x }',
    ];
    await write('bot.yaml', lines.join('\n'));
    const problems = (await refusal()).split('\n');
    expect(problems.map((line) => line.match(/^bot\.yaml:\d+:\d+: \S+ \S+ \S+/)?.[0])).toEqual([
      'bot.yaml:1:1: name: found "",',
      'bot.yaml:2:1: unknown key `langage`,',
      'bot.yaml:4:3: turn.min_silence_ms: found "300ms",',
      'bot.yaml:5:3: turn.completeness: found "yes",',
      'bot.yaml:6:26: llm: unknown key',
      'bot.yaml:6:41: llm.base_url: found "nowhere",',
      'bot.yaml:7:1: voice: found nothing,',
      'bot.yaml:9:7: tools.0.name: found "a',
      'bot.yaml:9:34: tools.0.url: found "ftp://x",',
    ]);
    expect(problems[1]).toContain('did you mean `language`? Allowed here: name, language, greeting, prompt');
    expect(problems[2]).toContain('allowed: a number from 50 to 5000');
    expect(problems[3]).toContain('allowed: auto, off');
    expect(problems[5]).toContain('allowed: an http or https URL');
    expect(problems[6]).toContain('allowed: the keys name, ref_audio, ref_text, speed');
  });

  it('says where YAML is broken', async () => {
    await write('bot.yaml', 'name: a\nturn: {\nname: b\n');
    expect(await refusal()).toMatch(/^bot\.yaml:\d+:\d+: not valid YAML: /);
    await write('bot.yaml', 'name: a\nname: b\n');
    expect(await refusal()).toBe('bot.yaml:2:1: not valid YAML: Map keys must be unique');
  });

  it('checks keys against each other and the files they name, all at once', async () => {
    await write('noise.wav', 'RIFX');
    const lines = [
      'prompt: system.md',
      'voice: { ref_audio: noise.wav }',
      'stt: { provider: openai }',
      'turn: { min_silence_ms: 900, max_silence_ms: 800 }',
      'tools: [{ name: hangup, description: x, url: "http://x" }]',
    ];
    await write('bot.yaml', lines.join('\n'));
    const problems = (await refusal()).split('\n');
    expect(problems).toHaveLength(5);
    expect(problems[0]).toBe('bot.yaml:1:1: prompt: system.md: there is no such file');
    expect(problems[1]).toMatch(/^bot\.yaml:2:10: voice\.ref_audio: noise\.wav: .*WAV/);
    expect(problems[2]).toContain('bot.yaml:3:8: stt.base_url: missing');
    expect(problems[3]).toContain('bot.yaml:4:9: turn.min_silence_ms: found 900');
    expect(problems[4]).toContain('tools.0.name: `hangup` is taken');
  });

  it('takes no URL with a password or a key in it, which a trace would tell', async () => {
    await write('prompt.md', '');
    await write(
      'bot.yaml',
      [
        'stt: { provider: openai, base_url: "http://me:secret@localhost/v1" }',
        'llm: { provider: openai, base_url: "http://localhost/v1?api-key=secret" }',
        'tools: [{ name: a, description: x, url: "http://me:secret@x/" }, { name: b, description: x, url: "http://x?a=b" }]',
      ].join('\n'),
    );
    const message = await refusal();
    expect(message.split('\n').filter((line) => line.startsWith('bot.yaml:'))).toHaveLength(3);
    expect(message).not.toContain('secret');
    const llm = await refusal({ LLM_API_URL: 'http://localhost/v1?key=secret' });
    expect(llm).not.toContain('secret');
  });

  it('checks the rules block where the rules answer, with lines of the prompt', async () => {
    await write('bot.yaml', '');
    await write('prompt.md', 'Hello.\n\n```rules\nintents:\n  a: { when: x, says: y }\n```\n');
    const message = await refusal();
    expect(message).toContain('prompt.md:5:17: intents.a: unknown key `says`, did you mean `say`?');
    await write('bot.yaml', 'llm: { provider: openai, base_url: "http://localhost:1/v1" }');
    expect((await loadBotFolder(dir, {})).prompt).toContain('says');
  });

  it('lets the environment put endpoints in the place of models', async () => {
    await write('prompt.md', '');
    await write('bot.yaml', 'stt: { provider: openai, model: m }');
    const { settings } = await loadBotFolder(dir, { STT_API_URL: 'http://stt:8000/v1/', TTS_API_URL: '' });
    expect(settings.stt).toEqual({ provider: 'openai', model: 'm', base_url: 'http://stt:8000/v1' });
    expect(settings.tts.provider).toBe('embedded');
    expect(await refusal({ LLM_API_URL: 'stt:8000' })).toContain(
      'LLM_API_URL: found "stt:8000", allowed: an http',
    );
  });
});

describe('withDotEnv', () => {
  it('adds what .env says, below what the environment says', async () => {
    expect(await withDotEnv(dir, { A: '1' })).toEqual({ A: '1' });
    await write('.env', 'A=2\nHF_TOKEN="hf x"\n# LLM_API_URL=no\n');
    expect(await withDotEnv(dir, { A: '1' })).toEqual({ A: '1', HF_TOKEN: 'hf x' });
  });
});

describe('watchBotFolder', () => {
  it('reports plain writes and atomic replacements, and nothing where nothing changed', async () => {
    const next = await watched();
    await write('prompt.md', 'two');
    expect(promptOf(await next())).toBe('two');
    await write('prompt.md', 'two');
    await write('unrelated.txt', 'x');
    await write('prompt.md.swp', 'three');
    await rename(path.join(dir, 'prompt.md.swp'), path.join(dir, 'prompt.md'));
    expect(promptOf(await next())).toBe('three');
  });

  it('reports a broken edit once, then the next good one', async () => {
    const next = await watched();
    await write('bot.yaml', 'nam: b');
    expect(promptOf(await next())).toContain('unknown key `nam`, did you mean `name`?');
    await write('bot.yaml', 'name: b');
    const change = await next();
    expect(change instanceof SidetoneError ? null : change.settings.name).toBe('b');
  });

  it('follows a reference voice into a folder that does not exist yet', async () => {
    const next = await watched();
    await write('bot.yaml', 'voice: { ref_audio: voices/a.wav }');
    expect(promptOf(await next())).toContain('there is no such file');
    await mkdir(path.join(dir, 'voices'));
    await write('voices/a.wav', await readFile(anyWav));
    const change = await next();
    expect(change instanceof SidetoneError ? change.message : change.referenceWav?.length).toBeGreaterThan(
      1000,
    );
  });

  it('reports what changed between reading and watching', async () => {
    await write('prompt.md', 'one');
    await write('bot.yaml', '');
    const folder = await loadBotFolder(dir, {});
    await write('prompt.md', 'two');
    const { promise, resolve } = Promise.withResolvers<BotFolder | SidetoneError>();
    watchBotFolder(folder, {}, scope, resolve);
    expect(promptOf(await promise)).toBe('two');
  });
});
