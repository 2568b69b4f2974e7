import { createHash } from 'node:crypto';

/** A demand for a digest (RFC 7616 section 3.3), its strings without quotes and escapes. */
export interface Challenge {
  readonly by: 'server' | 'proxy';
  readonly realm: string;
  readonly nonce: string;
  readonly opaque: string | null;
  /** As it was written, to be repeated; null: none was named, which means MD5. */
  readonly algorithm: string | null;
  readonly qop: 'auth' | 'auth-int' | null;
  readonly stale: boolean;
}

/** What a response asks for: challenges that we can answer, and what it wants beside them. */
export interface Demands {
  /** One of each realm, by the strongest algorithm that we have (RFC 8760 section 2.4). */
  readonly challenges: readonly Challenge[];
  /** In words, `digest with algorithm SHA-512`. */
  readonly others: readonly string[];
}

const HASHES: ReadonlyMap<string, string> = new Map([
  ['SHA-512-256', 'sha512-256'],
  ['SHA-256', 'sha256'],
  ['MD5', 'md5'],
]);
const STRENGTH = [...HASHES.keys()].toReversed();

const HEADER = /^(www|proxy)-authenticate[ \t]*:((?:[^\r\n]|\r\n[ \t])*)/gim;
/** One `name=value`, or the name of a scheme. */
const PART = /[\s,]*([!#$%&'*+.^_`|~\w-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\[^])*)"|([^\s,"]+)))?/gy;

/** What a 401 or 407, as it came over the wire, demands. */
export function demandsOf(message: string): Demands {
  const head = message.split('\r\n\r\n', 1)[0] ?? '';
  const best = new Map<string, Challenge>();
  const others: string[] = [];
  for (const [, where = '', value = ''] of head.matchAll(HEADER)) {
    for (const { scheme, params } of challengesIn(value)) {
      const challenge = digestChallenge(/^proxy$/i.test(where) ? 'proxy' : 'server', scheme, params);
      if (typeof challenge === 'string') {
        others.push(challenge);
        continue;
      }
      const key = `${challenge.by} ${challenge.realm}`;
      const known = best.get(key);
      if (!known || strengthOf(challenge) > strengthOf(known)) best.set(key, challenge);
    }
  }
  return { challenges: [...best.values()], others };
}

interface Scheme {
  readonly scheme: string;
  readonly params: ReadonlyMap<string, string>;
}

function challengesIn(value: string): Scheme[] {
  const found: { scheme: string; params: Map<string, string> }[] = [];
  for (const [, name = '', quoted, bare] of value.matchAll(PART)) {
    const text = quoted?.replaceAll(/\\([^])/g, '$1') ?? bare;
    if (text === undefined) found.push({ scheme: name, params: new Map() });
    else found.at(-1)?.params.set(name.toLowerCase(), text);
  }
  return found;
}

function digestChallenge(
  by: Challenge['by'],
  scheme: string,
  params: ReadonlyMap<string, string>,
): Challenge | string {
  if (scheme.toLowerCase() !== 'digest') return `${scheme.slice(0, 40)} authentication`;
  const realm = params.get('realm');
  const nonce = params.get('nonce');
  if (realm === undefined || nonce === undefined) return 'a digest without realm or nonce';
  const algorithm = params.get('algorithm') ?? null;
  if (!HASHES.has(baseOf(algorithm))) return `a digest by ${(algorithm ?? '').slice(0, 40)}`;
  const qops = params
    .get('qop')
    ?.toLowerCase()
    .split(/[\s,]+/);
  const qop = qops?.includes('auth') ? 'auth' : qops?.includes('auth-int') ? 'auth-int' : null;
  if (qops && !qop) return `a digest with protection ${qops.join(' ').slice(0, 40)}`;
  return {
    by,
    realm,
    nonce,
    opaque: params.get('opaque') ?? null,
    algorithm,
    qop,
    stale: params.get('stale')?.toLowerCase() === 'true',
  };
}

function strengthOf({ algorithm }: Challenge): number {
  return STRENGTH.indexOf(baseOf(algorithm));
}

function baseOf(algorithm: string | null): string {
  return (algorithm ?? 'MD5').toUpperCase().replace(/-SESS$/, '');
}

export interface DigestRequest {
  readonly method: string;
  /** As on the request line. */
  readonly uri: string;
  readonly body: string;
}

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/**
 * Value of the Authorization or Proxy-Authorization header (RFC 7616 section 3.4; without qop as RFC 2617 section
 * 3.2.2.1 has it). `count`: how many requests were made with this nonce, this one included. `cnonce` stays with the
 * nonce, as the -sess algorithms need.
 */
export function answerTo(
  challenge: Challenge,
  { method, uri, body }: DigestRequest,
  { user, password }: Credentials,
  cnonce: string,
  count: number,
): string {
  const { realm, nonce, opaque, algorithm, qop } = challenge;
  const name = HASHES.get(baseOf(algorithm)) ?? 'md5';
  const hash = (text: string) => createHash(name).update(text, 'utf8').digest('hex');
  const secret = hash(`${user}:${realm}:${password}`);
  const a1 = /-sess$/i.test(algorithm ?? '') ? hash(`${secret}:${nonce}:${cnonce}`) : secret;
  const a2 = hash(qop === 'auth-int' ? `${method}:${uri}:${hash(body)}` : `${method}:${uri}`);
  const nc = count.toString(16).padStart(8, '0');
  const response = hash(qop ? `${a1}:${nonce}:${nc}:${cnonce}:${qop}:${a2}` : `${a1}:${nonce}:${a2}`);
  const needsCnonce = qop !== null || /-sess$/i.test(algorithm ?? '');
  return [
    `Digest username=${quote(user)}`,
    `realm=${quote(realm)}`,
    `nonce=${quote(nonce)}`,
    `uri=${quote(uri)}`,
    `response="${response}"`,
    ...(algorithm === null ? [] : [`algorithm=${algorithm}`]),
    ...(needsCnonce ? [`cnonce="${cnonce}"`] : []),
    ...(qop === null ? [] : [`qop=${qop}`, `nc=${nc}`]),
    ...(opaque === null ? [] : [`opaque=${quote(opaque)}`]),
  ].join(', ');
}

/** Line ends cannot be inside: what came was one line, and what a person writes must not become two. */
function quote(text: string): string {
  return `"${text.replaceAll(/[\r\n]/g, ' ').replaceAll(/["\\]/g, '\\$&')}"`;
}
