import dgram from 'node:dgram';
import { PACKET_SAMPLES, MULAW_SILENCE } from './mulaw.ts';

/**
 * A telephone line in raw RTP with PCMU (RFC 3550, 3551): the benches' own, which shares no code with what it
 * measures. Headers without CSRC, extension or padding, which is all the engine sends.
 */

const HEADER_BYTES = 12;
const KERNEL_BUFFER_BYTES = 1 << 18;
const SILENCE = new Uint8Array(PACKET_SAMPLES).fill(MULAW_SILENCE);

export interface WireLineHandler {
  /** bytes[from, to): the payload of a packet that came now. */
  heard(bytes: Uint8Array, from: number, to: number, now: number): void;
  /** The far end has closed its port. */
  gone(): void;
}

export class WireLine {
  readonly #socket: dgram.Socket;
  readonly #handler: WireLineHandler;
  readonly #arrivals: number[] | null;
  readonly #out = Buffer.alloc(HEADER_BYTES + PACKET_SAMPLES);
  #ssrc = 0;
  #sequence = 0;
  #timestamp = 0;
  #farSsrc = -1;
  #farSequence = 0;
  #farTimestamp = 0;
  /** Packets of 20 ms on the far end's grid since its first. */
  #farTick = 0;
  #open = true;
  #connected = false;
  sent = 0;
  received = 0;
  lost = 0;
  unsent = 0;

  private constructor(handler: WireLineHandler, withArrivals: boolean) {
    this.#handler = handler;
    this.#arrivals = withArrivals ? [] : null;
    this.#socket = dgram.createSocket({ type: 'udp4', recvBufferSize: KERNEL_BUFFER_BYTES });
    this.#socket.on('message', (bytes) => this.#receive(bytes));
    this.#socket.on('error', () => handler.gone());
  }

  /** Resolves when the line is bound to a free port and connected to the far end. */
  static async open(
    host: string,
    port: number,
    handler: WireLineHandler,
    withArrivals: boolean,
  ): Promise<WireLine> {
    const line = new WireLine(handler, withArrivals);
    await new Promise<void>((resolve) => void line.#socket.bind(0, () => resolve()));
    await line.#connect(host, port);
    return line;
  }

  /** Resolves when the line waits on a free loopback port; it is connected to whoever sends first. */
  static async await(handler: WireLineHandler): Promise<WireLine> {
    const line = new WireLine(handler, false);
    line.#socket.once('message', (_bytes, { address, port }) => void line.#connect(address, port));
    await new Promise<void>((resolve) => void line.#socket.bind(0, '127.0.0.1', () => resolve()));
    return line;
  }

  get port(): number {
    return this.#socket.address().port;
  }

  async #connect(host: string, port: number): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.connect(port, host, () => resolve()));
    this.#connected = true;
  }

  /** A new stream: what is sent from here on is another call's. */
  begin(ssrc: number): void {
    this.#ssrc = ssrc;
    this.#sequence = ssrc & 0xffff;
    this.#timestamp = Math.imul(ssrc, 2_654_435_761) >>> 0;
    this.#farSsrc = -1;
  }

  /** Sends 20 ms; null: silence. Nothing while nobody is there to send to. */
  send(payload: Uint8Array | null): void {
    if (!this.#open || !this.#connected) return;
    const out = this.#out;
    out[0] = 0x80;
    out[1] = 0;
    out.writeUInt16BE(this.#sequence, 2);
    out.writeUInt32BE(this.#timestamp, 4);
    out.writeUInt32BE(this.#ssrc, 8);
    out.set(payload ?? SILENCE, HEADER_BYTES);
    this.#socket.send(out);
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#timestamp = (this.#timestamp + PACKET_SAMPLES) >>> 0;
    this.sent += 1;
  }

  /** RTCP receiver report without blocks, and BYE (RFC 3550 section 6.6), on the RTP port (RFC 5761). */
  sayGoodbye(): void {
    if (!this.#open || !this.#connected) return;
    const bye = Buffer.alloc(16);
    bye.set([0x80, 201, 0, 1], 0);
    bye.writeUInt32BE(this.#ssrc, 4);
    bye.set([0x81, 203, 0, 1], 8);
    bye.writeUInt32BE(this.#ssrc, 12);
    this.#socket.send(bye);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#socket.close();
  }

  /**
   * How late each packet came, ms, against the grid through the most punctual one: a packet may leave or arrive late,
   * never early. Both ends run on this machine's clock.
   */
  arrivalsLate(): number[] {
    const arrivals = this.#arrivals ?? [];
    let earliest = Infinity;
    for (const arrival of arrivals) if (arrival < earliest) earliest = arrival;
    return arrivals.map((arrival) => arrival - earliest);
  }

  #receive(bytes: Buffer): void {
    const now = performance.now();
    const second = bytes[1] ?? 0;
    if (bytes.length <= HEADER_BYTES || (second >= 192 && second <= 223)) return;
    const sequence = bytes.readUInt16BE(2);
    const timestamp = bytes.readUInt32BE(4);
    const ssrc = bytes.readUInt32BE(8);
    if (ssrc === this.#farSsrc) {
      const missing = (sequence - this.#farSequence - 1) & 0xffff;
      const ticks = ((timestamp - this.#farTimestamp) >>> 0) / PACKET_SAMPLES;
      this.lost += missing;
      this.unsent += Math.max(0, Math.round(ticks) - 1 - missing);
      this.#farTick += ticks;
    } else {
      this.#farSsrc = ssrc;
      this.#farTick = 0;
    }
    this.#farSequence = sequence;
    this.#farTimestamp = timestamp;
    this.received += 1;
    this.#arrivals?.push(now - this.#farTick * 20);
    this.#handler.heard(bytes, HEADER_BYTES, bytes.length, now);
  }
}
