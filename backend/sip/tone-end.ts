import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Scope } from '../base/scope.ts';
import type { NegotiatedMedia } from '../contract/sip.ts';

/** The digital milliwatt (ITU-T G.711, tables 5 and 6): 1 kHz at 0 dBm0, eight samples that repeat. */
const MILLIWATT: Readonly<Record<NegotiatedMedia['codec'], readonly number[]>> = {
  PCMU: [0x1e, 0x0b, 0x0b, 0x1e, 0x9e, 0x8b, 0x8b, 0x9e],
  PCMA: [0x34, 0x21, 0x21, 0x34, 0xb4, 0xa1, 0xa1, 0xb4],
};
const HEADER_BYTES = 12;
const SAMPLES_PER_MS = 8;

export interface Heard {
  readonly sent: number;
  readonly packets: number;
  /** Of these, those whose audio was the tone, byte for byte. */
  readonly tone: number;
  /** Where they came from; null: none came. */
  readonly from: string | null;
}

/** Turns an RTP packet into what crosses the wire, and back; null: it was not made with the key agreed on. */
interface Guard {
  protect(header: Buffer, payload: Buffer): Buffer;
  unprotect(packet: Buffer): Buffer | null;
}

/** One end of a call's audio for a check: sends the tone, counts what arrives. */
export class ToneEnd {
  readonly port: number;
  readonly #socket: Socket;
  readonly #scope: Scope;
  #media: NegotiatedMedia | null = null;
  #guard: Guard = PLAIN;
  #heard: Heard = { sent: 0, packets: 0, tone: 0, from: null };

  private constructor(socket: Socket, scope: Scope) {
    this.#socket = socket;
    this.#scope = scope;
    this.port = socket.address().port;
    // A far end that is gone shows as an error here, and as silence in the count.
    socket.on('error', () => undefined);
    socket.on('message', (packet, { address, port }) => this.#hear(packet, `${address}:${port}`));
    scope.defer(() => void socket.close());
  }

  static async open(family: 'udp4' | 'udp6', scope: Scope): Promise<ToneEnd> {
    const socket = createSocket(family);
    socket.bind(0);
    await once(socket, 'listening');
    return new ToneEnd(socket, scope);
  }

  get heard(): Heard {
    return this.#heard;
  }

  /** Sends as agreed on, until its scope closes. */
  async start(media: NegotiatedMedia): Promise<void> {
    this.#guard = media.srtp ? await guardOf(media.srtp) : PLAIN;
    this.#media = media;
    const { codec, ptimeMs, remote } = media;
    const samples = ptimeMs * SAMPLES_PER_MS;
    const payload = Buffer.from(Array.from({ length: samples }, (_, at) => MILLIWATT[codec][at % 8] ?? 0));
    const header = Buffer.alloc(HEADER_BYTES);
    header[0] = 0x80;
    header[1] = media.dynamicPayload ?? (codec === 'PCMU' ? 0 : 8);
    header.writeUInt32BE(Math.floor(Math.random() * 2 ** 32), 8);
    this.#scope.every(ptimeMs, () => {
      const { sent } = this.#heard;
      header.writeUInt16BE(sent & 0xffff, 2);
      header.writeUInt32BE((sent * samples) >>> 0, 4);
      this.#socket.send(this.#guard.protect(header, payload), remote.port, remote.address, () => undefined);
      this.#heard = { ...this.#heard, sent: sent + 1 };
    });
  }

  #hear(wire: Buffer, from: string): void {
    if (!this.#media) return;
    const packet = this.#guard.unprotect(wire);
    const first = packet?.[0] ?? 0;
    if (!packet || packet.length <= HEADER_BYTES || first >> 6 !== 2) return;
    const payload = packet.subarray(HEADER_BYTES + 4 * (first & 0x0f));
    const { packets, tone } = this.#heard;
    const isTone = isMilliwatt(payload, MILLIWATT[this.#media.codec]);
    this.#heard = { ...this.#heard, packets: packets + 1, tone: tone + (isTone ? 1 : 0), from };
  }
}

function isMilliwatt(payload: Buffer, pattern: readonly number[]): boolean {
  return pattern.some((_, start) => payload.every((byte, at) => byte === pattern[(start + at) % 8]));
}

const PLAIN: Guard = {
  protect: (header, payload) => Buffer.concat([header, payload]),
  unprotect: (packet) => packet,
};

async function guardOf({ suite, out, in: inward }: NonNullable<NegotiatedMedia['srtp']>): Promise<Guard> {
  const { SrtpSession, RtpHeader, ProtectionProfileAes128CmHmacSha1_80 } = await import('werift-rtp');
  const session = new SrtpSession({
    profile: ProtectionProfileAes128CmHmacSha1_80,
    keys: {
      localMasterKey: Buffer.from(out.subarray(0, 16)),
      localMasterSalt: Buffer.from(out.subarray(16)),
      remoteMasterKey: Buffer.from(inward.subarray(0, 16)),
      remoteMasterSalt: Buffer.from(inward.subarray(16)),
    },
  });
  // The library makes tags of 10 bytes; the other suite sends the first 4 of them, which it cannot verify.
  const short = suite === 'AES_CM_128_HMAC_SHA1_32' ? 6 : 0;
  return {
    protect: (header, payload) => {
      const packet = session.encrypt(payload, RtpHeader.deSerialize(header));
      return packet.subarray(0, packet.length - short);
    },
    unprotect: (packet) => {
      if (short > 0) return packet;
      try {
        return session.decrypt(packet);
      } catch {
        return null;
      }
    },
  };
}
