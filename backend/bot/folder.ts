import { createHash } from 'node:crypto';
import { watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseEnv } from 'node:util';
import { z } from 'zod';
import { readWav } from '../audio/wav.ts';
import { CheckedYaml } from '../base/checked-yaml.ts';
import { SidetoneError, explain } from '../base/errors.ts';
import type { Scope } from '../base/scope.ts';
import type { ConfigHashes } from '../contract/events.ts';
import type { BotFolder } from '../contract/host.ts';
import { botSettings, type BotSettings } from '../contract/settings.ts';
import { parseRules } from '../providers/llm/rules/block.ts';

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

const SETTINGS_FILE = 'bot.yaml';
const BUILT_IN_TOOLS = ['hangup', 'transfer', 'send_dtmf'];
/** Editors write a file in several steps. */
const SETTLE_MS = 100;

/** `environment`, with what the `.env` file in `dir` adds to it. */
export async function withDotEnv(dir: string, environment: Environment): Promise<Environment> {
  const text = await readFile(path.join(dir, '.env'), 'utf8').catch(() => '');
  return { ...parseEnv(text), ...environment };
}

/**
 * Reads and checks a bot's folder. `LLM_API_URL`, `STT_API_URL` and `TTS_API_URL` in `environment` put an
 * OpenAI-shaped endpoint in the place of what bot.yaml names.
 *
 * @throws SidetoneError 'usage' that lists everything that is wrong, each with file, line, column and what is allowed.
 */
export async function loadBotFolder(dir: string, environment: Environment): Promise<BotFolder> {
  return load(dir, environment, () => undefined);
}

/**
 * Reads and checks the text of a bot.yaml alone, without the files it names.
 * @throws SidetoneError 'usage' as loadBotFolder does
 */
export function readBotSettings(file: string, text: string, environment: Environment): BotSettings {
  const { settings, yaml } = settingsIn(file, text, environment);
  yaml.throwIfWrong();
  return settings;
}

/**
 * Reports each change of `folder` once it is whole: the folder as it is now, or why it cannot be used (the old one
 * then stays). Edits that change nothing are not reported.
 */
export function watchBotFolder(
  folder: BotFolder,
  environment: Environment,
  scope: Scope,
  onChange: (change: BotFolder | SidetoneError) => void,
): void {
  const watcher = new FolderWatcher(folder, environment, scope, onChange);
  watcher.start();
}

/** `using` is told of each file before it is read, so that a missing one can be waited for. */
async function load(
  dir: string,
  environment: Environment,
  using: (file: string) => void,
): Promise<BotFolder> {
  const file = path.join(dir, SETTINGS_FILE);
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new SidetoneError('usage', `${file}: ${reasonOf(error)}`, {
      hint: `a bot is a folder with a ${SETTINGS_FILE}; bots/ has examples, docs/bot-yaml.md all keys`,
      cause: error,
    });
  });
  const { settings, yaml } = settingsIn(file, text, environment);

  const promptFile = path.resolve(dir, settings.prompt);
  using(promptFile);
  const prompt = await readOr(promptFile, (reason) =>
    yaml.complain(['prompt'], `prompt: ${promptFile}: ${reason}`),
  );
  const reference = settings.voice.ref_audio === null ? null : path.resolve(dir, settings.voice.ref_audio);
  if (reference !== null) using(reference);
  const complain = (reason: string): void =>
    yaml.complain(['voice', 'ref_audio'], `voice.ref_audio: ${reference}: ${reason}`);
  const referenceWav = reference === null ? null : await readOr(reference, complain);
  if (referenceWav) {
    try {
      readWav(referenceWav);
    } catch (error) {
      complain(explain(error));
    }
  }
  yaml.throwIfWrong();
  const promptText = prompt?.toString('utf8') ?? '';
  if (settings.llm.provider === 'embedded' && settings.llm.model === 'rules')
    parseRules(promptText, promptFile);

  const hashes: ConfigHashes = {
    settings: sha256(JSON.stringify(settings)),
    prompt: sha256(promptText),
    ref_audio: referenceWav ? sha256(referenceWav) : null,
  };
  return { dir, settings, prompt: promptText, referenceWav, hashes, keys: keysFor(settings, environment) };
}

/** Complaints about the keys together are left in `yaml`, for those about the files to join them. */
function settingsIn(
  file: string,
  text: string,
  environment: Environment,
): { settings: BotSettings; yaml: CheckedYaml } {
  const yaml = new CheckedYaml(file, text);
  const written = yaml.read(botSettings);
  if (!written) {
    yaml.throwIfWrong();
    throw new SidetoneError('internal', `${file}: refused without a reason`);
  }
  const settings = overridden(written, environment);
  checkTogether(settings, yaml);
  return { settings, yaml };
}

function keysFor(settings: BotSettings, environment: Environment): Record<string, string> {
  const keys: Record<string, string> = {};
  for (const { api_key_env: name } of [settings.stt, settings.llm, settings.tts]) {
    const value = name === undefined ? undefined : environment[name];
    if (name !== undefined && value !== undefined) keys[name] = value;
  }
  return keys;
}

/** What one key's own schema cannot say. */
function checkTogether(settings: BotSettings, yaml: CheckedYaml): void {
  for (const stage of ['stt', 'llm', 'tts'] as const) {
    const { provider, base_url } = settings[stage];
    if (base_url !== undefined && !isPlain(base_url)) {
      const hint = 'name the environment variable that holds the key as `api_key_env`';
      yaml.complain(
        [stage, 'base_url'],
        `${stage}.base_url: found a user name, password or query in it, allowed: scheme, host and path; ${hint}`,
      );
    }
    if (provider !== 'openai' || base_url !== undefined) continue;
    const hint = `${stage}.base_url: missing, \`provider: openai\` needs it, as http://localhost:8000/v1`;
    yaml.complain([stage, 'provider'], `${hint}, or ${stage.toUpperCase()}_API_URL in the environment`);
  }
  const { min_silence_ms, max_silence_ms } = settings.turn;
  if (min_silence_ms > max_silence_ms) {
    const message = `turn.min_silence_ms: found ${min_silence_ms}, allowed: at most max_silence_ms (${max_silence_ms})`;
    yaml.complain(['turn', 'min_silence_ms'], message);
  }
  const names = new Set(BUILT_IN_TOOLS);
  for (const [index, { name, url }] of settings.tools.entries()) {
    if (hasCredentials(url)) {
      const message = `tools.${index}.url: found a user name or password in it, which HTTP clients refuse`;
      yaml.complain(['tools', index, 'url'], message);
    }
    if (names.has(name))
      yaml.complain(['tools', index, 'name'], `tools.${index}.name: \`${name}\` is taken already`);
    names.add(name);
  }
}

/** What more there is may be a key, and stands in messages and traces. It could not be called, either. */
function isPlain(url: string): boolean {
  return !hasCredentials(url) && new URL(url).search === '';
}

function hasCredentials(url: string): boolean {
  const { username, password } = new URL(url);
  return username !== '' || password !== '';
}

function overridden(settings: BotSettings, environment: Environment): BotSettings {
  return {
    ...settings,
    stt: { ...settings.stt, ...endpointFrom('STT_API_URL', environment) },
    llm: { ...settings.llm, ...endpointFrom('LLM_API_URL', environment) },
    tts: { ...settings.tts, ...endpointFrom('TTS_API_URL', environment) },
  };
}

function endpointFrom(
  name: string,
  environment: Environment,
): { provider: 'openai'; base_url: string } | null {
  const value = environment[name]?.trim();
  if (value === undefined || value === '') return null;
  if (!z.url({ protocol: /^https?$/ }).safeParse(value).success) {
    const hint = 'an http or https URL up to and including /v1, as http://localhost:8000/v1';
    throw new SidetoneError('usage', `environment variable ${name}: found "${value}", allowed: ${hint}`);
  }
  return { provider: 'openai', base_url: value.replace(/\/+$/, '') };
}

async function readOr(file: string, complain: (reason: string) => void): Promise<Buffer | null> {
  try {
    return await readFile(file);
  } catch (error) {
    complain(reasonOf(error));
    return null;
  }
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'there is no such file';
  return code === 'EISDIR' ? 'this is a directory' : explain(error);
}

function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

class FolderWatcher {
  readonly #dir: string;
  readonly #environment: Environment;
  readonly #scope: Scope;
  readonly #onChange: (change: BotFolder | SidetoneError) => void;
  readonly #watched = new Set<string>();
  /** Hashes of the folder, and message of the error, that were reported last. */
  #known: string;
  #rejected: string | null = null;
  #forgetTimer: () => void = () => undefined;
  /** Something changed, and it is not yet long enough ago. */
  #unsettled = false;
  #reading: Promise<void> = Promise.resolve();

  constructor(
    folder: BotFolder,
    environment: Environment,
    scope: Scope,
    onChange: (change: BotFolder | SidetoneError) => void,
  ) {
    this.#dir = folder.dir;
    this.#environment = environment;
    this.#scope = scope;
    this.#onChange = onChange;
    this.#known = JSON.stringify(folder.hashes);
  }

  start(): void {
    this.#watch(this.#dir);
    // What changed since the folder was read, and which other directories its files are in.
    this.#schedule();
  }

  /** Watches a directory and not its files: editors replace a file by renaming another to its name. */
  #watch(directory: string): void {
    if (this.#watched.has(directory)) return;
    this.#watched.add(directory);
    try {
      const watcher = watch(directory, () => this.#schedule());
      watcher.on('error', (error) => this.#cannotWatch(directory, error));
      this.#scope.defer(() => watcher.close());
    } catch (error) {
      this.#watched.delete(directory);
      this.#cannotWatch(directory, error);
    }
  }

  #cannotWatch(directory: string, cause: unknown): void {
    // A directory that does not exist yet is watched once it does: that shows in its parent.
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return;
    const hint = 'changes there are seen after a restart only';
    this.#onChange(
      new SidetoneError('environment', `${directory} cannot be watched: ${explain(cause)}`, { hint, cause }),
    );
  }

  #schedule(): void {
    this.#forgetTimer();
    if (this.#scope.closed) return;
    this.#unsettled = true;
    this.#forgetTimer = this.#scope.after(SETTLE_MS, () => {
      this.#unsettled = false;
      this.#reading = this.#reading.then(() => this.#read());
    });
  }

  async #read(): Promise<void> {
    const outcome = await load(this.#dir, this.#environment, (file) => this.#watch(path.dirname(file))).catch(
      (error: unknown) =>
        error instanceof SidetoneError
          ? error
          : new SidetoneError('internal', explain(error), { cause: error }),
    );
    // Written to while it was read, it may have been read half: it is read again.
    if (this.#scope.closed || this.#unsettled) return;
    if (outcome instanceof SidetoneError) {
      if (outcome.message === this.#rejected) return;
      this.#rejected = outcome.message;
    } else {
      // Mended to what is in use already, it is news as well: what was wrong is no longer.
      const mended = this.#rejected !== null;
      this.#rejected = null;
      const hashes = JSON.stringify(outcome.hashes);
      if (hashes === this.#known && !mended) return;
      this.#known = hashes;
    }
    this.#onChange(outcome);
  }
}
