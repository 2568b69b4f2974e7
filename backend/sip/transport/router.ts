import { SidetoneError, explain } from '../../base/errors.ts';
import type { AccountSettings } from '../../contract/sip.ts';
import { BoundedMap } from './bounded-map.ts';
import type { Dns } from './dns.ts';
import type { Link } from './link.ts';
import type { SipMessage } from './message.ts';
import { hopOf, parseHop, resolveHop, showTarget, type Hop, type Target } from './routing.ts';
import { parseSipUri, uriInHeader } from './uri.ts';

const MOST_REMEMBERED = 1000;

/** Where an account's requests go: by its settings, else by Route and request URI. */
export class Router {
  readonly #settings: AccountSettings;
  readonly #dns: Dns;
  readonly #random: () => number;
  readonly #server: Hop;
  readonly #domain: string;
  /** By domain the target that answered last; by target whether it did. */
  readonly #good = new BoundedMap<string, string>(MOST_REMEMBERED);

  /** @throws SidetoneError 'usage' when proxy or registrar cannot be read */
  constructor(settings: AccountSettings, dns: Dns, random: () => number) {
    this.#settings = settings;
    this.#dns = dns;
    this.#random = random;
    this.#server = this.#with(parseHop(settings.proxy ?? settings.registrar ?? settings.aor));
    this.#domain = parseSipUri(settings.aor)?.host ?? '';
  }

  /** @throws SidetoneError in words */
  async route(request: SipMessage): Promise<readonly Target[]> {
    const route = request.get('route');
    const uri = (route === null ? null : uriInHeader(route)) ?? request.request?.uri ?? '';
    const hop = hopOf(uri);
    // A registrar named by address stands for the domain, also where the domain has none.
    const ours = route === null && hop?.host === this.#domain && hop.port === null;
    // A WebSocket client has one connection, and everything goes over it (RFC 7118 section 5).
    const throughServer = this.#settings.proxy !== null || ours || this.#server.transport === 'wss';
    if (throughServer) return this.targets(this.#server);
    if (hop) return this.targets(this.#with(hop));
    throw new SidetoneError('usage', `'${uri}' is not a SIP address`);
  }

  /** The one that answered last comes first. */
  async targets(hop: Hop): Promise<readonly Target[]> {
    const { targets } = await resolveHop(hop, this.#dns, this.#random);
    const good = this.#good.get(hop.host);
    return targets.toSorted((a, b) => Number(showTarget(b) === good) - Number(showTarget(a) === good));
  }

  remember(target: Target, good: boolean): void {
    const shown = showTarget(target);
    if (good) this.#good.set(target.domain, shown);
    else if (this.#good.get(target.domain) === shown) this.#good.set(target.domain, '');
  }

  /** @throws SidetoneError with what each target said */
  async firstReachable(open: (target: Target) => Promise<Link>): Promise<{ target: Target; link: Link }> {
    const failures: unknown[] = [];
    for (const target of await this.targets(this.#server)) {
      try {
        return { target, link: await open(target) };
      } catch (error) {
        failures.push(error);
      }
    }
    const [first] = failures;
    if (failures.length === 1 && first instanceof SidetoneError) throw first;
    throw new SidetoneError('unreachable', failures.map(explain).join('; '), { retryable: true });
  }

  /** Who may begin calls with us: registrar and proxy, as DNS has them. @throws SidetoneError 'unreachable' */
  async serverAddresses(): Promise<ReadonlySet<string>> {
    const { proxy, registrar, aor } = this.#settings;
    const named = [proxy, registrar ?? (proxy === null ? aor : null)].filter((hop) => hop !== null);
    const found = await Promise.all(named.map((text) => this.targets(this.#with(parseHop(text)))));
    return new Set(found.flat().map(({ address }) => address));
  }

  /** With the account's transport, unless the hop names one. */
  #with(hop: Hop): Hop {
    const { transport } = this.#settings;
    return { ...hop, transport: hop.transport ?? (transport === 'auto' ? null : transport) };
  }
}
