/** Keys by SIP INFO: `application/dtmf-relay` (Signal=5, Duration=160) and `application/dtmf` (the key alone). */

const KEYS = /^[0-9A-D*#]$/i;
/** Where the far end names no duration. */
const USUAL_MS = 160;

export interface InfoKey {
  readonly digit: string;
  readonly durationMs: number;
}

/** null: no key in it. Some name * and # by their event numbers 10 and 11. */
export function parseInfoKey(contentType: string, body: string): InfoKey | null {
  const type = contentType.split(';')[0]?.trim().toLowerCase();
  if (type === 'application/dtmf') return keyOf(body.trim(), USUAL_MS);
  if (type !== 'application/dtmf-relay') return null;
  const signal = /^\s*signal\s*=\s*(\S+)/im.exec(body)?.[1] ?? '';
  const duration = Number(/^\s*duration\s*=\s*(\d{1,5})\b/im.exec(body)?.[1] ?? USUAL_MS);
  return keyOf(signal, duration);
}

function keyOf(signal: string, durationMs: number): InfoKey | null {
  const digit = signal === '10' ? '*' : signal === '11' ? '#' : signal.toUpperCase();
  return KEYS.test(digit) ? { digit, durationMs } : null;
}

export function infoKeyBody(digit: string): string {
  return `Signal=${digit.toUpperCase()}\r\nDuration=${USUAL_MS}\r\n`;
}

/** Keys of a string as a person writes it; null: something else is among them. */
export function keysOf(digits: string): readonly string[] | null {
  const keys = Array.from(digits.replaceAll(/[\s-]/g, ''));
  return keys.length > 0 && keys.every((key) => KEYS.test(key)) ? keys : null;
}
