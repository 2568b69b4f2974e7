import {
  accountSettings,
  type Account,
  type AccountSettings,
  type ProbeRequest,
  type ProbeResult,
  type SipStep,
} from '../contract/sip.ts';
import { bracketed, guesses, namedByDns, shown, type Candidate } from './candidates.ts';
import { ping, type Means, type Pong, type Told } from './ping.ts';
import { LOOK_AT_THE_WAY } from './registration-plan.ts';
import { Trial } from './trial.ts';

export interface ProbeOptions extends Means {
  readonly request: ProbeRequest;
  readonly onStep: (step: SipStep) => void;
}

const PING_MS = 3000;
/** A registrar that has answered OPTIONS answers REGISTER as well, or it never will. */
const REGISTER_MS = 8000;
const NAME = 'trial';

/**
 * Settings of an account of which only domain, user and password are known. Asks DNS (RFC 3263), then tries what is
 * usual: encrypted before plain, all at once; then registers with what has answered. Every step is told as it is done.
 */
export async function probeAccount(options: ProbeOptions): Promise<ProbeResult> {
  const { request, clock, onStep } = options;
  const tell = async <T>(step: string, work: () => Promise<T>, inWords: (value: T) => Told): Promise<T> => {
    const began = clock.now();
    const value = await work();
    onStep({ step, ...inWords(value), tookMs: clock.now() - began });
    return value;
  };
  const { host, port } = splitPort(request.domain);
  const user = request.user.replace(new RegExp(`@${escaped(host)}$`, 'i'), '').replace(/^sips?:/i, '');
  const settingsOf = ({ transport, registrar }: Candidate, authUser: string | null): AccountSettings =>
    accountSettings.parse({
      aor: `sip:${user}@${bracketed(host)}`,
      auth_user: authUser,
      transport,
      registrar,
    });
  try {
    accountSettings.parse({ aor: `sip:${user}@${bracketed(host)}` });
  } catch {
    return { settings: null, message: `'${user}' at '${host}' cannot be a SIP address` };
  }

  const named = await tell(
    'dns',
    () => namedByDns(host, port, options),
    (found) => found.told,
  );
  const candidates = [...named.candidates, ...(await guesses(host, port, options))];
  const answered = await Promise.all(
    candidates.map(async (candidate) => {
      const account = accountOf(settingsOf(candidate, null), null);
      const pong = await tell(
        'connect',
        () => ping(account, options, PING_MS),
        (result) => reached(candidate, result),
      );
      return { candidate, pong };
    }),
  );
  const answering = answered.filter(({ pong }) => pong.status !== null);
  // Where nobody answers OPTIONS, those who may only be shy are asked to register us.
  const worthwhile = answering.length > 0 ? answering : answered.filter(({ pong }) => pong.silent);
  let last = `nothing at ${host} answers over SIP: check the domain, or ask for the name of the registrar`;
  for (const { candidate } of worthwhile) {
    for (const authUser of [null, `${user}@${host}`]) {
      const settings = settingsOf(candidate, authUser);
      const outcome = await tell(
        'register',
        () => register(accountOf(settings, request.password), options),
        (result) => ({
          verdict: result.ok ? 'ok' : 'fail',
          message: `${shown(candidate)} as ${authUser ?? user}: ${result.message}`,
          hint: result.ok ? null : result.hint,
        }),
      );
      if (outcome.ok) return { settings, message: `registered at ${shown(candidate)}` };
      if (outcome.answered) last = outcome.message;
      // Only a refused password may be one for another user name.
      if (!isRefused(outcome.message)) break;
    }
    // The same registrar behind another port would refuse it as well, and may lock out who keeps trying.
    if (isRefused(last)) break;
  }
  return { settings: null, message: last };
}

function isRefused(message: string): boolean {
  return /^40[137]:/.test(message);
}

function reached(candidate: Candidate, { status, message, hint, tookMs }: Pong): Told {
  if (status === null) return { verdict: 'info', message: `${shown(candidate)}: ${message}`, hint };
  return {
    verdict: 'ok',
    message: `${shown(candidate)} answers (${status}, ${Math.round(tookMs)} ms)`,
    hint: null,
  };
}

interface Outcome {
  readonly ok: boolean;
  readonly answered: boolean;
  readonly message: string;
  readonly hint: string | null;
}

async function register(account: Account, means: Means): Promise<Outcome> {
  await using trial = new Trial(means);
  const view = await trial.bringUp([account], NAME, REGISTER_MS);
  if (!view) return { ok: false, answered: false, message: 'no answer to REGISTER', hint: LOOK_AT_THE_WAY };
  const { state, message, hint } = view;
  return { ok: state === 'registered', answered: true, message, hint };
}

function accountOf(settings: AccountSettings, password: string | null): Account {
  return {
    name: NAME,
    settings,
    password,
    tls: { verify: true, ca: null, certificate: null, key: null },
  };
}

/** `example.com:5080`, `[2001:db8::1]:5060`, or either without a port. */
function splitPort(domain: string): { host: string; port: number | null } {
  const bare = domain.replace(/^sips?:/i, '');
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(bare);
  if (!match) return { host: bare.replace(/^\[|\]$/g, ''), port: null };
  return { host: match[1] ?? match[2] ?? bare, port: match[3] === undefined ? null : Number(match[3]) };
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
