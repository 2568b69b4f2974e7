import { parseAddress } from '../backend/base/address.ts';

/** What a person may have called: a SIP stack finds its way there, or audio is sent straight to an address. */
export type Target =
  | { readonly kind: 'rtp'; readonly host: string; readonly port: number }
  | { readonly kind: 'sip'; readonly target: string };

/** `HOST:PORT` alone, where a port says that it is no user of an account's domain. */
const ADDRESS = /^(?:\[[^\]@]+\]|[^:@]+):\d{1,5}$/;

/**
 * `rtp:HOST:PORT` and `HOST:PORT` are raw RTP, all else is for SIP: `sip:`, `sips:`, `tel:`, USER@HOST, a number.
 * @throws SidetoneError 'usage' for `rtp:` without an address
 */
export function parseTarget(text: string): Target {
  const named = /^rtp:(.*)$/is.exec(text)?.[1];
  if (named === undefined && !ADDRESS.test(text)) return { kind: 'sip', target: text };
  return { kind: 'rtp', ...parseAddress((named ?? text).replace(/^\/\//, ''), 'target') };
}

/** Of links that are dialled. */
export const LINK_SCHEMES = ['sip', 'sips', 'tel'] as const;

/** Whether a link of another program asks for a call, be it one that can be made or not. */
export function asksForCall(link: string): boolean {
  return /^(?:sips?|tel):/i.test(link);
}

/** As contract/window.ts has it for a target. */
const MAX_LENGTH = 300;
/** RFC 3261 section 25.1 without headers and passwords, RFC 3966 section 3. Nothing that a shell or a header knows. */
const LINKS: readonly RegExp[] = [
  /^sips?:(?:[\w.!~*'()&=+$,;/%#-]+@)?(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?(?:;[\w.!~*'()[\]/:&+$%-]+(?:=[\w.!~*'()[\]/:&+$%-]+)?)*$/i,
  /^tel:\+?[\da-f*#().-]+(?:;[\w.!~*'()[\]/:&+$%-]+(?:=[\w.!~*'()[\]/:&+$%-]+)?)*$/i,
];

/**
 * Whom a link of another program would have called, for the dial field; null: this is no such link, or not one to be
 * trusted. What a link asks beside that (`?Replaces=`, `;method=`, RFC 3261 section 19.1.5) is left out.
 */
export function dialLink(link: string): string | null {
  const match = /^(sips?|tel):(?:\/\/)?([^?]*)/is.exec(link.trim());
  if (!match?.[1] || match[2] === undefined || link.length > MAX_LENGTH) return null;
  const rest = match[2].replace(/\/$/, '').replaceAll(/;method=[^;]*/gi, '');
  const scheme = match[1].toLowerCase();
  // Browsers write the spaces of a number as they like.
  const target = `${scheme}:${scheme === 'tel' ? rest.replaceAll(/%20|\s/g, '') : rest}`;
  return LINKS.some((form) => form.test(target)) ? target : null;
}
