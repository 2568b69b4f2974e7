import path from 'node:path';
import { parseAddress } from '../base/address.ts';
import { explain } from '../base/errors.ts';
import { Scope } from '../base/scope.ts';
import type { CallEvent } from '../contract/events.ts';
import { examineEndpoints } from '../host/doctor.ts';
import { loadAccounts, watchAccounts, type LoadedAccounts } from '../host/accounts.ts';
import { Host } from '../host/host.ts';
import { recordedCaller } from '../host/recorded-caller.ts';
import { loadBotFolder, withDotEnv } from '../bot/folder.ts';
import { OtlpSender, otlpTarget } from '../export/otlp-sender.ts';
import { modelsDirectory } from '../models/directory.ts';
import { accountsFileOf, accountsIn } from './accounts-option.ts';
import { interrupted } from './interrupt.ts';
import { LiveView } from './live-view.ts';
import { tellRecord } from './record-note.ts';
import { REPOSITORY, VERSION } from './paths.ts';

interface ServeOptions {
  readonly bot: string;
  readonly rtp: string;
  readonly allow?: string[];
  readonly maxCalls: number;
  readonly workers?: number;
  readonly demo?: true;
  readonly otlp?: string;
  readonly accounts?: string;
  /** false: --no-traces. */
  readonly traces: string | false;
  readonly json?: true;
}

/** `sidetone serve`: the bot on a UDP port, and on its SIP accounts, until Ctrl-C. */
export async function serve(options: ServeOptions): Promise<void> {
  const { host, port } = parseAddress(options.rtp, '--rtp');
  const recordsDir = options.traces === false ? null : path.resolve(options.traces);
  const env = await withDotEnv(process.cwd(), process.env);
  const view = new LiveView(options.json ? process.stderr : process.stdout);
  const spansTo = otlpTarget(options.otlp ?? null, env);
  await using scope = new Scope();
  const sender =
    spansTo &&
    new OtlpSender({
      ...spansTo,
      scope,
      version: VERSION,
      onTrouble: (message) => view.note(`warning: ${message}`),
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
    if (!options.json && !isDemoCaller) view.event(event);
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
      view.note(`warning: ${message}`);
    },
  });
  try {
    const bound = await engine.listen({
      host,
      port,
      bot: options.bot,
      maxCalls: options.maxCalls,
      ...(options.allow ? { allow: options.allow } : {}),
    });
    for await (const { verdict, message } of examineEndpoints(
      (await loadBotFolder(path.resolve(options.bot), env)).settings,
      env,
    )) {
      if (verdict === 'fail') view.note(`warning: ${message}; callers will hear an apology`);
    }
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
    await stop.promise;
  } finally {
    stop.dispose();
    await engine.close();
  }
}

/** Registers the accounts of the file, and those of each later version of it that can be used. */
async function answerAccounts(
  { phone }: Host,
  named: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  scope: Scope,
  view: LiveView,
): Promise<void> {
  const file = accountsFileOf(named);
  if (file === null) return;
  const use = async ({ accounts, problem }: LoadedAccounts): Promise<void> => {
    if (problem === null) await phone.setAccounts(accounts);
    else view.note(`warning: ${problem}; the accounts stay as they were`);
  };
  const now = await loadAccounts(file, env);
  await use(now);
  watchAccounts(file, now, env, scope, (changed) => {
    use(changed).catch((error: unknown) => view.note(`warning: ${explain(error)}`));
  });
}
