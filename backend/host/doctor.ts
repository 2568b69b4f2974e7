import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { setPriority } from 'node:os';
import { loadBotFolder } from '../bot/folder.ts';
import type { BotFolder } from '../contract/host.ts';
import type { Account } from '../contract/sip.ts';
import { ModelStore } from '../models/fetch.ts';
import { pullHint } from '../models/directory.ts';
import { passwordVariable } from './account-examination.ts';
import { readAccounts } from './accounts.ts';
import { examineEndpoints, examineVoice } from './endpoint-findings.ts';
import { check, withFix, type Finding } from '../base/finding.ts';
import { askHub } from './hub-token.ts';
import { measurePacing } from './pacing-test.ts';
import { holderOf, requireFreePort } from './port-holder.ts';

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

/** Tells speech from noise in every call. */
const ALWAYS_NEEDED = ['silero-vad-v6'];

/** Send deviation above this is heard as jitter by the far end. */
const PACING_GOAL_MS = 2;

/** Everything a call needs, looked at on this machine, one finding each as it is known. */
export async function* examine(options: DoctorOptions): AsyncGenerator<Finding, void, undefined> {
  yield await ports(options.host, options.port);
  let folder: BotFolder | null = null;
  const found = await check('bot', async () => {
    folder = await loadBotFolder(path.resolve(options.bot), options.env);
    return `${options.bot}: ${folder.settings.name}, language ${folder.settings.language}`;
  });
  yield withFix(found);
  yield* models(options.modelsDir, folder);
  if (folder) {
    yield* examineVoice(folder, options.env);
    yield* examineEndpoints(folder, options.env);
  }
  yield* askHub(options.env);
  if (options.accounts !== null) yield* examineAccounts(options.accounts, options.env);
  yield await pacing();
  yield priority();
  for (const helpful of HELPFUL_PROGRAMS) yield program(helpful);
}

async function* models(
  modelsDir: string,
  folder: BotFolder | null,
): AsyncGenerator<Finding, void, undefined> {
  const wanted = new Set<string>(ALWAYS_NEEDED);
  for (const stage of ['stt', 'llm', 'tts'] as const) {
    const chosen = folder?.settings[stage];
    if (chosen?.provider === 'embedded' && chosen.model !== 'rules') wanted.add(chosen.model);
  }
  const store = new ModelStore(modelsDir);
  for (const { model, installed } of await store.list()) {
    if (!installed && !model.default && !wanted.has(model.name)) continue;
    // Without a bot that could be read, all that is usual counts.
    const needed = wanted.delete(model.name) || folder === null;
    const what = `model ${model.name}`;
    if (!installed) {
      yield needed
        ? { what, verdict: 'fail', message: `not installed; ${pullHint(model.name)}` }
        : {
            what,
            verdict: 'warn',
            message: `not installed, and this bot does without; ${pullHint(model.name)}`,
          };
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

/** The port of the audio and the one above it, for reports. */
async function ports(host: string, port: number): Promise<Finding> {
  const found = await check('ports', async () => {
    // 0: any that is free.
    if (port === 0) return 'any that are free';
    await requireFreePort(host, port);
    await requireFreePort(host, Math.min(65_535, port + 1));
    return `UDP ${host}:${port}-${port + 1} are free`;
  });
  if (found.verdict === 'ok') return found;
  const holder = await holderOf(port);
  if (!holder?.serves) return found;
  const message = `UDP ${host}:${port} is answered by the \`sidetone serve\` that runs (pid ${holder.pid})`;
  return { what: 'ports', verdict: 'ok', message };
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
