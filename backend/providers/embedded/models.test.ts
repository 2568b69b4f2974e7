import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decode, encode } from '../../audio/g711.ts';
import { rmsDbfs } from '../../audio/level.ts';
import { resample } from '../../audio/resample.ts';
import { readWav } from '../../audio/wav.ts';
import { modelsDirectory } from '../../models/directory.ts';
import { Espeak } from './espeak.ts';
import { Gguf } from './gguf.ts';
import { Moonshine } from './moonshine.ts';
import { Piper } from './piper.ts';
import { SmartTurn } from './smart-turn.ts';

/** The real models on real telephone speech; `npm test` installs them. */

const dir = modelsDirectory();
const LINE_RATE = 8000;
const never = new AbortController().signal;

const recording = (name: string): Int16Array =>
  readWav(readFileSync(new URL(`../../vad/fixtures/${name}.wav`, import.meta.url))).pcm;
const seconds = (pcm: Int16Array, from: number, to: number): Int16Array =>
  pcm.slice(from * LINE_RATE, to * LINE_RATE);

/** As it would come over the line: 8 kHz mu-law. */
function overTheLine(pcm: Int16Array, sampleRate: number): Int16Array {
  const line = resample(pcm, sampleRate, LINE_RATE);
  const wire = new Uint8Array(line.length);
  encode('PCMU', line, wire);
  decode('PCMU', wire, line);
  return line;
}

const jfk = recording('jfk');
const digits = recording('digits');

let moonshine: Moonshine;
let espeak: Espeak;
let piper: Piper;

/** A Piper voice draws random numbers for its melody; with none to draw, it says a sentence the same way each time. */
function installSteadyVoice(modelsDir: string): void {
  cpSync(path.join(dir, 'piper-joe-en', 'voice.json'), path.join(modelsDir, 'steady', 'voice.json'));
  const file = path.join(modelsDir, 'steady', 'voice.json');
  const text = readFileSync(file, 'utf8').replaceAll(/("noise_(?:scale|w)": )[\d.]+/g, '$10');
  writeFileSync(file, text);
  symlinkSync(path.join(dir, 'piper-joe-en', 'voice.onnx'), path.join(modelsDir, 'steady', 'voice.onnx'));
}

const ownModels = mkdtempSync(path.join(os.tmpdir(), 'sidetone-voice-'));

beforeAll(async () => {
  installSteadyVoice(ownModels);
  moonshine = await Moonshine.load(dir, 'moonshine-tiny-en');
  espeak = await Espeak.load(dir);
  piper = await Piper.load(ownModels, 'steady', espeak);
});
afterAll(async () => {
  await moonshine.release();
  await piper.release();
  rmSync(ownModels, { recursive: true });
});

const heard = async (pcm: Int16Array, signal = never): Promise<string> =>
  (await moonshine.transcribe(pcm, LINE_RATE, signal)).toLowerCase();

describe('Moonshine', () => {
  it('hears a speech of 1961', async () => {
    expect(await heard(jfk)).toContain('ask not what your country can do for you');
  });

  it('hears digits cut as a voice activity detector cuts them', async () => {
    expect(await heard(seconds(digits, 0.7, 2.7))).toBe('one zero zero zero one.');
    expect(await heard(seconds(digits, 3.7, 5.05))).toContain('two');
    expect(await heard(seconds(digits, 6.05, 7.7))).toMatch(/^(zero one eight|018)/);
  });

  it('hears answers of one word, which are easily taken for nothing', async () => {
    for (const word of ['Okay', 'Nine', 'Yes', 'Hello']) {
      const { pcm, sampleRate } = await piper.speak(`${word}.`, 1);
      expect(await heard(overTheLine(pcm, sampleRate))).toContain(word.toLowerCase());
    }
  });

  it('hears no words in silence, noise and a hum', async () => {
    let seed = 1;
    const noise = (): number => ((seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31 - 0.5) * 2;
    expect(await heard(new Int16Array(LINE_RATE))).toBe('');
    expect(await heard(Int16Array.from({ length: 12_000 }, () => 300 * noise()))).toBe('');
    const cough = (i: number): number => (i < 1000 ? 0 : 9000 * noise() * Math.exp((1000 - i) / 600));
    expect(await heard(Int16Array.from({ length: 8000 }, (_, i) => cough(i)))).toBe('');
    expect(await heard(Int16Array.from({ length: 8000 }, (_, i) => 3000 * Math.sin(i * 0.1)))).toBe('');
  });

  it('stops between two steps', async () => {
    const abort = new AbortController();
    const whole = moonshine.transcribe(jfk, LINE_RATE, abort.signal);
    setImmediate(() => setImmediate(() => abort.abort()));
    await expect(whole).rejects.toMatchObject({ kind: 'cancelled' });
  });

  it('says what to run when it is not installed', async () => {
    await expect(Moonshine.load('/nowhere', 'moonshine-tiny-en')).rejects.toMatchObject({
      kind: 'environment',
      hint: 'run: npm run -s sidetone -- models pull moonshine-tiny-en',
    });
  });
});

describe('Piper', () => {
  it('says what is written, as another model hears it', async () => {
    const text = 'We are open from Monday to Friday, and a cleaning costs seventy pounds.';
    const { pcm, sampleRate } = await piper.speak(text, 1);
    expect(sampleRate).toBe(22_050);
    const said = await heard(overTheLine(pcm, sampleRate));
    for (const word of ['open', 'monday', 'friday', 'cleaning', 'costs', 'pounds'])
      expect(said).toContain(word);
  });

  it('speaks faster when asked to', async () => {
    const text = 'Please hold the line while I check the calendar.';
    const [slow, fast] = [await piper.speak(text, 0.8), await piper.speak(text, 1.25)];
    expect(fast.pcm.length / slow.pcm.length).toBeGreaterThan(0.5);
    expect(fast.pcm.length / slow.pcm.length).toBeLessThan(0.8);
  });

  it('has a sentence said before at hand', async () => {
    const first = await piper.speak('One moment, please.', 1);
    expect((await piper.speak('One moment, please.', 1)).pcm).toBe(first.pcm);
    expect((await piper.speak('One moment, please.', 1.1)).pcm).not.toBe(first.pcm);
  });
});

describe('Espeak', () => {
  it('speaks Russian', () => {
    const { pcm, sampleRate } = espeak.speak('Здравствуйте, чем я могу вам помочь?', 'ru', 1);
    const length = pcm.length / sampleRate;
    expect(length).toBeGreaterThan(1.2);
    expect(length).toBeLessThan(4);
    expect(rmsDbfs(pcm)).toBeGreaterThan(-35);
  });

  it('is understood in English', async () => {
    const { pcm, sampleRate } = espeak.speak('Hello, how can I help you?', 'en', 1);
    expect(await heard(overTheLine(pcm, sampleRate))).toContain('hello');
  });

  it('knows letters and numbers of both languages', () => {
    expect(espeak.phonemes('Hello world', 'en-us')).toBe('həlˈoʊ wˈɜːld');
    expect(espeak.phonemes('ten', 'en-us')).toBe(espeak.phonemes('10', 'en-us'));
    expect(espeak.phonemes('пять', 'ru')).toBe(espeak.phonemes('5', 'ru'));
  });

  it('says which language it does not speak', () => {
    expect(() => espeak.speak('Hello', 'xx', 1)).toThrow("no voice for the language 'xx'");
    expect(espeak.speak('Hello', 'en-GB', 1).pcm.length).toBeGreaterThan(0);
  });
});

describe('SmartTurn', () => {
  it('tells a finished utterance from one broken off', async () => {
    const smartTurn = await SmartTurn.load(dir, 'smart-turn-v3');
    const finished = await smartTurn.judge(seconds(jfk, 3, 10.9), LINE_RATE);
    const brokenOff = await smartTurn.judge(seconds(jfk, 0, 4.5), LINE_RATE);
    expect(finished).toBeGreaterThan(0.6);
    expect(brokenOff).toBeLessThan(0.2);
    await smartTurn.release();
  });
});

describe('Gguf', () => {
  it('answers in pieces, from the history it is given, and stops when told to', async () => {
    const model = await Gguf.load(dir, 'smollm2-135m');
    const history = [
      { role: 'system', content: 'You answer with one short word.' },
      { role: 'user', content: 'What is the capital of Germany?' },
      { role: 'assistant', content: 'Berlin.' },
      { role: 'user', content: 'What is the capital of France?' },
    ] as const;
    const options = { temperature: 0, maxTokens: 8, signal: never };
    const pieces: string[] = [];
    await model.reply(history, options, (text) => pieces.push(text));
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.join('')).toContain('Paris');

    const abort = new AbortController();
    let tokens = 0;
    const story = [{ role: 'user', content: 'Tell me a very long story.' }] as const;
    const telling = model.reply(story, { ...options, maxTokens: 500, signal: abort.signal }, () => {
      tokens += 1;
      if (tokens === 5) abort.abort();
    });
    await expect(telling).rejects.toMatchObject({ kind: 'cancelled' });
    expect(tokens).toBeLessThan(20);
    await model.release();
  });
});
