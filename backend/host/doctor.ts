import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { setPriority } from 'node:os';
import { explain, SidetoneError } from '../base/errors.ts';
import { loadBotFolder } from '../bot/folder.ts';
import type { BotSettings } from '../contract/settings.ts';
import type { Account } from '../contract/sip.ts';
import { ModelStore } from '../models/fetch.ts';
import { pullHint } from '../models/directory.ts';
import { probeEndpoint } from '../providers/openai-client.ts';
import { passwordVariable } from './account-examination.ts';
import { readAccounts } from './accounts.ts';
import { measurePacing } from './pacing-test.ts';
import { requireFreePort } from './port-holder.ts';

export interface Finding {
  readonly what: string;
  /** `warn`: works, but not as well as it could. */
  readonly verdict: 'ok' | 'warn' | 'fail';
  readonly message: string;
}

export interface DoctorOptions {
  readonly bot: string;
  readonly host: string;
  readonly port: number;
  /** accounts.yaml; null: there is none. */
  readonly accounts: string | null;
  readonly modelsDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Debian packages that checks and recordings are looked at with; nothing of Sidetone's own work needs them. */
const HELPFUL_PROGRAMS = [
  { program: 'tshark', debian: 'tshark', for: 'reading wire.pcap' },
  { program: 'sox', debian: 'sox', for: 'reading recordings' },
] as const;

/** Send deviation above this is heard as jitter by the far end. */
const PACING_GOAL_MS = 2;

/** Everything a call needs, looked at on this machine, one finding each as it is known. */
export async function* examine(options: DoctorOptions): AsyncGenerator<Finding, void, undefined> {
  yield await check('port', async () => {
    await requireFreePort(options.host, options.port);
    return `UDP ${options.host}:${options.port} is free`;
  });
  let settings: BotSettings | null = null;
  yield await check('bot', async () => {
    settings = (await loadBotFolder(path.resolve(options.bot), options.env)).settings;
    return `${options.bot}: ${settings.name}, language ${settings.language}`;
  });
  yield* models(options.modelsDir, settings);
  if (settings) yield* examineEndpoints(settings, options.env);
  if (options.accounts !== null) yield* examineAccounts(options.accounts, options.env);
  yield await pacing();
  yield priority();
  for (const helpful of HELPFUL_PROGRAMS) yield program(helpful);
}

async function* models(
  modelsDir: string,
  settings: BotSettings | null,
): AsyncGenerator<Finding, void, undefined> {
  const wanted = new Set<string>();
  for (const stage of ['stt', 'llm', 'tts'] as const) {
    const chosen = settings?.[stage];
    if (chosen?.provider === 'embedded' && chosen.model !== 'rules') wanted.add(chosen.model);
  }
  const store = new ModelStore(modelsDir);
  for (const { model, installed } of await store.list()) {
    if (!installed && !model.default && !wanted.has(model.name)) continue;
    wanted.delete(model.name);
    const what = `model ${model.name}`;
    if (!installed) {
      yield { what, verdict: 'fail', message: `not installed; ${pullHint(model.name)}` };
      continue;
    }
    const wrong = await store.verify(model.name);
    if (wrong.length === 0) yield { what, verdict: 'ok', message: 'installed, checksums right' };
    else
      yield {
        what,
        verdict: 'fail',
        message: `damaged: ${wrong.join(', ')}; remove it and ${pullHint(model.name)}`,
      };
  }
  for (const name of wanted)
    yield { what: `model ${name}`, verdict: 'fail', message: 'there is no such model' };
}

/** Asks each endpoint that the bot needs. */
export async function* examineEndpoints(
  settings: BotSettings,
  env: DoctorOptions['env'],
): AsyncGenerator<Finding, void, undefined> {
  for (const stage of ['stt', 'llm', 'tts'] as const) {
    const chosen = settings[stage];
    if (chosen.provider !== 'openai') continue;
    const { ok, took_ms, message } = await probeEndpoint(stage, chosen, { env });
    yield {
      what: `${stage} ${chosen.base_url ?? ''}`,
      verdict: ok ? 'ok' : 'fail',
      message: `${message} (${took_ms.toFixed(0)} ms)`,
    };
  }
}

/** The file and what it names; nothing is asked of the network: `sip check` does that. */
async function* examineAccounts(
  file: string,
  env: DoctorOptions['env'],
): AsyncGenerator<Finding, void, undefined> {
  let accounts: readonly Account[] = [];
  yield await check('accounts', async () => {
    accounts = await readAccounts(file, env);
    return `${file}: ${accounts.length} account${accounts.length === 1 ? '' : 's'}`;
  });
  for (const { name, settings, password, tls } of accounts) {
    const what = `sip ${name}`;
    if (settings.bot !== null) {
      const { bot } = settings;
      const found = await check(what, async () => (await loadBotFolder(bot, env)).settings.name);
      if (found.verdict === 'fail') yield found;
    }
    const weak = [
      settings.register && password === null && tls.certificate === null
        ? `no password; set ${passwordVariable(name, settings)}`
        : null,
      tls.verify ? null : 'any certificate is accepted (tls.verify)',
      settings.srtp === 'required' && (settings.transport === 'udp' || settings.transport === 'tcp')
        ? `keys of the audio go over ${settings.transport.toUpperCase()} in the clear (srtp); use tls`
        : null,
    ].filter((one) => one !== null);
    yield weak.length === 0
      ? { what, verdict: 'ok', message: `${settings.aor}; \`sip check ${name}\` tries it` }
      : { what, verdict: 'warn', message: weak.join('; ') };
  }
}

async function pacing(): Promise<Finding> {
  const { p50, p99, max } = await measurePacing();
  const figures = `send deviation p50 ${p50.toFixed(2)}, p99 ${p99.toFixed(2)}, max ${max.toFixed(1)} ms over 10 calls`;
  if (p99 <= PACING_GOAL_MS) return { what: 'pacing', verdict: 'ok', message: figures };
  return {
    what: 'pacing',
    verdict: 'warn',
    message: `${figures}: this machine is busy, packets will leave unevenly`,
  };
}

function priority(): Finding {
  const what = 'thread priority';
  if (process.platform !== 'linux') {
    return { what, verdict: 'warn', message: 'cannot be raised for a thread on this system' };
  }
  try {
    setPriority(0, -10);
    setPriority(0, 0);
    return { what, verdict: 'ok', message: 'media threads go before other work' };
  } catch {
    return {
      what,
      verdict: 'warn',
      message: 'media threads run at normal priority; on a busy machine run as root or grant CAP_SYS_NICE',
    };
  }
}

function program({ program: name, debian, for: purpose }: (typeof HELPFUL_PROGRAMS)[number]): Finding {
  const found = (process.env['PATH'] ?? '')
    .split(path.delimiter)
    .some((folder) => isExecutable(path.join(folder, name)));
  if (found) return { what: name, verdict: 'ok', message: `installed, for ${purpose}` };
  return { what: name, verdict: 'warn', message: `missing, for ${purpose}: apt-get install ${debian}` };
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function check(what: string, look: () => Promise<string>): Promise<Finding> {
  try {
    return { what, verdict: 'ok', message: await look() };
  } catch (error) {
    if (!(error instanceof SidetoneError)) throw error;
    return { what, verdict: 'fail', message: explain(error) };
  }
}
