import { explain } from '../../base/errors.ts';
import type { Scope } from '../../base/scope.ts';
import type { Link } from './link.ts';

const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 60_000;
const STEADY_MS = 10_000;
/** RFC 5626 section 4.4.2: NATs forget a UDP flow after half a minute. */
const UDP_KEEP_ALIVE_MS = 25_000;

export interface FlowOptions {
  readonly scope: Scope;
  random(): number;
  /** @throws SidetoneError in words */
  connect(): Promise<{ link: Link; to: { host: string; port: number } }>;
  onState(state: 'connected' | 'disconnected', why: string | null): void;
}

/** The way to the registrar or proxy: kept alive, and opened again with backoff (RFC 5626 section 4.5) when it drops. */
export class Flow {
  readonly #options: FlowOptions;
  #link: Link | null = null;
  #to: { host: string; port: number } | null = null;
  #failures = 0;

  constructor(options: FlowOptions) {
    this.#options = options;
    options.scope.every(UDP_KEEP_ALIVE_MS, () => this.#keepAlive());
  }

  /** @throws SidetoneError when the first attempt fails: whoever asked decides what then */
  async start(): Promise<void> {
    await this.#connect();
  }

  /** Address of the server in use; null: none is. */
  get address(): string | null {
    return this.#link === null ? null : (this.#to?.host ?? null);
  }

  /** A link has closed. */
  closed(link: Link, why: string): void {
    if (link !== this.#link) return;
    this.#link = null;
    this.#options.onState('disconnected', why);
    this.#retry();
  }

  async #connect(): Promise<void> {
    const { link, to } = await this.#options.connect();
    this.#link = link;
    this.#to = to;
    // A server may refuse our certificate after it has taken the connection: only one that lasts counts as one.
    this.#options.scope.after(STEADY_MS, () => {
      if (this.#link === link) this.#failures = 0;
    });
    this.#options.onState('connected', null);
    if (link.closed) this.closed(link, 'it closed the connection');
  }

  #retry(): void {
    const longest = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#failures);
    this.#failures += 1;
    this.#options.scope.after(longest * (0.5 + this.#options.random() / 2), () => {
      this.#connect().catch((error: unknown) => {
        this.#options.onState('disconnected', explain(error));
        this.#retry();
      });
    });
  }

  /** Connections keep themselves alive. */
  #keepAlive(): void {
    if (this.#link?.reliable !== false || !this.#to) return;
    // What cannot be sent now may be in 25 s; the next request tells.
    this.#link.send('\r\n\r\n', this.#to).catch(() => undefined);
  }
}
