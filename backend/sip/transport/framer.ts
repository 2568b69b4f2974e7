import { SidetoneError } from '../../base/errors.ts';

const MOST_HEADER_BYTES = 64 * 1024;
const MOST_BODY_BYTES = 1024 * 1024;
const CR = 13;
const LF = 10;

/** What came complete. */
export interface Framed {
  readonly messages: Buffer[];
  /** Double CRLFs between messages: whoever sent them wants one back (RFC 5626 section 3.5.1). */
  pings: number;
  /** Single CRLFs: answers to ours. */
  pongs: number;
}

/**
 * Cuts a byte stream into SIP messages (RFC 3261 section 18.3): headers up to the empty line, then as many bytes as
 * Content-Length says; without one, none. However the stream was split or merged, the messages are the same.
 */
export class Framer {
  #chunks: Buffer[] = [];
  #size = 0;
  /** No need to look again before that many bytes are there. */
  #wanted = 1;

  /** Whether a message has begun that is not complete. */
  get begun(): boolean {
    return this.#size > 0;
  }

  /** @throws SidetoneError 'garbled' when this cannot become a message: the connection is of no use any more */
  push(chunk: Buffer): Framed {
    const result: Framed = { messages: [], pings: 0, pongs: 0 };
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    while (this.#size >= this.#wanted) {
      const bytes = this.#chunks.length === 1 ? (this.#chunks[0] ?? chunk) : Buffer.concat(this.#chunks);
      const rest = this.#cut(bytes, result);
      this.#chunks = rest.length === 0 ? [] : [rest];
      this.#size = rest.length;
      if (rest.length === bytes.length) break;
    }
    return result;
  }

  /** Takes at most one message off the front. */
  #cut(bytes: Buffer, result: Framed): Buffer {
    const begin = skipLineEnds(bytes, result);
    const rest = begin === 0 ? bytes : bytes.subarray(begin);
    this.#wanted = rest.length + 1;
    const end = rest.indexOf('\r\n\r\n');
    if (end > MOST_HEADER_BYTES || (end < 0 && rest.length > MOST_HEADER_BYTES)) {
      throw new SidetoneError('garbled', 'SIP headers of more than 64 KB');
    }
    if (end < 0) return rest;
    const total = end + 4 + bodyLength(rest.toString('latin1', 0, end + 2));
    if (rest.length < total) {
      this.#wanted = total;
      return rest;
    }
    result.messages.push(rest.subarray(0, total));
    this.#wanted = 1;
    return rest.subarray(total);
  }
}

/** @returns how many bytes of CRLFs stand at the front. A lone CR waits for its LF. */
function skipLineEnds(bytes: Buffer, result: Framed): number {
  let at = 0;
  while (bytes[at] === CR && bytes[at + 1] === LF) {
    const double = bytes[at + 2] === CR && bytes[at + 3] === LF;
    if (double) result.pings += 1;
    else result.pongs += 1;
    at += double ? 4 : 2;
  }
  return at;
}

function bodyLength(head: string): number {
  const said = [...head.matchAll(/\r\n(?:content-length|l)[ \t]*:[ \t]*([^\r\n]*)/gi)].map(([, value = '']) =>
    value.trim(),
  );
  const [length = '0', ...others] = said;
  if (!/^\d{1,9}$/.test(length) || others.some((other) => other !== length)) {
    throw new SidetoneError('garbled', `Content-Length '${said.join(', ').slice(0, 40)}'`);
  }
  if (Number(length) > MOST_BODY_BYTES) throw new SidetoneError('garbled', 'a SIP body of more than 1 MB');
  return Number(length);
}
