import type { IncomingRequestMessage } from 'sip.js/lib/core/index.js';
import { parseUri } from './sip-js.ts';

export interface Remote {
  readonly uri: string;
  readonly name: string | null;
}

/**
 * Who calls, by From. Where From withholds it (RFC 3323), a name that the registrar or the proxy vouches for
 * (P-Asserted-Identity, RFC 3325; Remote-Party-ID) is shown as a name only: what it withholds is not called back.
 */
export function callerOf(message: IncomingRequestMessage, trusted: boolean): Remote {
  const { from } = message;
  const uri = plain(from.uri.toString());
  const name = nameOf(from.displayName);
  if (!isAnonymous(message)) return { uri, name };
  return { uri, name: (trusted ? vouchedName(message) : null) ?? name };
}

/** URI without what belongs to one request only: parameters and headers. */
export function plain(uri: string): string {
  return uri.replace(/[;?].*$/s, '');
}

function nameOf(displayName: string | undefined): string | null {
  const name = (displayName ?? '')
    .replace(/^"(.*)"$/s, '$1')
    .replaceAll(/\\(.)/g, '$1')
    .trim();
  return name === '' ? null : name.slice(0, 120);
}

function isAnonymous(message: IncomingRequestMessage): boolean {
  const { uri } = message.from;
  return uri.user?.toLowerCase() === 'anonymous' || /(^|\.)anonymous\.invalid$/i.test(uri.host);
}

function vouchedName(message: IncomingRequestMessage): string | null {
  for (const header of ['p-asserted-identity', 'remote-party-id']) {
    const value = message.getHeader(header);
    if (value === undefined) continue;
    const quoted = /^\s*"((?:[^"\\]|\\.)*)"/.exec(value)?.[1] ?? /^([^<"]*)</.exec(value)?.[1];
    const user = parseUri(/<([^>]*)>/.exec(value)?.[1] ?? value.trim())?.user;
    const name = nameOf(quoted) ?? user ?? null;
    if (name !== null) return name;
  }
  return null;
}
