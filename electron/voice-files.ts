import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { encodeWav, readWav } from '../backend/audio/wav.ts';
import { explain, SidetoneError } from '../backend/base/errors.ts';
import { MAX_VOICE_BYTES, type VoiceCard } from '../backend/contract/window.ts';
import type { SileroBatch } from '../backend/vad/silero.ts';
import { checkVoice, inspectVoice, tooLarge } from '../backend/voices/check.ts';
import { asPhoneHears, shapeOf } from '../backend/voices/preview.ts';
import { errorCode, replaceFile, writeFailure } from './write-file.ts';

const VOICES = 'voices';
/** Removed recordings lie here: nothing of a person's own is ever deleted. */
const REMOVED = path.join(VOICES, '.removed');
const LONGEST_NAME = 60;
/** Windows opens a device for these, whatever comes after the dot. */
const DEVICE_NAME = /^(con|prn|aux|nul|com\d|lpt\d)$/i;

type Checked = Omit<VoiceCard, 'file' | 'name' | 'inUse'>;

/** The reference recordings in one bot's folder: those beside bot.yaml and those in `voices`. */
export class VoiceFiles {
  readonly #dir: string;
  readonly #silero: () => Promise<SileroBatch>;
  /** By file; `stamp` tells whether it is still the one that was checked. */
  readonly #checked = new Map<string, { readonly stamp: string; readonly card: Checked }>();

  constructor(dir: string, silero: () => Promise<SileroBatch>) {
    this.#dir = dir;
    this.#silero = silero;
  }

  /** Every recording with what the check found. `inUse`: ref_audio, which may lie elsewhere or be gone. */
  async cards(inUse: string | null): Promise<VoiceCard[]> {
    const files = await this.#list();
    const used = inUse === null ? null : this.path(inUse);
    if (inUse !== null && !files.some((file) => this.path(file) === used)) files.push(inUse);
    const cards: VoiceCard[] = [];
    for (const file of files) {
      const name = path.basename(file).replace(/\.wav$/i, '');
      cards.push({ file, name, inUse: this.path(file) === used, ...(await this.#card(file)) });
    }
    return cards;
  }

  path(file: string): string {
    return path.resolve(this.#dir, file);
  }

  /**
   * A recording's bytes. Files that are not in the list are refused, wherever they point.
   * @throws SidetoneError
   */
  async read(file: string, inUse: string | null): Promise<Uint8Array> {
    if (file !== inUse && !(await this.#list()).includes(file)) {
      throw new SidetoneError('usage', `this bot has no voice ${file}`, { hint: 'add the recording first' });
    }
    return this.#read(this.path(file));
  }

  /** The recording as the phone hears it, a WAV file. @throws SidetoneError */
  async preview(file: string, inUse: string | null): Promise<Uint8Array> {
    const { pcm, sampleRate } = readWav(await this.read(file, inUse));
    return asPhoneHears(pcm, sampleRate);
  }

  /**
   * Checks and trims a recording and keeps it in `voices`, under a name that was free.
   * @returns its file, relative to the bot's folder
   * @throws SidetoneError
   */
  async add(name: string, bytes: Uint8Array): Promise<{ file: string; wav: Uint8Array }> {
    const { pcm, sampleRate, findings, durationMs } = await checkVoice(bytes, await this.#silero());
    const wav = encodeWav(pcm, sampleRate);
    const place = await this.#reserve(VOICES, safeName(name));
    try {
      await replaceFile(place, wav);
    } catch (error) {
      await rm(place, { force: true });
      throw error;
    }
    const file = path.posix.join(VOICES, path.basename(place));
    const card = { durationMs, sampleRate, findings, shape: shapeOf(pcm) };
    this.#checked.set(file, { stamp: await stampOf(place), card });
    return { file, wav };
  }

  /** Moves a recording out of the list. @returns where it lies now */
  async setAside(file: string): Promise<string> {
    const place = await this.#reserve(REMOVED, path.basename(file).replace(/\.wav$/i, ''));
    await rename(this.path(file), place).catch(async (error: unknown) => {
      await rm(place, { force: true });
      throw writeFailure(this.path(file), error);
    });
    return place;
  }

  async #list(): Promise<string[]> {
    const files: string[] = [];
    for (const folder of ['', VOICES]) {
      const entries = await readdir(path.join(this.#dir, folder), { withFileTypes: true }).catch(() => []);
      for (const entry of entries) {
        if (!/^[^.].*\.wav$/i.test(entry.name) || entry.isDirectory()) continue;
        files.push(path.posix.join(folder, entry.name));
      }
    }
    return files.toSorted((a, b) => a.localeCompare(b));
  }

  async #card(file: string): Promise<Checked> {
    try {
      const stamp = await stampOf(this.path(file));
      const known = this.#checked.get(file);
      if (known?.stamp === stamp) return known.card;
      const bytes = await this.#read(this.path(file));
      const { pcm, sampleRate, findings, durationMs } = await inspectVoice(bytes, await this.#silero());
      const card = { durationMs, sampleRate, findings, shape: shapeOf(pcm) };
      this.#checked.set(file, { stamp, card });
      return card;
    } catch (error) {
      const finding = { check: 'speech', verdict: 'warn', message: explain(error) } as const;
      return { durationMs: 0, sampleRate: 0, findings: [finding], shape: shapeOf(new Int16Array()) };
    }
  }

  async #read(place: string): Promise<Uint8Array> {
    try {
      const { size } = await regular(place);
      if (size > MAX_VOICE_BYTES) throw tooLarge(size);
      return await readFile(place);
    } catch (cause) {
      if (cause instanceof SidetoneError) throw cause;
      const what = errorCode(cause) === 'ENOENT' ? 'there is no such file' : explain(cause);
      throw new SidetoneError('environment', `${place}: ${what}`, { hint: 'choose another voice', cause });
    }
  }

  /** An empty file under a name that nothing had: `name.wav`, `name-2.wav` and so on. */
  async #reserve(folder: string, name: string): Promise<string> {
    const directory = path.join(this.#dir, folder);
    await mkdir(directory, { recursive: true }).catch((error: unknown) => {
      throw writeFailure(directory, error);
    });
    for (let count = 1; ; count += 1) {
      const place = path.join(directory, count === 1 ? `${name}.wav` : `${name}-${count}.wav`);
      try {
        await (await open(place, 'wx')).close();
        return place;
      } catch (error) {
        if (errorCode(error) !== 'EEXIST') throw writeFailure(place, error);
      }
    }
  }
}

/** A file name out of whatever a person calls a voice: no path, no dots, nothing a shell or a system trips over. */
export function safeName(name: string): string {
  const plain = name
    .normalize('NFC')
    .replace(/\.wav$/i, '')
    .replace(/[^\p{L}\p{M}\p{N}_-]+/gu, '-');
  const short = Array.from(plain.replace(/^-+/, '')).slice(0, LONGEST_NAME).join('').replace(/-+$/, '');
  if (short === '') return 'voice';
  return DEVICE_NAME.test(short) ? `voice-${short}` : short;
}

async function stampOf(place: string): Promise<string> {
  const { mtimeMs, size } = await regular(place);
  return `${mtimeMs} ${size}`;
}

/** A pipe would be waited on for ever. */
async function regular(place: string): Promise<{ mtimeMs: number; size: number }> {
  const found = await stat(place);
  if (found.isFile()) return found;
  throw new SidetoneError('usage', `${place} is not a file`, { hint: 'choose a WAV file' });
}
