import type { SrtpKeys } from '../../contract/sip.ts';

export type SrtpSuite = SrtpKeys['suite'];

/** In the order in which they are offered. */
export const SRTP_SUITES: readonly SrtpSuite[] = ['AES_CM_128_HMAC_SHA1_80', 'AES_CM_128_HMAC_SHA1_32'];

/** Master key (128 bits) and salt (112 bits). */
export const KEY_BYTES = 30;

/** One a=crypto line (SDES, RFC 4568 section 9) that we could take. */
export interface CryptoLine {
  readonly tag: number;
  readonly suite: SrtpSuite;
  readonly key: Uint8Array;
}

const CRYPTO = /^a=crypto:(\d{1,9})[ \t]+([A-Z0-9_]{1,60})[ \t]+(\S+)((?:[ \t]+\S+)*)[ \t]*$/i;
/** Key and salt, lifetime in packets as a number or a power of two, master key identifier. */
const INLINE = /^inline:([A-Za-z0-9+/]{40})(?:={0,2})(?:\|(2\^\d{1,2}|\d{1,15}))?(?:\|(\d+:\d+))?$/i;

/**
 * The line, or null where it is none that we may take: an unknown suite, a key of the wrong length, a master key
 * identifier or several keys (both would need it in each packet), or session parameters that change what is
 * protected. Those written with `-` may be ignored, and WSH is a hint (section 6.3).
 */
export function parseCrypto(line: string): CryptoLine | null {
  const [, tag, suiteText, params, session] = CRYPTO.exec(line) ?? [];
  const suite = SRTP_SUITES.find((known) => known === suiteText?.toUpperCase());
  const [, base64, , mki] = INLINE.exec(params ?? '') ?? [];
  if (tag === undefined || suite === undefined || base64 === undefined || mki !== undefined) return null;
  const harmless = (session ?? '')
    .split(/[ \t]+/)
    .every((parameter) => parameter === '' || parameter.startsWith('-') || /^WSH=\d+$/i.test(parameter));
  if (!harmless) return null;
  const key = Buffer.from(base64, 'base64');
  return key.length === KEY_BYTES ? { tag: Number(tag), suite, key: new Uint8Array(key) } : null;
}

/** `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:...` */
export function cryptoLine({ tag, suite, key }: CryptoLine): string {
  return `a=crypto:${tag} ${suite} inline:${Buffer.from(key).toString('base64')}`;
}

export function sameKey(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
