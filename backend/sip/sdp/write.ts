import { COMFORT_NOISE, directionOf, type CodecName } from './choose.ts';
import { cryptoLine, type CryptoLine } from './crypto.ts';

export interface LocalMedia {
  readonly address: string;
  readonly port: number;
}

/** Our audio, as an offer or an answer says it. */
export interface AudioSection {
  readonly protocol: string;
  readonly payloads: ReadonlyMap<number, CodecName>;
  readonly comfortNoise: boolean;
  readonly events: number | null;
  readonly crypto: readonly CryptoLine[];
  readonly ptimeMs: number;
  readonly mux: boolean;
  readonly sends: boolean;
  readonly receives: boolean;
}

/** m= and its attributes (RFC 8866 section 5.14). Keys 0-9, *, # and A-D are events 0-15 (RFC 4733 section 3.2). */
export function audioLines(port: number, section: AudioSection): string[] {
  const { protocol, payloads, comfortNoise, events, crypto, ptimeMs, mux, sends, receives } = section;
  const formats = [
    ...payloads.keys(),
    ...(comfortNoise ? [COMFORT_NOISE] : []),
    ...(events === null ? [] : [events]),
  ];
  return [
    `m=audio ${port} ${protocol} ${formats.join(' ')}`,
    ...[...payloads].map(([payload, codec]) => `a=rtpmap:${payload} ${codec}/8000`),
    ...(comfortNoise ? [`a=rtpmap:${COMFORT_NOISE} CN/8000`] : []),
    ...(events === null ? [] : [`a=rtpmap:${events} telephone-event/8000`, `a=fmtp:${events} 0-15`]),
    ...crypto.map(cryptoLine),
    `a=ptime:${ptimeMs}`,
    ...(mux ? ['a=rtcp-mux'] : []),
    `a=${directionOf(sends, receives)}`,
  ];
}

/** Our descriptions of one session: o= stays but for its version, which grows when something has changed. */
export class Origin {
  readonly #session: string;
  #first: string | null = null;
  #version = 0;
  #last = '';

  constructor(session: string) {
    this.#session = session;
  }

  /** `sections`: all m= lines with what belongs to them. */
  write(address: string, sections: readonly string[]): string {
    const net = `IN IP${address.includes(':') ? 6 : 4} ${address}`;
    this.#first ??= net;
    const rest = ['s=-', `c=${net}`, 't=0 0', ...sections, ''].join('\r\n');
    if (rest !== this.#last) {
      this.#version += 1;
      this.#last = rest;
    }
    return `v=0\r\no=- ${this.#session} ${this.#version} ${this.#first}\r\n${rest}`;
  }

  copy(): Origin {
    const copy = new Origin(this.#session);
    copy.#first = this.#first;
    copy.#version = this.#version;
    copy.#last = this.#last;
    return copy;
  }
}
