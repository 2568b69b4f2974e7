import { isDeepStrictEqual } from 'node:util';
import { type Account, accountSettings } from '../contract/sip.ts';
import type { URI } from 'sip.js/lib/core/index.js';
import { parameterOf } from './sip-js.ts';

/** Name that lines show where a call needs no account. */
export const NO_ACCOUNT = 'direct';

/**
 * What a changed account means: nothing; other manners from the next call on; or another registration and other
 * sockets, for which its user agent begins anew.
 */
export type Change = 'none' | 'manners' | 'anew';

export function changeOf(before: Account, after: Account): Change {
  if (isDeepStrictEqual(before, after)) return 'none';
  return isDeepStrictEqual(wireOf(before), wireOf(after)) ? 'manners' : 'anew';
}

/** What of an account sockets, registration and admission depend on. */
function wireOf({ name, settings, password, tls }: Account): unknown {
  const {
    aor,
    auth_user,
    register,
    registrar,
    proxy,
    transport,
    bind,
    public_address,
    expires_s,
    allow,
    enabled,
  } = settings;
  return {
    name,
    password,
    tls,
    aor,
    auth_user,
    register,
    registrar,
    proxy,
    transport,
    bind,
    public_address,
    expires_s,
    allow,
    enabled,
  };
}

/** Two user agents cannot share a port that was asked for by number. */
export function samePort(before: Account, after: Account): boolean {
  const { bind } = after.settings;
  return bind !== null && bind === before.settings.bind && !bind.endsWith(':0');
}

/** An account for one far end, which nobody has: any port, no registration. Key: what tells such accounts apart. */
export function passingAccount(target: URI): { readonly key: string; readonly account: Account } {
  const port = target.port === undefined ? '' : `:${target.port}`;
  const named = parameterOf(target, 'transport');
  const transport =
    named === 'tcp' || named === 'tls' || named === 'udp' ? named : named === 'ws' ? 'wss' : 'auto';
  const scheme = target.scheme === 'sips' ? 'sips' : 'sip';
  const aor = `${scheme}:sidetone@${target.host}${port}`;
  return {
    key: `${aor};${transport}`,
    account: {
      name: NO_ACCOUNT,
      settings: accountSettings.parse({ aor, register: false, transport }),
      password: null,
      tls: { verify: true, ca: null, certificate: null, key: null },
    },
  };
}
