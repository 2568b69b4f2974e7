import { isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { problemOf } from '../base/errors.ts';
import type { Account, AccountView, SipStep } from '../contract/sip.ts';
import { echo } from './echo.ts';
import { ping, type Means, type Told } from './ping.ts';
import { tcpTo, tlsTo } from './transport/connect.ts';
import { parseHop, resolveHop, showTarget, type Target } from './transport/routing.ts';
import { LOOK_AT_THE_WAY } from './registration-plan.ts';
import { Trial } from './trial.ts';

export interface CheckOptions extends Means {
  readonly account: Account;
  readonly onStep: (step: SipStep) => void;
}

const REGISTER_MS = 15_000;
const OPTIONS_MS = 8000;
const EXPIRES_SOON_MS = 14 * 86_400_000;
const NAME = 'check';

/**
 * Goes the way of an account's calls step by step: DNS, connection, REGISTER, OPTIONS, then a call to its own address
 * through its server with a tone both ways. Uses ports and a registration of its own, which are gone afterwards. `ok`:
 * nothing has failed.
 */
export async function checkAccount(options: CheckOptions): Promise<{ readonly ok: boolean }> {
  const { clock, onStep } = options;
  /** Does one step and tells of it; false: it failed. */
  const step = async (name: string, work: () => Promise<Told>): Promise<boolean> => {
    const began = clock.now();
    const told = await work().catch(failure);
    onStep({ step: name, ...told, tookMs: clock.now() - began });
    return told.verdict !== 'fail';
  };
  // A port of its own: that of the account may be in use, by the account itself first of all.
  const { bind } = options.account.settings;
  const settings = { ...options.account.settings, bind: null, enabled: true };
  const account: Account = { ...options.account, name: NAME, settings };

  const targets: Target[] = [];
  const named = await step('dns', async () => {
    targets.push(...(await targetsOf(account, options)));
    const told = ok(`${hostOf(account)} is ${targets.map(showTarget).join(', ')}`);
    return bind === null
      ? told
      : { ...told, hint: `Asked from a free port, not from ${bind}, which is the account's.` };
  });
  const [target] = targets;
  if (!named || !target) return { ok: false };
  const { transport } = target;
  const secure = transport === 'tls' || transport === 'wss';
  if (secure && !(await step('tls', () => overTls(target, account)))) return { ok: false };
  if (transport === 'tcp' && !(await step('tcp', () => overTcp(target)))) return { ok: false };

  await using trial = new Trial(options);
  const registered = await step('register', async () =>
    registration(await trial.bringUp([account], NAME, REGISTER_MS), target),
  );
  const answers = await step('options', async () => {
    const { status, message, hint, tookMs } = await ping(account, options, OPTIONS_MS);
    if (status !== null) return ok(`answered ${status} in ${Math.round(tookMs)} ms`);
    if (registered) return info(`OPTIONS is not answered: ${message}`);
    return { verdict: 'fail', message, hint: hint ?? LOOK_AT_THE_WAY };
  });
  if (!registered) return { ok: false };
  const heard = await step('media', () => echo(trial, account, isIP(target.address) === 6 ? 'udp6' : 'udp4'));
  return { ok: answers && heard };
}

function ok(message: string): Told {
  return { verdict: 'ok', message, hint: null };
}

function info(message: string): Told {
  return { verdict: 'info', message, hint: null };
}

function failure(error: unknown): Told {
  const { kind, message, hint } = problemOf(error);
  const silent = kind === 'unreachable' || kind === 'timeout';
  return { verdict: 'fail', message, hint: hint ?? (silent ? LOOK_AT_THE_WAY : null) };
}

async function targetsOf({ settings }: Account, means: Means): Promise<readonly Target[]> {
  const hop = parseHop(settings.proxy ?? settings.registrar ?? settings.aor);
  const transport = hop.transport ?? (settings.transport === 'auto' ? null : settings.transport);
  return (await resolveHop({ ...hop, transport }, means.dns, () => means.random())).targets;
}

function hostOf({ settings }: Account): string {
  return parseHop(settings.proxy ?? settings.registrar ?? settings.aor).host;
}

async function overTcp(target: Target): Promise<Told> {
  const socket = await tcpTo(target);
  socket.destroy();
  return ok(`${showTarget(target)} is open`);
}

async function overTls(target: Target, { tls }: Account): Promise<Told> {
  const socket = await tlsTo(target, tls);
  const told = certificateOf(socket, tls);
  socket.destroy();
  return told;
}

/** Who the server is, until when, and who says so. */
function certificateOf(socket: TLSSocket, tls: Account['tls']): Told {
  const { subject, issuer, valid_to: until } = socket.getPeerCertificate();
  const name = String(subject?.CN ?? 'no name');
  const by = String(issuer?.CN ?? issuer?.O ?? 'unknown');
  const what = `certificate of '${name}' by '${by}', valid until ${until}`;
  if (!tls.verify) {
    return {
      verdict: 'info',
      message: `${what}, not verified`,
      hint: 'tls.verify is off: whoever is in between can listen and use the account.',
    };
  }
  const verified = tls.ca === null ? 'a CA that this machine knows' : "the account's own CA";
  return {
    ...ok(`${socket.getProtocol() ?? 'TLS'}, ${what}, verified by ${verified}`),
    hint: Date.parse(until) - Date.now() < EXPIRES_SOON_MS ? 'It expires soon.' : null,
  };
}

function registration(view: AccountView | null, target: Target): Told {
  if (!view) {
    const message = `no answer to REGISTER from ${showTarget(target)} within ${REGISTER_MS / 1000} s`;
    return { verdict: 'fail', message, hint: LOOK_AT_THE_WAY };
  }
  const { state, message, hint, contact } = view;
  if (state === 'failed') return { verdict: 'fail', message, hint };
  if (state === 'ready') return info('the account does not register');
  return ok(contact === null ? message : `${message}, reached at ${contact}`);
}
