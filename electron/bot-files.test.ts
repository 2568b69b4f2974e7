import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { encodeWav, readWav } from '../backend/audio/wav.ts';
import { SidetoneError } from '../backend/base/errors.ts';
import { loadBotFolder } from '../backend/bot/folder.ts';
import type { BotView, VoiceCard } from '../backend/contract/window.ts';
import { loadSilero, speech } from '../backend/vad/fixtures/speech.ts';
import type { SileroBatch } from '../backend/vad/silero.ts';
import { BotFiles, listBots } from './bot-files.ts';

const bots = path.join(import.meta.dirname, '../bots');
const YAML = `# mine
name: anna
turn: { max_silence_ms: 900 } # quick
voice:
  ref_audio: ref_audio.wav
  ref_text: One two three.
`;
/** 2 s of silence before English speech. */
const recording = encodeWav(Int16Array.from([...new Int16Array(16_000), ...speech('digits')]), 8000);
const plain = encodeWav(speech('russian'), 8000);

let silero: SileroBatch;
let dir = '';
let files: BotFiles;

beforeAll(async () => {
  silero = await loadSilero();
});
afterAll(() => silero.release());
beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'sidetone-files-'));
  await writeFile(file('bot.yaml'), YAML);
  await writeFile(file('prompt.md'), 'Be kind.');
  await writeFile(file('ref_audio.wav'), plain);
  files = open();
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const file = (name: string): string => path.join(dir, name);
const text = (name: string): Promise<string> => readFile(file(name), 'utf8');
const open = (): BotFiles =>
  new BotFiles(dir, {
    silero: () => Promise.resolve(silero),
    embeddedVoices: () => Promise.resolve(['piper-joe-en']),
    env: {},
  });

async function view(): Promise<BotView> {
  return files.view(await loadBotFolder(dir, {}), null);
}

async function card(name: string): Promise<VoiceCard> {
  const found = (await view()).voices.find((voice) => voice.file === name);
  if (!found) throw new Error(`there is no card of ${name}`);
  return found;
}

async function refusal(work: Promise<unknown>): Promise<SidetoneError> {
  const error: unknown = await work.catch((thrown: unknown) => thrown);
  if (error instanceof SidetoneError) return error;
  throw new Error('it was not refused', { cause: error });
}

/** Every file of the folder with its content. */
async function snapshot(): Promise<Map<string, string>> {
  const contents = new Map<string, string>();
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
    const place = path.join(entry.parentPath, entry.name);
    if (entry.isFile()) contents.set(path.relative(dir, place), await readFile(place, 'base64'));
  }
  return contents;
}

describe('the prompt', () => {
  it('is saved and taken back', async () => {
    await files.savePrompt('Be brief.');
    expect(await text('prompt.md')).toBe('Be brief.');
    expect(await view()).toMatchObject({ prompt: { onDisk: 'Be brief.' }, undo: 'prompt' });
    await files.undo();
    expect(await text('prompt.md')).toBe('Be kind.');
    expect((await view()).undo).toBeNull();
    expect((await refusal(files.undo())).message).toContain('nothing to undo');
  });

  it('is written again where it was deleted', async () => {
    const inUse = await loadBotFolder(dir, {});
    await rm(file('prompt.md'));
    const gone = await files.view(inUse, 'prompt.md: there is no such file');
    expect(gone.prompt).toEqual({ file: 'prompt.md', inUse: 'Be kind.', onDisk: null });
    await files.savePrompt('Be kind again.');
    expect(await text('prompt.md')).toBe('Be kind again.');
    await files.undo();
    expect((await files.view(inUse, null)).prompt.onDisk).toBeNull();
  });

  it('goes to the file that bot.yaml names, but never outside the folder', async () => {
    await files.set(['prompt'], 'system.txt');
    await files.savePrompt('Be short.');
    expect(await text('system.txt')).toBe('Be short.');
    await files.set(['prompt'], '../elsewhere.md');
    expect((await refusal(files.savePrompt('x'))).message).toContain("outside the bot's folder");
    expect(await readdir(path.dirname(dir))).not.toContain('elsewhere.md');
  });

  it('is no step when nothing has changed', async () => {
    await files.savePrompt('Be kind.');
    expect((await view()).undo).toBeNull();
  });
});

describe('bot.yaml', () => {
  it('has one key changed, its comments kept, and is taken back to the byte', async () => {
    await files.set(['turn', 'min_silence_ms'], 400);
    expect(await text('bot.yaml')).toBe(YAML.replace(' } # quick', ', min_silence_ms: 400 } # quick'));
    expect(await view()).toMatchObject({
      settings: { turn: { min_silence_ms: 400, max_silence_ms: 900 } },
      undo: 'turn.min_silence_ms = 400',
    });
    await files.set(['turn', 'min_silence_ms'], null);
    expect((await view()).undo).toBe('turn.min_silence_ms removed');
    await files.undo();
    await files.undo();
    expect(await text('bot.yaml')).toBe(YAML);
  });

  it.each([
    [['turn', 'min_silence_ms'], 6000, 'turn.min_silence_ms: found 6000, allowed: a number from 50 to 5000'],
    [['turn', 'min_silence_ms'], 1000, 'turn.min_silence_ms: found 1000, allowed: at most max_silence_ms'],
    [['turn', 'completeness'], 'maybe', 'turn.completeness: found "maybe", allowed: auto, off'],
    [['langage'], 'ru', 'unknown key `langage`, did you mean `language`?'],
    [['llm', 'provider'], 'openai', 'llm.base_url: missing'],
    [['name'], '', 'name: found ""'],
    [['voice', 'ref_audio'], 'voices/nobody.wav', 'this bot has no voice voices/nobody.wav'],
  ] as const)('refuses %j = %j before it is written', async (keys, value, message) => {
    const error = await refusal(files.set(keys, value));
    expect(error.kind).toBe('usage');
    expect(error.message).toContain(message);
    expect(await text('bot.yaml')).toBe(YAML);
    expect((await view()).undo).toBeNull();
  });

  it('is left alone while somebody has broken it, or it is gone', async () => {
    await writeFile(file('bot.yaml'), 'turn: {\nname: b\n');
    expect((await refusal(files.set(['name'], 'c'))).message).toMatch(/^bot\.yaml:\d+:\d+: not valid YAML/);
    expect(await text('bot.yaml')).toBe('turn: {\nname: b\n');
    await rm(file('bot.yaml'));
    expect((await refusal(files.set(['name'], 'c'))).message).toContain('is gone');
  });

  it('takes several changes at once, one after the other', async () => {
    await Promise.all([
      files.set(['name'], 'b'),
      files.set(['language'], 'ru'),
      files.set(['greeting'], 'Hi'),
    ]);
    expect((await view()).settings).toMatchObject({ name: 'b', language: 'ru', greeting: 'Hi' });
  });
});

describe('voices', () => {
  it('are added trimmed and checked, used, and all of it is taken back', async () => {
    const before = await snapshot();
    const added = await files.addVoice('Anna (studio).wav', recording);
    expect(added).toBe('voices/Anna-studio.wav');
    const { pcm, sampleRate } = readWav(await readFile(file(added)));
    expect(sampleRate).toBe(8000);
    expect(pcm.length).toBeLessThan(speech('digits').length);
    const fresh = await card(added);
    expect(fresh).toMatchObject({ name: 'Anna-studio', inUse: false, sampleRate: 8000 });
    expect(fresh.durationMs).toBeCloseTo(pcm.length / 8);
    expect(fresh.findings.map(({ check }) => check)).toEqual([
      'length',
      'speech',
      'clipping',
      'noise',
      'trimmed',
    ]);
    expect(fresh.shape).toHaveLength(120);
    expect((await view()).undo).toBe('voice Anna-studio.wav');

    await files.set(['voice', 'ref_audio'], added);
    const used = await view();
    expect(used.settings.voice).toMatchObject({ ref_audio: added, ref_text: null });
    expect(used.voices.filter(({ inUse }) => inUse).map(({ file }) => file)).toEqual([added]);
    expect(used.undo).toBe('voice.ref_audio = voices/Anna-studio.wav');
    await files.undo();
    expect(await text('bot.yaml')).toBe(YAML);
    await files.undo();
    expect((await view()).voices.map(({ file }) => file)).toEqual(['ref_audio.wav']);
    expect(await readFile(file('voices/.removed/Anna-studio.wav'))).toBeInstanceOf(Buffer);
    await rm(file('voices'), { recursive: true });
    expect(await snapshot()).toEqual(before);
  });

  it('never overwrite one another', async () => {
    const names = await Promise.all([1, 2, 3].map(() => files.addVoice('anna', recording)));
    expect(names).toEqual(['voices/anna.wav', 'voices/anna-2.wav', 'voices/anna-3.wav']);
  });

  it.each([
    ['../../bot.yaml', 'voices/bot-yaml.wav'],
    ['/etc/passwd', 'voices/etc-passwd.wav'],
    ['C:\\Windows\\x.WAV', 'voices/C-Windows-x.wav'],
    ['..', 'voices/voice.wav'],
    ['a\0b\nc', 'voices/a-b-c.wav'],
    ['.hidden', 'voices/hidden.wav'],
    ['con', 'voices/voice-con.wav'],
    ['Анна Ёж', 'voices/Анна-Ёж.wav'],
    ['x'.repeat(500), `voices/${'x'.repeat(60)}.wav`],
  ])('get a name without a way out: %j', async (name, expected) => {
    expect(await files.addVoice(name, recording)).toBe(expected);
    expect([...(await snapshot()).keys()].toSorted()).toEqual(
      ['bot.yaml', 'prompt.md', 'ref_audio.wav', path.normalize(expected)].toSorted(),
    );
  });

  it.each([
    ['an MP3', Buffer.from('ID3\x04not audio'), 'an MP3 file'],
    ['nothing', new Uint8Array(), 'empty'],
    ['half a header', recording.subarray(0, 20), 'WAV file'],
    ['silence', encodeWav(new Int16Array(40_000), 8000), 'no speech'],
  ])('are not made of %s', async (_, bytes, message) => {
    const before = await snapshot();
    expect((await refusal(files.addVoice('anna', bytes))).message).toContain(message);
    expect(await snapshot()).toEqual(before);
  });

  it('are removed and come back', async () => {
    const added = await files.addVoice('anna', recording);
    const before = await snapshot();
    await files.removeVoice(added);
    expect(await view()).toMatchObject({
      voices: [{ file: 'ref_audio.wav' }],
      undo: 'voice anna.wav removed',
    });
    await files.undo();
    expect(await snapshot()).toEqual(before);
    const { message, hint } = await refusal(files.removeVoice('ref_audio.wav'));
    expect(message).toBe('ref_audio.wav is the voice in use');
    expect(hint).toContain('another one first');
  });

  it.each(['../secret.wav', '/etc/passwd', 'voices/../../secret.wav', 'bot.yaml', 'voices/.removed/a.wav'])(
    'do not reach %s',
    async (name) => {
      for (const work of [files.preview(name), files.removeVoice(name)]) {
        expect((await refusal(work)).message).toContain('this bot has no voice');
      }
    },
  );

  it('are heard as on the phone', async () => {
    const heard = readWav(await files.preview('ref_audio.wav'));
    expect(heard.sampleRate).toBe(8000);
    // The recording came over a telephone: mu-law once more changes nothing.
    expect(heard.pcm).toEqual(speech('russian'));
  });

  it('that are broken say so on their card, unread when they are huge', async () => {
    await mkdir(file('voices'));
    await writeFile(file('voices/song.wav'), 'ID3\x04not audio');
    await writeFile(file('voices/huge.wav'), '');
    await truncate(file('voices/huge.wav'), 2 ** 31);
    expect(await card('voices/song.wav')).toMatchObject({
      durationMs: 0,
      findings: [{ verdict: 'warn', message: expect.stringContaining('an MP3 file') }],
    });
    expect((await card('voices/huge.wav')).findings).toMatchObject([
      { message: expect.stringContaining('2048 MB, allowed: 64 MB') },
    ]);
    expect((await refusal(files.set(['voice', 'ref_audio'], 'voices/song.wav'))).message).toContain('MP3');
    expect((await refusal(files.preview('voices/huge.wav'))).message).toContain('2048 MB');
  });

  it('replaced in an editor are checked anew', async () => {
    const { durationMs } = await card('ref_audio.wav');
    await writeFile(file('ref_audio.wav'), recording);
    expect((await card('ref_audio.wav')).durationMs).toBeGreaterThan(durationMs);
  });
});

describe('undo', () => {
  it('does not lose what somebody else has written since', async () => {
    await files.set(['name'], 'b');
    await files.savePrompt('Be brief.');
    const added = await files.addVoice('anna', recording);
    await writeFile(file(added), plain);
    await writeFile(file('prompt.md'), 'Written in an editor.');
    await writeFile(file('bot.yaml'), 'name: editor\n');
    const before = await snapshot();
    for (const changed of [added, 'prompt.md', 'bot.yaml']) {
      expect((await refusal(files.undo())).message).toContain(`${changed} was changed outside the window`);
    }
    expect(await snapshot()).toEqual(before);
    expect((await view()).undo).toBeNull();
  });

  it('brings no recording back over another', async () => {
    const added = await files.addVoice('anna', recording);
    await files.removeVoice(added);
    await writeFile(file(added), plain);
    expect((await refusal(files.undo())).message).toContain('changed outside');
    expect(await readFile(file(added))).toEqual(Buffer.from(plain));
  });
});

describe('a folder that cannot be written', () => {
  it('is named with what it means and what to do, and the step is still there', async () => {
    await files.savePrompt('Be brief.');
    await rm(file('prompt.md'));
    await mkdir(file('prompt.md'));
    const error = await refusal(files.savePrompt('Be short.'));
    expect(error.kind).toBe('environment');
    expect(error.message).toContain('prompt.md');
    await writeFile(file('voices'), 'a file of that name');
    const noFolder = await refusal(files.addVoice('anna', recording));
    expect(noFolder.message).toContain('there is a file of that name. Nothing has changed, calls go on');
    await refusal(files.undo());
    expect((await files.view(await loadBotFolder(path.join(bots, 'demo'), {}), null)).undo).toBe('prompt');
  });

  // Root may write anywhere.
  it.skipIf(process.getuid?.() === 0)('is left without a trace', async () => {
    await chmod(dir, 0o555);
    const before = await snapshot();
    const error = await refusal(files.savePrompt('x'));
    await chmod(dir, 0o755);
    expect(error.message).toContain('you may not write there');
    expect(await snapshot()).toEqual(before);
  });
});

describe('listBots', () => {
  it('names each folder with a bot.yaml', async () => {
    expect((await listBots(bots)).map(({ dir, name }) => [path.basename(dir), name])).toEqual([
      ['demo', 'harbor-dental'],
      ['receptionist-ru', 'receptionist-ru'],
    ]);
    await cp(path.join(bots, 'demo'), file('inner/copy'), { recursive: true });
    await mkdir(file('inner/broken'));
    await writeFile(file('inner/broken/bot.yaml'), 'nam: {');
    expect((await listBots(file('inner'))).map(({ name }) => name)).toEqual(['broken', 'harbor-dental']);
    expect(await listBots(file('nowhere'))).toEqual([]);
  });
});
