import { access, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { readWav } from '../backend/audio/wav.ts';
import { CheckedYaml } from '../backend/base/checked-yaml.ts';
import { editYaml, yamlValue, type YamlEdit } from '../backend/base/edit-yaml.ts';
import { explain, SidetoneError } from '../backend/base/errors.ts';
import { readBotSettings, type Environment } from '../backend/bot/folder.ts';
import type { BotFolder } from '../backend/contract/host.ts';
import type { BotEntry, BotView, Request } from '../backend/contract/window.ts';
import type { SileroBatch } from '../backend/vad/silero.ts';
import { VoiceFiles } from './voice-files.ts';
import { errorCode, replaceFile, writeFailure } from './write-file.ts';

type BotValue = Request<'bot.set'>['value'];

const SETTINGS_FILE = 'bot.yaml';
const DEFAULT_PROMPT = 'prompt.md';
const REF_AUDIO = ['voice', 'ref_audio'];
/** The words of the recording: those of the old one would be spoken with the new one. */
const REF_TEXT = ['voice', 'ref_text'];
/** Changes that can be taken back. */
const MOST_STEPS = 100;
const LONGEST_LABEL = 60;

export interface BotFilesMeans {
  /** The voice activity model that recordings are checked with; asked for when there is one to check. */
  readonly silero: () => Promise<SileroBatch>;
  /** Names of the embedded voices that are installed. */
  readonly embeddedVoices: () => Promise<readonly string[]>;
  /** As the host reads bot.yaml with: it may put endpoints in the place of what stands there. */
  readonly env: Environment;
}

interface Step {
  readonly label: string;
  readonly restore: () => Promise<void>;
}

/**
 * One bot's folder as a person edits it from the window. Only files are written: the host watches the folder and
 * takes each change up by itself. Every change is checked first, written in one step, and can be taken back as long
 * as nobody else has changed the same file since. Fails with a SidetoneError and then has changed nothing.
 */
export class BotFiles {
  readonly #dir: string;
  readonly #means: BotFilesMeans;
  readonly #voices: VoiceFiles;
  readonly #steps: Step[] = [];
  /** Changes are made one after the other: each reads what the one before has written. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(dir: string, means: BotFilesMeans) {
    this.#dir = path.resolve(dir);
    this.#means = means;
    this.#voices = new VoiceFiles(this.#dir, means.silero);
  }

  /** `inUse`: the folder as calls use it; `problem`: why the files as they are now cannot be used. */
  async view(inUse: BotFolder, problem: string | null): Promise<BotView> {
    const { settings } = inUse;
    const onDisk = await readText(path.resolve(this.#dir, settings.prompt)).catch(() => null);
    return {
      dir: this.#dir,
      settings,
      prompt: { file: settings.prompt, inUse: inUse.prompt, onDisk },
      voices: await this.#voices.cards(settings.voice.ref_audio),
      embeddedVoices: await this.#means.embeddedVoices(),
      problem,
      undo: this.#steps.at(-1)?.label ?? null,
    };
  }

  /** Writes the prompt's file, also where it was deleted. */
  savePrompt(text: string): Promise<void> {
    return this.#inTurn(async () => {
      const written = yamlValue((await readText(this.#settingsFile)) ?? '', ['prompt']);
      const name = typeof written === 'string' ? written : DEFAULT_PROMPT;
      const file = path.resolve(this.#dir, name);
      if (!isInside(this.#dir, file)) {
        throw new SidetoneError('usage', `the prompt is outside the bot's folder: ${file}`, {
          hint: 'change it there with an editor, or name a file in the folder as `prompt` in bot.yaml',
        });
      }
      await this.#write(file, text, 'prompt');
    });
  }

  /**
   * Writes one key of bot.yaml and leaves its comments and all else as it stands; null removes the key. Another
   * `voice.ref_audio` takes the old `voice.ref_text` with it.
   */
  set(keys: readonly string[], value: BotValue): Promise<void> {
    return this.#inTurn(async () => {
      const text = await readText(this.#settingsFile);
      if (text === null) {
        throw new SidetoneError('usage', `${this.#settingsFile} is gone; calls go on with what they have`, {
          hint: 'put the file back',
        });
      }
      const edits: YamlEdit[] = [{ path: keys, value: value ?? undefined }];
      if (same(keys, REF_AUDIO) && value !== refAudioIn(text)) {
        if (value !== null) readWav(await this.#voices.read(String(value), null));
        edits.push({ path: REF_TEXT, value: undefined });
      }
      new CheckedYaml(SETTINGS_FILE, text).throwIfWrong();
      const edited = editYaml(text, edits);
      readBotSettings(SETTINGS_FILE, edited, this.#means.env);
      await this.#write(this.#settingsFile, edited, labelOf(keys, value));
    });
  }

  /** Checks, trims and keeps a recording. @returns its file, as `set(['voice', 'ref_audio'], file)` takes it */
  addVoice(name: string, bytes: Uint8Array): Promise<string> {
    return this.#inTurn(async () => {
      const { file, wav } = await this.#voices.add(name, bytes);
      this.#done(`voice ${path.basename(file)}`, async () => {
        if (!Buffer.from(await this.#voices.read(file, null)).equals(wav)) throw changedSince(file);
        await this.#setAside(file);
      });
      return file;
    });
  }

  /** Takes a recording out of the list; it is kept aside. */
  removeVoice(file: string): Promise<void> {
    return this.#inTurn(async () => {
      await this.#voices.read(file, null);
      const aside = await this.#setAside(file);
      this.#done(`voice ${path.basename(file)} removed`, async () => {
        const place = this.#voices.path(file);
        if (await exists(place)) throw changedSince(file);
        await rename(aside, place).catch((error: unknown) => {
          throw writeFailure(place, error);
        });
      });
    });
  }

  /** WAV bytes of a voice through 8 kHz and mu-law. */
  async preview(file: string): Promise<Uint8Array> {
    return this.#voices.preview(file, refAudioIn((await readText(this.#settingsFile)) ?? ''));
  }

  /** Takes back the latest change made here. */
  undo(): Promise<void> {
    return this.#inTurn(async () => {
      const step = this.#steps.pop();
      if (!step) throw new SidetoneError('usage', 'there is nothing to undo');
      try {
        await step.restore();
      } catch (error) {
        // A full disk passes. What somebody else has changed stays changed, and the step would be in the way.
        if (error instanceof SidetoneError && error.kind === 'environment') this.#steps.push(step);
        throw error;
      }
    });
  }

  get #settingsFile(): string {
    return path.join(this.#dir, SETTINGS_FILE);
  }

  async #setAside(file: string): Promise<string> {
    const inUse = refAudioIn((await readText(this.#settingsFile)) ?? '');
    if (inUse !== null && this.#voices.path(inUse) === this.#voices.path(file)) {
      throw new SidetoneError('usage', `${file} is the voice in use`, { hint: 'choose another one first' });
    }
    return this.#voices.setAside(file);
  }

  async #write(file: string, text: string, label: string): Promise<void> {
    const before = await readText(file);
    if (before === text) return;
    await replaceFile(file, text);
    this.#done(label, async () => {
      if ((await readText(file)) !== text) throw changedSince(path.relative(this.#dir, file));
      if (before === null) await rm(file);
      else await replaceFile(file, before);
    });
  }

  #done(label: string, restore: () => Promise<void>): void {
    this.#steps.push({ label, restore });
    if (this.#steps.length > MOST_STEPS) this.#steps.shift();
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }
}

/** The bots in a folder: each folder with a bot.yaml. */
export async function listBots(dir: string): Promise<BotEntry[]> {
  const entries = await readdir(dir).catch(() => []);
  const folders = await Promise.all(
    entries.map(async (entry) => {
      const bot = path.resolve(dir, entry);
      return (await exists(path.join(bot, SETTINGS_FILE))) ? [await nameBot(bot)] : [];
    }),
  );
  return folders.flat().toSorted((a, b) => a.name.localeCompare(b.name));
}

/** A bot by the name that stands in its bot.yaml, or its folder's own. */
export async function nameBot(dir: string): Promise<BotEntry> {
  const text = await readText(path.join(dir, SETTINGS_FILE)).catch(() => null);
  const name = text === null ? null : yamlValue(text, ['name']);
  return { dir, name: typeof name === 'string' && name !== '' ? name : path.basename(dir) };
}

/** null: there is no such file. @throws SidetoneError 'environment' */
async function readText(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const code = errorCode(cause);
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw new SidetoneError('environment', `${file} could not be read: ${explain(cause)}`, {
      hint: 'see what it is and who may read it',
      cause,
    });
  }
}

function isInside(dir: string, file: string): boolean {
  const relative = path.relative(dir, file);
  return !path.isAbsolute(relative) && relative.split(path.sep)[0] !== '..';
}

function refAudioIn(yaml: string): string | null {
  const value = yamlValue(yaml, REF_AUDIO);
  return typeof value === 'string' ? value : null;
}

function changedSince(file: string): SidetoneError {
  return new SidetoneError(
    'usage',
    `${file} was changed outside the window since: taking back the earlier change would lose that one`,
    { hint: 'nothing was taken back; change the file as you want it' },
  );
}

function labelOf(keys: readonly string[], value: BotValue): string {
  const key = keys.join('.');
  if (value === null) return `${key} removed`;
  const shown = Array.isArray(value) ? value.join(', ') : String(value);
  return `${key} = ${shown.length > LONGEST_LABEL ? `${shown.slice(0, LONGEST_LABEL)}…` : shown}`;
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((part, index) => part === b[index]);
}

async function exists(place: string): Promise<boolean> {
  return access(place).then(
    () => true,
    () => false,
  );
}
