import { lookup, Resolver } from 'node:dns/promises';
import type { Clock } from '../../base/clock.ts';
import { SidetoneError, explain } from '../../base/errors.ts';

export interface Naptr {
  readonly order: number;
  readonly preference: number;
  readonly flags: string;
  /** `SIP+D2U`, `SIPS+D2T`. */
  readonly service: string;
  readonly replacement: string;
}

export interface Srv {
  readonly priority: number;
  readonly weight: number;
  readonly name: string;
  readonly port: number;
}

/** Records of a name and for how long they hold, seconds. None: the name, or records of that type, do not exist. */
export interface Records<T> {
  readonly records: readonly T[];
  readonly ttlS: number;
}

/** What routing asks of DNS. Everything throws a SidetoneError 'unreachable' when no server answers. */
export interface Dns {
  naptr(name: string): Promise<Records<Naptr>>;
  srv(name: string): Promise<Records<Srv>>;
  /** IPv4 before IPv6. */
  addresses(name: string): Promise<Records<string>>;
}

/** Where Node tells no TTL, and for names that do not exist. */
const USUAL_TTL_S = 60;
const NONE = new Set(['ENODATA', 'ENOTFOUND', 'ENONAME', 'EBADNAME']);

/** DNS by this machine's servers, or by those given. The hosts file counts, unless servers are given. */
export class SystemDns implements Dns {
  readonly #resolver = new Resolver({ timeout: 2000, tries: 2 });
  readonly #hostsFile: boolean;

  /** `servers`: `127.0.0.1:5353` each. */
  constructor(servers: readonly string[] | null = null) {
    if (servers) this.#resolver.setServers(servers);
    this.#hostsFile = servers === null;
  }

  naptr(name: string): Promise<Records<Naptr>> {
    return records(name, this.#resolver.resolveNaptr(name));
  }

  srv(name: string): Promise<Records<Srv>> {
    return records(name, this.#resolver.resolveSrv(name));
  }

  async addresses(name: string): Promise<Records<string>> {
    if (this.#hostsFile) {
      // The system's own resolver knows the hosts file, mDNS and search domains.
      const found = await records(name, lookup(name, { all: true, order: 'ipv4first' }));
      return { ...found, records: found.records.map(({ address }) => address) };
    }
    const both = await Promise.all([
      records(name, this.#resolver.resolve4(name, { ttl: true })),
      records(name, this.#resolver.resolve6(name, { ttl: true })),
    ]);
    const found = both.flatMap(({ records }) => records);
    return {
      records: found.map(({ address }) => address),
      ttlS: Math.min(USUAL_TTL_S, ...found.map(({ ttl }) => ttl)),
    };
  }
}

async function records<T>(name: string, asked: Promise<T[]>): Promise<Records<T>> {
  try {
    return { records: await asked, ttlS: USUAL_TTL_S };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (NONE.has(code)) return { records: [], ttlS: USUAL_TTL_S };
    throw new SidetoneError('unreachable', `DNS has no answer for ${name} (${code || explain(error)})`, {
      hint: 'Check the network and the DNS server, or write an IP address.',
      retryable: true,
      cause: error,
    });
  }
}

const MOST_NAMES = 1000;

/** Remembers the answers of one kind for as long as they hold. */
class Remembered<T> {
  readonly #ask: (name: string) => Promise<Records<T>>;
  readonly #clock: Clock;
  readonly #known = new Map<string, { readonly until: number; readonly answer: Records<T> }>();

  constructor(ask: (name: string) => Promise<Records<T>>, clock: Clock) {
    this.#ask = ask;
    this.#clock = clock;
  }

  async get(name: string): Promise<Records<T>> {
    const known = this.#known.get(name);
    if (known && this.#clock.now() < known.until) return known.answer;
    this.#known.delete(name);
    const answer = await this.#ask(name);
    this.#known.set(name, { until: this.#clock.now() + answer.ttlS * 1000, answer });
    const [oldest] = this.#known.keys();
    if (this.#known.size > MOST_NAMES && oldest !== undefined) this.#known.delete(oldest);
    return answer;
  }
}

/** Another DNS whose answers are kept as long as their TTL lets. */
export class DnsCache implements Dns {
  readonly #naptr: Remembered<Naptr>;
  readonly #srv: Remembered<Srv>;
  readonly #addresses: Remembered<string>;

  constructor(dns: Dns, clock: Clock) {
    this.#naptr = new Remembered((name) => dns.naptr(name), clock);
    this.#srv = new Remembered((name) => dns.srv(name), clock);
    this.#addresses = new Remembered((name) => dns.addresses(name), clock);
  }

  naptr(name: string): Promise<Records<Naptr>> {
    return this.#naptr.get(name);
  }

  srv(name: string): Promise<Records<Srv>> {
    return this.#srv.get(name);
  }

  addresses(name: string): Promise<Records<string>> {
    return this.#addresses.get(name);
  }
}
