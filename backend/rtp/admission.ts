import { BlockList, isIP, isIPv4 } from 'node:net';
import { SidetoneError } from '../base/errors.ts';

/** Why a new source does not become a call: not in the allowed networks; too many calls; too many new ones at once. */
export const REFUSALS = ['network', 'calls', 'rate'] as const;
export type Refusal = (typeof REFUSALS)[number];

export interface AdmissionLimits {
  readonly maxCalls: number;
  /** New calls per second, and how many may come at the same moment. */
  readonly maxNewPerSecond: number;
  /** Networks in CIDR notation, or single addresses; null admits every address. */
  readonly allow: readonly string[] | null;
}

/** Decides which unknown sources become calls, so that a flood of them costs a bounded amount. */
export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #allowed: BlockList | null;
  /** Token bucket of new calls. */
  #tokens: number;
  #filledAt = -Infinity;
  #calls = 0;
  readonly #refused: Record<Refusal, number> = { network: 0, calls: 0, rate: 0 };

  /** Throws a SidetoneError, kind usage, when a network is not in CIDR notation. */
  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
    this.#tokens = limits.maxNewPerSecond;
    this.#allowed = limits.allow === null ? null : networkList(limits.allow);
  }

  /** Refusals so far, by reason. */
  get refused(): Readonly<Record<Refusal, number>> {
    return this.#refused;
  }

  get calls(): number {
    return this.#calls;
  }

  /** null: counted as a call until release(). `address` as node:dgram gives it, `now` in ms of a monotonic clock. */
  admit(address: string, now: number): Refusal | null {
    const refusal = this.#judge(address, now);
    if (refusal === null) {
      this.#calls++;
      this.#tokens--;
    } else {
      this.#refused[refusal]++;
    }
    return refusal;
  }

  /** A call has ended. */
  release(): void {
    if (this.#calls > 0) this.#calls--;
  }

  #judge(address: string, now: number): Refusal | null {
    if (this.#allowed !== null && !this.#allowed.check(address, isIPv4(address) ? 'ipv4' : 'ipv6'))
      return 'network';
    if (this.#calls >= this.#limits.maxCalls) return 'calls';
    const { maxNewPerSecond } = this.#limits;
    if (now > this.#filledAt) {
      this.#tokens = Math.min(
        maxNewPerSecond,
        this.#tokens + ((now - this.#filledAt) / 1000) * maxNewPerSecond,
      );
      this.#filledAt = now;
    }
    return this.#tokens < 1 ? 'rate' : null;
  }
}

function networkList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', prefix, ...rest] = network.split('/');
    const family = isIP(address);
    const longest = family === 4 ? 32 : 128;
    const bits = prefix === undefined ? longest : /^\d{1,3}$/.test(prefix) ? Number(prefix) : NaN;
    if (family === 0 || rest.length > 0 || !(bits <= longest)) {
      throw new SidetoneError('usage', `'${network}' is not a network`, {
        hint: 'Write an address or CIDR notation, such as 192.0.2.7, 10.0.0.0/8 or fd00::/8.',
      });
    }
    list.addSubnet(address, bits, family === 4 ? 'ipv4' : 'ipv6');
  }
  return list;
}
