import type { IncomingRequestMessage, URI } from 'sip.js/lib/core/index.js';
import { parameterOf, parseUri } from './sip-js.ts';

/** What REFER and its NOTIFYs carry (RFC 3515, RFC 3891, RFC 3892). Texts in, values out. */

export interface Referral {
  readonly target: URI;
  /** Value of the Replaces header that the new INVITE is to carry; null: none. */
  readonly replaces: string | null;
  readonly referredBy: string | null;
  /** The other side wants no NOTIFYs (RFC 4488). */
  readonly quiet: boolean;
}

/** null: nothing that we could call. */
export function parseReferral(message: IncomingRequestMessage): Referral | null {
  if (message.getHeaders('refer-to').length !== 1) return null;
  const value = message.getHeader('refer-to') ?? '';
  const text = /<([^>]*)>/.exec(value)?.[1] ?? value.trim();
  const target = parseUri(text.trim());
  if (!target || (target.scheme !== 'sip' && target.scheme !== 'sips')) return null;
  const method = parameterOf(target, 'method');
  if (method !== '' && method !== 'invite') return null;
  const replaces = /[?&]replaces=([^&]*)/i.exec(text)?.[1] ?? null;
  target.clearHeaders();
  target.deleteParam('method');
  return {
    target,
    replaces: replaces === null ? null : unescaped(replaces),
    referredBy: message.getHeader('referred-by') ?? message.getHeader('b') ?? null,
    quiet: /^\s*false\b/i.test(message.getHeader('refer-sub') ?? ''),
  };
}

function unescaped(text: string): string | null {
  try {
    const value = decodeURIComponent(text);
    return /[\r\n]/.test(value) ? null : value;
  } catch {
    return null;
  }
}

/** `<sip:bob@host?Replaces=...>`, everything of the header escaped. */
export function referTo(target: URI, replaces: string | null): string {
  const uri = target.clone();
  uri.clearHeaders();
  const header = replaces === null ? '' : `?Replaces=${encodeURIComponent(replaces)}`;
  return `<${uri.toString()}${header}>`;
}

/** Status line of a message/sipfrag (RFC 3420); null: none. */
export function parseSipFragment(body: string): { readonly code: number; readonly phrase: string } | null {
  const match = /^\s*SIP\/2\.0\s+([1-6]\d\d)[ \t]*([^\r\n]*)/i.exec(body);
  return match ? { code: Number(match[1]), phrase: (match[2] ?? '').trim() } : null;
}

export function sipFragment(code: number, phrase: string): string {
  return `SIP/2.0 ${code} ${phrase}\r\n`;
}

/** Whether a NOTIFY says that no more will come. */
export function isLast(message: IncomingRequestMessage): boolean {
  return /^\s*terminated\b/i.test(message.getHeader('subscription-state') ?? '');
}
