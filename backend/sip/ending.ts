import type { IncomingResponseMessage } from 'sip.js/lib/core/index.js';

/** Why a call, a hold or a transfer did not come about, for a person. */

const WORDS: Readonly<Record<number, string>> = {
  300: 'several addresses, none of which could be called',
  301: 'moved, and not reachable there',
  302: 'redirected, and not reachable there',
  305: 'wants to be called through a proxy that did not answer',
  380: 'offers another service only',
  400: 'the far end found our request malformed',
  401: 'wrong user name or password',
  402: 'payment required',
  403: 'forbidden',
  404: 'not found',
  405: 'the far end does not do this',
  406: 'not acceptable',
  407: 'wrong user name or password',
  408: 'no answer',
  410: 'gone: the number is no longer in use',
  413: 'our request was too large',
  414: 'our request was too large',
  415: 'the far end does not understand this',
  416: 'the far end does not know this kind of address',
  420: 'the far end lacks an extension',
  421: 'the far end wants an extension we lack',
  422: 'session interval too short',
  423: 'registration interval too short',
  480: 'not available',
  481: 'the far end does not know this call',
  482: 'loop detected',
  483: 'too many hops',
  484: 'number incomplete',
  485: 'ambiguous',
  486: 'busy',
  487: 'cancelled',
  488: 'not acceptable there',
  491: 'the far end is changing the call itself',
  493: 'not decipherable',
  494: 'a security agreement is required',
  500: 'error at the far end',
  501: 'the far end does not do this',
  502: 'bad gateway',
  503: 'service unavailable',
  504: 'timeout at a server',
  505: 'SIP version not supported',
  513: 'our request was too large',
  580: 'a precondition failed',
  600: 'busy everywhere',
  603: 'declined',
  604: 'does not exist anywhere',
  606: 'not acceptable',
};

/** A response that ends something, in words: "busy (486)", "not acceptable there (488): no common codec". */
export function reasonOf(message: IncomingResponseMessage): string {
  const code = message.statusCode ?? 500;
  const warning = warningOf(message);
  // Our own layer says who did not answer, in full words.
  if (warning?.ours && (code === 408 || code === 503)) return warning.text;
  const said = `${statusWords(code, message.reasonPhrase ?? '')} (${code})`;
  return warning ? `${said}: ${warning.text}` : said;
}

/** `busy`, `declined`; the far end's own phrase for a status without words of ours. */
export function statusWords(code: number, phrase: string): string {
  const words = WORDS[code] ?? phrase.toLowerCase().slice(0, 120);
  return words === '' ? 'refused' : words;
}

/** `hung up`, with the text of a Reason header (RFC 3326) where there is one worth reading. */
export function hangUpReason(reasonHeader: string | undefined): string {
  const text = /;\s*text\s*=\s*"((?:[^"\\]|\\.)*)"/i.exec(reasonHeader ?? '')?.[1]?.trim();
  if (text === undefined || text === '' || /normal/i.test(text)) return 'hung up';
  return `hung up: ${text.replaceAll(/\\(.)/g, '$1').slice(0, 120)}`;
}

function warningOf(
  message: IncomingResponseMessage,
): { readonly text: string; readonly ours: boolean } | null {
  const match = /^\s*(\d{3}\s+\S+)\s+"((?:[^"\\]|\\.)*)"/.exec(message.getHeader('warning') ?? '');
  if (!match?.[2]) return null;
  return { text: match[2].replaceAll(/\\(.)/g, '$1').slice(0, 300), ours: match[1] === '399 sidetone' };
}

/** ms of a Retry-After header; null: none. */
export function retryAfterMs(message: IncomingResponseMessage): number | null {
  const seconds = /^\s*(\d{1,6})\b/.exec(message.getHeader('retry-after') ?? '')?.[1];
  return seconds === undefined ? null : Number(seconds) * 1000;
}
