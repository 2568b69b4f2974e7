import path from 'node:path';
import { parseAddress } from '../base/address.ts';
import { explain } from '../base/errors.ts';
import { Scope } from '../base/scope.ts';
import type { CallEvent } from '../contract/events.ts';
import type { BotSettings } from '../contract/settings.ts';
import { awaitEndpoints } from '../host/await-endpoints.ts';
import { askEndpoint, endpointsOf } from '../host/endpoints.ts';
import { loadAccounts, watchAccounts, type LoadedAccounts } from '../host/accounts.ts';
import { Host } from '../host/host.ts';
import { requireFreePort } from '../host/port-holder.ts';
import { recordedCaller } from '../host/recorded-caller.ts';
import { loadBotFolder, withDotEnv, type Environment } from '../bot/folder.ts';
import { OtlpSender, otlpTarget } from '../export/otlp-sender.ts';
import { modelsDirectory } from '../models/directory.ts';
import { accountsFileOf, accountsIn } from './accounts-option.ts';
import { interrupted } from './interrupt.ts';
import { JsonLog } from './json-log.ts';
import { LiveView } from './live-view.ts';
import { tellRecord } from './record-note.ts';
import { RefusedLog } from './refused.ts';
import type { ServeView } from './serve-view.ts';
import { REPOSITORY, VERSION } from './paths.ts';

interface ServeOptions {
  readonly bot: string;
  readonly rtp: string;
  readonly allow?: string[];
  readonly maxCalls: number;
  readonly workers?: number;
  /** Seconds that the endpoints may take to be ready. */
  readonly wait: number;
  /** Seconds, on SIGTERM, for what is being said. */
  readonly grace: number;
  readonly log: 'text' | 'json';
  readonly demo?: true;
  readonly otlp?: string;
  readonly accounts?: string;
  /** false: --no-traces. */
  readonly traces: string | false;
  readonly json?: true;
}

/**
 * `sidetone serve`: the bot on a UDP port, and on its SIP accounts, until Ctrl-C, or SIGTERM, which lets what the bot is
 * saying come to its end.
 */
export async function serve(options: ServeOptions): Promise<void> {
  const { host, port } = parseAddress(options.rtp, '--rtp');
  const recordsDir = options.traces === false ? null : path.resolve(options.traces);
  const env = await withDotEnv(process.cwd(), process.env);
  const out = options.json ? process.stderr : process.stdout;
  const view: ServeView = options.log === 'json' ? new JsonLog(out) : new LiveView(out);
  const refused = recordsDir === null ? null : new RefusedLog(recordsDir);
  const spansTo = otlpTarget(options.otlp ?? null, env);
  await using scope = new Scope();
  const sender =
    spansTo &&
    new OtlpSender({
      ...spansTo,
      scope,
      version: VERSION,
      onTrouble: (message) => view.warn(message),
    });
  // What is wrong in it keeps the bot from answering anywhere: nobody would look for the half that is missing.
  await accountsIn(options.accounts, env);
  const stop = interrupted();
  const demoCallers = new Set<string>();
  const demoOver = Promise.withResolvers<void>();

  const show = (event: CallEvent): void => {
    sender?.take(event);
    if (options.json) process.stdout.write(`${JSON.stringify(event)}\n`);
    // The demo's caller is shown through the bot's own call; its side would say everything twice.
    if (event.type === 'call.started' && event.party === 'script') demoCallers.add(event.call);
    const isDemoCaller = demoCallers.has(event.call);
    if ((!options.json || options.log === 'json') && !isDemoCaller) view.event(event);
    if (event.type === 'call.refused') {
      const { call: from, reason, message } = event;
      refused?.add({ at: new Date().toISOString(), from, reason, message });
    }
    if (event.type !== 'call.ended') return;
    if (isDemoCaller) demoOver.resolve();
    else tellRecord(view, options.traces, event.call);
  };

  const tell = (type: string, what: object): void => {
    if (options.json) process.stdout.write(`${JSON.stringify({ type, ...what })}\n`);
  };

  const engine = Host.start({
    modelsDir: modelsDirectory(),
    recordsDir,
    version: VERSION,
    ...(options.workers === undefined ? {} : { workers: options.workers }),
    env,
    onEvent: show,
    maxCalls: options.maxCalls,
    usualBot: () => path.resolve(options.bot),
    onAccount: (account) => {
      tell('account', account);
      view.account(account);
    },
    onLine: (line) => {
      tell('line', line);
      view.line(line);
    },
    onSipNotice: (code, message) => {
      tell('notice', { code, message });
      view.warn(message);
    },
  });
  try {
    const { settings } = await loadBotFolder(path.resolve(options.bot), env);
    if (options.wait > 0) {
      // What is wrong here shows now, not after the wait.
      if (port !== 0) await requireFreePort(host, port);
      const waiting = awaitEndpoints(settings, {
        env,
        withinMs: options.wait * 1000,
        signal: scope.signal,
        onNews: ({ stage, ready, message, waitedMs }) =>
          view.note(
            `${ready ? 'ready' : 'waiting for'} ${stage} (${Math.round(waitedMs / 1000)} s): ${message}`,
          ),
      });
      const stopped = await Promise.race([waiting.then(() => false), stop.promise.then(() => true)]);
      if (stopped) return;
    }
    const bound = await engine.listen({
      host,
      port,
      bot: options.bot,
      maxCalls: options.maxCalls,
      ...(options.allow ? { allow: options.allow } : {}),
    });
    if (options.wait === 0) await warnOfEndpoints(settings, env, view);
    tell('ready', { host, port: bound });
    view.note(`✅ SYSTEM READY. Listening RTP on ${host}:${bound}`);
    await answerAccounts(engine, options.accounts, env, scope, view);
    if (options.demo) {
      view.note('Placing a demo call: a recorded caller books an appointment over RTP on loopback.');
      await engine.place({
        host: '127.0.0.1',
        port: bound,
        codec: 'PCMU',
        party: await recordedCaller(path.join(REPOSITORY, 'bots', 'demo')),
        maxMs: 120_000,
      });
      await Promise.race([demoOver.promise, stop.promise]);
      view.note(`The demo call is over. Still listening on ${host}:${bound}; Ctrl-C ends.`);
    }
    if ((await stop.promise) !== 'SIGTERM') return;
    await engine.refuseNew();
    view.note(`Ending: nobody new is answered, and what is being said has ${options.grace} s.`);
    await engine.finish(options.grace * 1000);
  } finally {
    stop.dispose();
    await engine.close();
    await refused?.close();
  }
}

/** What keeps the bot from working is told, and callers hear an apology: it may heal by itself. */
async function warnOfEndpoints(settings: BotSettings, env: Environment, view: ServeView): Promise<void> {
  for (const { stage, chosen } of endpointsOf(settings)) {
    const { ok, message } = await askEndpoint(stage, chosen, env);
    if (!ok) view.warn(`${message}; callers will hear an apology`);
  }
}

/** Registers the accounts of the file, and those of each later version of it that can be used. */
async function answerAccounts(
  { phone }: Host,
  named: string | undefined,
  env: Environment,
  scope: Scope,
  view: ServeView,
): Promise<void> {
  const file = accountsFileOf(named);
  if (file === null) return;
  const use = async ({ accounts, problem }: LoadedAccounts): Promise<void> => {
    if (problem === null) await phone.setAccounts(accounts);
    else view.warn(`${problem}; the accounts stay as they were`);
  };
  const now = await loadAccounts(file, env);
  await use(now);
  watchAccounts(file, now, env, scope, (changed) => {
    use(changed).catch((error: unknown) => view.warn(explain(error)));
  });
}
