import dgram from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { ByePacket, RtpPacket, isRtcp } from 'rtp.js/packets';
import { SILENCE, encodeG711, type G711PayloadType } from './g711.ts';
import { parseRtp } from './pcap.ts';
import { until } from './until.ts';

export interface PhoneOptions {
  readonly payloadType?: G711PayloadType | 9;
  readonly ptimeMs?: number;
}

/**
 * A telephone that is not ours: packets by rtp.js, G.711 by formula, one packet each ptime, silence when there is
 * nothing to say. Keeps what comes back.
 */
export class Phone implements AsyncDisposable {
  readonly received: RtpPacket[] = [];
  readonly port: number;
  readonly #socket: dgram.Socket;
  #to: number | null;
  readonly #payloadType: G711PayloadType | 9;
  readonly #ptimeMs: number;
  readonly #ssrc: number;
  #speech: Int16Array = new Int16Array(0);
  #spoken = 0;
  #sequence = 65_500;
  #timestamp = 0xffff_f000;
  #hungUp = false;
  #talking: Promise<void> = Promise.resolve();

  private constructor(
    socket: dgram.Socket,
    to: number | null,
    { payloadType = 0, ptimeMs = 20 }: PhoneOptions,
  ) {
    this.#socket = socket;
    this.#to = to;
    this.port = socket.address().port;
    this.#payloadType = payloadType;
    this.#ptimeMs = ptimeMs;
    this.#ssrc = 0x51de_0000 + this.port;
    socket.on('message', (datagram, from) => {
      this.#to ??= from.port;
      if (!isRtcp(new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength))) {
        this.received.push(parseRtp(datagram));
      }
    });
  }

  /** Calls a port of this machine and sends silence from now on. */
  static call(to: number, options: PhoneOptions = {}): Promise<Phone> {
    return Phone.#open(to, options);
  }

  /** Waits to be called, and then sends silence to whoever called. */
  static waiting(options: PhoneOptions = {}): Promise<Phone> {
    return Phone.#open(null, options);
  }

  static async #open(to: number | null, options: PhoneOptions): Promise<Phone> {
    const socket = dgram.createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const phone = new Phone(socket, to, options);
    phone.#talking = phone.#talk();
    return phone;
  }

  /** Resolves when the last of it has left. */
  async say(pcm: Int16Array): Promise<void> {
    this.#speech = pcm;
    this.#spoken = 0;
    await until('the caller to finish', () => this.#spoken >= pcm.length || this.#hungUp, 60_000);
  }

  /** Resolves with the first packet that came back since now and is not silence. */
  async hears(): Promise<void> {
    const from = this.received.length;
    await until('sound from the far end', () => this.received.slice(from).some(isSound));
  }

  #packet(payload: Uint8Array): Buffer {
    const packet = new RtpPacket();
    packet.setPayloadType(this.#payloadType);
    packet.setSequenceNumber(this.#sequence);
    packet.setTimestamp(this.#timestamp);
    packet.setSsrc(this.#ssrc);
    packet.setPayload(new DataView(payload.buffer, payload.byteOffset, payload.byteLength));
    packet.serialize();
    this.#sequence = (this.#sequence + 1) % 65_536;
    this.#timestamp = (this.#timestamp + this.#ptimeMs * 8) % 2 ** 32;
    const view = packet.getView();
    return Buffer.from(view.buffer, view.byteOffset, view.byteLength);
  }

  /** RTCP BYE on the RTP port (RFC 5761), as the end of a stream. */
  sayBye(): void {
    const bye = new ByePacket();
    bye.addSsrc(this.#ssrc);
    bye.serialize();
    const view = bye.getView();
    this.#send(Buffer.from(view.buffer, view.byteOffset, view.byteLength));
  }

  /** Falls silent and closes its port without a word. */
  async vanish(): Promise<void> {
    if (this.#hungUp) return;
    this.#hungUp = true;
    await this.#talking;
    this.#socket.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.vanish();
  }

  async #talk(): Promise<void> {
    const start = performance.now();
    for (let tick = 0; !this.#hungUp; tick += 1) {
      if (this.#to !== null) this.#send(this.#packet(this.#payload()));
      await sleep(Math.max(0, start + (tick + 1) * this.#ptimeMs - performance.now()));
    }
  }

  #payload(): Uint8Array {
    const samples = this.#ptimeMs * 8;
    const type = this.#payloadType === 9 ? 0 : this.#payloadType;
    const payload = new Uint8Array(samples).fill(SILENCE[type]);
    payload.set(encodeG711(type, this.#speech.subarray(this.#spoken, this.#spoken + samples)));
    this.#spoken = Math.min(this.#speech.length, this.#spoken + samples);
    return payload;
  }

  #send(datagram: Uint8Array): void {
    if (this.#to !== null) this.#socket.send(datagram, this.#to, '127.0.0.1');
  }
}

/** Not all of it the same: G.711's silence is one code over and over. */
function isSound(packet: RtpPacket): boolean {
  const view = packet.getPayload();
  for (let i = 1; i < view.byteLength; i += 1) if (view.getUint8(i) !== view.getUint8(0)) return true;
  return false;
}
