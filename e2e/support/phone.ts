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
  /** Sends nothing while it has nothing to say, once it has been silent for half a second. */
  readonly suppresses?: boolean;
  /** By the number of the packet: whether it is lost on its way, or overtaken by the next. */
  readonly lost?: (packet: number) => boolean;
  readonly overtaken?: (packet: number) => boolean;
}

const FIRST_SILENCE_MS = 500;

interface KeyEvent {
  readonly code: number;
  readonly duration: number;
  readonly first: boolean;
  readonly end: boolean;
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
  readonly #options: PhoneOptions;
  #ptimeMs: number;
  readonly #ssrc: number;
  #speech: Int16Array = new Int16Array(0);
  #spoken = 0;
  /** What is still to be sent of the keys pressed, a packet each; null: audio in between. */
  #keys: (KeyEvent | null)[] = [];
  #keyTimestamp = 0;
  #packets = 0;
  #overtaken: Buffer | null = null;
  #spurtBegins = true;
  #sequence = 65_500;
  #timestamp = 0xffff_f000;
  #hungUp = false;
  #talking: Promise<void> = Promise.resolve();

  private constructor(socket: dgram.Socket, to: number | null, options: PhoneOptions) {
    const { payloadType = 0, ptimeMs = 20 } = options;
    this.#options = options;
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

  /** From now on packets are of this size. */
  changePtime(ms: number): void {
    this.#ptimeMs = ms;
  }

  /** Presses keys as RFC 4733 events of 80 ms. Resolves when the last of them has left. */
  async press(keys: string): Promise<void> {
    for (const key of keys) {
      const code = '0123456789*#ABCD'.indexOf(key);
      for (const step of [1, 2, 3, 4, 4, 4]) {
        this.#keys.push({ code, duration: step * this.#ptimeMs * 8, first: step === 1, end: step === 4 });
      }
      this.#keys.push(null, null, null);
    }
    await until('the keys to be sent', () => this.#keys.length === 0 || this.#hungUp);
  }

  /** Resolves with the first packet that came back since now and is not silence. */
  async hears(): Promise<void> {
    const from = this.received.length;
    await until('sound from the far end', () => this.received.slice(from).some(isSound));
  }

  #next(): Buffer {
    const key = this.#keys.shift() ?? null;
    if (key === null) {
      const marker = this.#spurtBegins;
      this.#spurtBegins = false;
      return this.#packet(this.#payload(), this.#payloadType, this.#timestamp, marker);
    }
    // All packets of an event have the timestamp of its beginning.
    if (key.first) this.#keyTimestamp = this.#timestamp;
    const payload = Uint8Array.of(
      key.code,
      (key.end ? 0x80 : 0) | 10,
      key.duration >> 8,
      key.duration & 0xff,
    );
    return this.#packet(payload, 101, this.#keyTimestamp, key.first);
  }

  #packet(payload: Uint8Array, payloadType: number, timestamp: number, marker: boolean): Buffer {
    const packet = new RtpPacket();
    packet.setPayloadType(payloadType);
    packet.setSequenceNumber(this.#sequence);
    packet.setTimestamp(timestamp);
    packet.setMarker(marker);
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
    let due = performance.now();
    const silentFrom = due + FIRST_SILENCE_MS;
    while (!this.#hungUp) {
      if (this.#to === null) this.#spurtBegins = true;
      else if (this.#options.suppresses === true && due > silentFrom && this.#isSilent()) this.#skip();
      else this.#carry(this.#next());
      due += this.#ptimeMs;
      await sleep(Math.max(0, due - performance.now()));
    }
  }

  #isSilent(): boolean {
    return this.#spoken >= this.#speech.length && this.#keys.length === 0;
  }

  #skip(): void {
    this.#timestamp = (this.#timestamp + this.#ptimeMs * 8) % 2 ** 32;
    this.#spurtBegins = true;
  }

  /** Over a network that loses and overtakes. */
  #carry(datagram: Buffer): void {
    const packet = this.#packets;
    this.#packets += 1;
    if (this.#options.lost?.(packet) === true) return;
    if (this.#options.overtaken?.(packet) === true && this.#overtaken === null) {
      this.#overtaken = datagram;
      return;
    }
    this.#send(datagram);
    if (this.#overtaken) this.#send(this.#overtaken);
    this.#overtaken = null;
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
