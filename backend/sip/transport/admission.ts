import { BlockList, isIP } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import { SidetoneError } from '../../base/errors.ts';

/** New requests a second of one source outside the account's servers, and how many at once. */
const NEW_PER_SECOND = 50;
const NEW_AT_ONCE = 100;
/** 403s and the like that a source is worth: an honest one learns why, a flood does not get an echo. */
const REFUSALS_PER_SECOND = 0.1;
const REFUSALS_AT_ONCE = 3;
const MOST_SOURCES = 1024;

/** How scanners call themselves. One that lies about it meets the rules for everybody. */
const SCANNERS =
  /friendly-scanner|sipvicious|sip-?scan|sipcli|sundayddr|vaxsip|vaxasip|sipsak|iwar|sivus|smap|sip ?bruteforce|pplsip|eyebeam-scan|cspbx|gulp|nmap/i;

interface Source {
  /** Token buckets: of new requests, and of refusals. */
  requests: number;
  refusals: number;
  at: number;
}

/** refuse: answer 403; slow_down: answer 503; ignore: say nothing. */
export type Judgement = 'admit' | 'refuse' | 'slow_down' | 'ignore';

/**
 * Who may begin something with us: the account's registrar and proxy, by address, and the networks it allows. Everybody
 * else is told so a few times, then meets silence. Memory is bounded: of too many sources the longest quiet is forgotten.
 */
export class Admission {
  readonly #allowed: BlockList;
  readonly #clock: Clock;
  readonly #sources = new Map<string, Source>();
  #servers: ReadonlySet<string> = new Set();

  /** @throws SidetoneError 'usage' when a network is not in CIDR notation */
  constructor(allow: readonly string[], clock: Clock) {
    this.#allowed = listOf(allow);
    this.#clock = clock;
  }

  /** Addresses of registrar and proxy as DNS has them now. */
  set servers(addresses: ReadonlySet<string>) {
    this.#servers = addresses;
  }

  get servers(): ReadonlySet<string> {
    return this.#servers;
  }

  get size(): number {
    return this.#sources.size;
  }

  /** Of a request that begins something. `agent`: User-Agent, null where it names none. */
  judge(address: string, agent: string | null): Judgement {
    const host = address.replace(/^::ffff:/i, '');
    if (this.#servers.has(host)) return 'admit';
    if (agent !== null && SCANNERS.test(agent)) return 'ignore';
    const source = this.#source(host);
    if (this.#allowed.check(host, isIP(host) === 6 ? 'ipv6' : 'ipv4')) {
      if (source.requests >= 1) {
        source.requests -= 1;
        return 'admit';
      }
      return this.#mayAnswer(source) ? 'slow_down' : 'ignore';
    }
    return this.#mayAnswer(source) ? 'refuse' : 'ignore';
  }

  /** Whether a malformed message of this source is worth an answer. */
  worthAnswer(address: string): boolean {
    const host = address.replace(/^::ffff:/i, '');
    return this.#servers.has(host) || this.#mayAnswer(this.#source(host));
  }

  #mayAnswer(source: Source): boolean {
    if (source.refusals < 1) return false;
    source.refusals -= 1;
    return true;
  }

  #source(host: string): Source {
    const now = this.#clock.now();
    const known = this.#sources.get(host) ?? { requests: NEW_AT_ONCE, refusals: REFUSALS_AT_ONCE, at: now };
    const seconds = (now - known.at) / 1000;
    known.requests = Math.min(NEW_AT_ONCE, known.requests + seconds * NEW_PER_SECOND);
    known.refusals = Math.min(REFUSALS_AT_ONCE, known.refusals + seconds * REFUSALS_PER_SECOND);
    known.at = now;
    // Put last, so that the first of the table is the one that was quiet for longest.
    this.#sources.delete(host);
    this.#sources.set(host, known);
    const [oldest] = this.#sources.keys();
    if (this.#sources.size > MOST_SOURCES && oldest !== undefined) this.#sources.delete(oldest);
    return known;
  }
}

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', prefix, ...rest] = network.split('/');
    const family = isIP(address);
    const longest = family === 4 ? 32 : 128;
    const bits = prefix === undefined ? longest : /^\d{1,3}$/.test(prefix) ? Number(prefix) : NaN;
    if (family === 0 || rest.length > 0 || !(bits <= longest)) {
      throw new SidetoneError('usage', `allow: '${network}' is not a network`, {
        hint: 'Write an address or CIDR notation, such as 192.0.2.7, 10.0.0.0/8 or 0.0.0.0/0 for anyone.',
      });
    }
    list.addSubnet(address, bits, family === 4 ? 'ipv4' : 'ipv6');
  }
  return list;
}
