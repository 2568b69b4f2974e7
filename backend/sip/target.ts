import type { URI } from 'sip.js/lib/core/index.js';
import { SidetoneError } from '../base/errors.ts';
import { parseUri } from './sip-js.ts';

const HINT = 'Write sip:USER@HOST, tel:+NUMBER, USER@HOST or, with an account, a number alone.';

/** Host part that a target names, lower case; null: a number or user alone, which is the account's business. */
export function domainOf(target: string): string | null {
  const text = target.trim();
  if (/^tel:/i.test(text)) return null;
  const uri = /^sips?:/i.test(text) ? parseUri(text) : looksLikeHost(text) ? parseUri(`sip:${text}`) : null;
  return uri?.host.toLowerCase() ?? null;
}

/**
 * What a person writes, as something to call. `home`: the account's domain, where numbers and users alone are looked
 * for; null: there is no account. @throws SidetoneError 'usage'
 */
export function targetUri(target: string, home: string | null): URI {
  const text = target.trim();
  const uri = parseUri(/^sips?:/i.test(text) ? text : written(text, home));
  if (!uri)
    throw new SidetoneError('usage', `${JSON.stringify(text)} is nothing that can be called`, { hint: HINT });
  // Headers of a URI would become headers of our INVITE: nobody may smuggle those in by a link.
  uri.clearHeaders();
  uri.deleteParam('method');
  return uri;
}

function written(text: string, home: string | null): string {
  if (/^tel:/i.test(text)) return telephone(text.slice(4), home);
  if (looksLikeHost(text)) return `sip:${text}`;
  if (home === null) {
    throw new SidetoneError('usage', `without an account ${JSON.stringify(text)} cannot be called`, {
      hint: HINT,
    });
  }
  const number = /^[\d\s().*#+-]+$/.test(text) ? text.replaceAll(/[\s().-]/g, '') : text;
  if (/[\s:]/.test(number)) return '';
  return `sip:${escaped(number)}@${home}`;
}

/** `bob@host`, or a host or address with a port alone. */
function looksLikeHost(text: string): boolean {
  if (text.includes('@')) return true;
  return /^(?:\d{1,3}(?:\.\d{1,3}){3}|\[[\da-f:.]+\]|[a-z\d.-]+(?=:))(?::\d{1,5})?(?:;.*)?$/i.test(text);
}

/**
 * A telephone number at our domain (RFC 3261, section 19.1.6; RFC 3966). Separators are for the eye only; parameters
 * (extension, context) are left to our domain, which knows the number or does not.
 */
function telephone(text: string, home: string | null): string {
  if (home === null) {
    throw new SidetoneError('usage', 'a telephone number can only be called with an account', { hint: HINT });
  }
  const [number = ''] = text.split(';', 1);
  const digits = number.replaceAll(/[\s().-]/g, '');
  if (!/^\+?[\da-f*#]+$/i.test(digits)) {
    throw new SidetoneError('usage', `${JSON.stringify(text)} is no telephone number`, { hint: HINT });
  }
  return `sip:${escaped(digits)}@${home};user=phone`;
}

function escaped(user: string): string {
  return user.replaceAll(/[^\w\-.!~*'()&=+$,;?/%]/g, (character) => encodeURIComponent(character));
}
