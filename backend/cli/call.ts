import path from 'node:path';
import { parseAddress } from '../base/address.ts';
import { SidetoneError } from '../base/errors.ts';
import type { CallEvent } from '../contract/events.ts';
import type { ScriptParty } from '../contract/host.ts';
import type { Account, LineView } from '../contract/sip.ts';
import { Host } from '../host/host.ts';
import { withDotEnv } from '../bot/folder.ts';
import { modelsDirectory } from '../models/directory.ts';
import { accountNamed, accountsIn } from './accounts-option.ts';
import { interrupted } from './interrupt.ts';
import { LiveView } from './live-view.ts';
import { tellRecord } from './record-note.ts';
import { VERSION } from './paths.ts';

interface CallOptions {
  readonly audio: string[];
  readonly bargeInMs?: number;
  readonly codec: string;
  readonly for?: number;
  readonly listen: boolean;
  readonly accounts?: string;
  /** false: --no-account. */
  readonly account?: string | false;
  /** false: --no-traces. */
  readonly traces: string | false;
  readonly json?: true;
}

type Placed = Pick<Parameters<Host['place']>[0], 'party' | 'maxMs'>;

/** `sidetone call`: acts the caller; exit code 1 when the far end never spoke. */
export async function call(target: string, options: CallOptions): Promise<void> {
  const env = await withDotEnv(process.cwd(), process.env);
  const means = target.startsWith('rtp:') ? overRtp(target, options) : await overSip(target, options, env);
  const party: ScriptParty = {
    kind: 'script',
    audio: options.audio.map((file) => path.resolve(file)),
    barge_in_ms: options.bargeInMs ?? null,
    listen: options.listen,
  };
  const view = new LiveView(options.json ? process.stderr : process.stdout);
  /** Why nobody answered; null: somebody did. */
  const over = Promise.withResolvers<string | null>();
  let answers = 0;
  const stop = interrupted();
  const engine = Host.start({
    modelsDir: modelsDirectory(),
    recordsDir: options.traces === false ? null : path.resolve(options.traces),
    version: VERSION,
    workers: 1,
    env,
    onEvent(event: CallEvent) {
      if (options.json) process.stdout.write(`${JSON.stringify(event)}\n`);
      else view.event(event);
      if (event.type === 'script.latency') answers += 1;
      if (event.type === 'call.ended') over.resolve(null);
    },
    onLine(line: LineView) {
      if (options.json) process.stdout.write(`${JSON.stringify({ type: 'line', ...line })}\n`);
      view.line(line);
      // Of one that was answered its audio ends as well, with an event.
      if (line.state === 'ended' && line.answeredAt === null)
        over.resolve(line.end?.reason ?? 'it was not answered');
    },
    onSipNotice: (_, message) => view.note(`warning: ${message}`),
  });
  try {
    const maxMs = options.for === undefined ? null : options.for * 1000;
    const id = await means.place(engine, { party, maxMs });
    void stop.promise
      .then((signal) => engine.act(id, { type: 'hang_up', reason: signal }))
      .catch(() => undefined);
    const unanswered = await over.promise;
    if (unanswered !== null) throw new SidetoneError('refused', `${target} did not answer: ${unanswered}`);
    tellRecord(view, options.traces, id);
  } finally {
    stop.dispose();
    await engine.close();
  }
  if (answers === 0) throw new SidetoneError('unreachable', `nothing at ${means.shown} answered in words`);
}

interface Means {
  readonly shown: string;
  place(engine: Host, placed: Placed): Promise<string>;
}

function overRtp(target: string, { codec: wanted }: CallOptions): Means {
  const { host, port } = parseAddress(target.slice('rtp:'.length), 'target');
  const codec = wanted.toUpperCase();
  if (codec !== 'PCMU' && codec !== 'PCMA') {
    throw new SidetoneError('usage', `codec '${wanted}' is not offered`, { hint: 'use PCMU or PCMA' });
  }
  return {
    shown: `${host}:${port}`,
    place: (engine, placed) => engine.place({ host, port, codec, ...placed }),
  };
}

async function overSip(
  target: string,
  options: CallOptions,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Means> {
  const known = options.account === false ? [] : await accountsIn(options.accounts, env);
  const named = typeof options.account === 'string' ? accountNamed(options.account, known) : null;
  const accounts = (named ? [named] : known).map(callingOnly);
  if (accounts.length === 0 && !/^(sips?:|[^:@]+@)/i.test(target)) {
    throw new SidetoneError('usage', `'${target}' cannot be called`, {
      hint: 'use rtp:HOST:PORT or sip:USER@HOST; numbers and users alone need --accounts',
    });
  }
  return {
    shown: target,
    place: async ({ phone }, placed) => {
      await phone.setAccounts(accounts);
      return phone.place({ account: named?.name ?? null, target, ...placed });
    },
  };
}

/** Calls with its name and password; who answers on the account, as `serve`, keeps its registration and its port. */
function callingOnly(account: Account): Account {
  return { ...account, settings: { ...account.settings, register: false, bind: null, who: 'reject' } };
}
