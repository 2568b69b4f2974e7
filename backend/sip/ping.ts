import { randomBytes } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import { problemOf } from '../base/errors.ts';
import { Scope } from '../base/scope.ts';
import type { Account, SipStep } from '../contract/sip.ts';
import type { Dns } from './transport/dns.ts';
import { SipLayer } from './transport/layer.ts';
import { SipMessage } from './transport/message.ts';

/** What checks and probes are done with. */
export interface Means {
  readonly version: string;
  readonly clock: Clock;
  readonly dns: Dns;
  random(): number;
}

/** What came of a step. */
export type Told = Pick<SipStep, 'verdict' | 'message' | 'hint'>;

export interface Pong {
  /** SIP status that the server answered with; null: it did not. */
  readonly status: number | null;
  /** Nothing came back at all, which some servers do to OPTIONS alone. */
  readonly silent: boolean;
  /** For a person: why it did not answer. */
  readonly message: string;
  readonly hint: string | null;
  readonly tookMs: number;
}

/** Asks an account's server whether it is there (OPTIONS). Any answer shows that it is. */
export async function ping(account: Account, means: Means, withinMs: number): Promise<Pong> {
  const { clock } = means;
  const began = clock.now();
  const { promise, resolve } = Promise.withResolvers<Omit<Pong, 'tookMs'>>();
  await using scope = new Scope();
  const layer = new SipLayer({
    clock,
    dns: means.dns,
    account,
    random: () => means.random(),
    scope: scope.child(),
    onWire: () => undefined,
    onReflexive: () => undefined,
    onState: () => undefined,
    onNotice: () => undefined,
  });
  layer.onMessage = (text) => {
    const message = SipMessage.read(text);
    const status = message?.status ?? 0;
    if (!message || status < 200) return;
    const why = /^399 sidetone "(.*)"$/.exec(message.get('warning') ?? '')?.[1];
    if (why === undefined) resolve({ status, silent: false, message: '', hint: null });
    else resolve({ status: null, silent: false, message: why, hint: null });
  };
  scope.after(withinMs, () =>
    resolve({
      status: null,
      silent: true,
      message: `no answer within ${Math.round(withinMs / 1000)} s`,
      hint: null,
    }),
  );
  layer
    .start()
    .then(() => layer.send(optionsRequest(account.settings.aor, means.version)))
    .catch((error: unknown) => {
      const { message, hint } = problemOf(error);
      resolve({ status: null, silent: false, message, hint });
    });
  const pong = await promise;
  return { ...pong, tookMs: clock.now() - began };
}

function optionsRequest(aor: string, version: string): string {
  const token = () => randomBytes(8).toString('hex');
  const domain = aor.replace(/^(sips?:)[^@]*@/i, '$1');
  return [
    `OPTIONS ${domain} SIP/2.0`,
    `Via: SIP/2.0/UDP sidetone.invalid;branch=z9hG4bK${token()};rport`,
    'Max-Forwards: 70',
    `From: <${aor}>;tag=${token()}`,
    `To: <${domain}>`,
    `Call-ID: ${token()}`,
    'CSeq: 1 OPTIONS',
    `User-Agent: Sidetone/${version}`,
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');
}
