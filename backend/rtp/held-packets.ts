import type { Codec } from '../audio/g711.ts';

/**
 * What the receive buffer needs of a packet of the caller's stream. codec 'CN': comfort noise (RFC 3389); 'none': it
 * takes a sequence number but carries no audio, such as a DTMF event (RFC 4733).
 */
export interface CallerPacket {
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
  readonly marker: boolean;
  readonly codec: Codec | 'CN' | 'none';
  readonly payload: Uint8Array;
}

/** A packet kept beyond its datagram; its memory is used again. */
export class HeldPacket implements CallerPacket {
  used = false;
  arrivedAt = 0;
  sequence = 0;
  timestamp = 0;
  ssrc = 0;
  marker = false;
  codec: CallerPacket['codec'] = 'none';
  payload: Uint8Array = new Uint8Array(0);
  #storage = new Uint8Array(0);

  hold(packet: CallerPacket, arrivedAt: number): void {
    const length = packet.payload.length;
    if (this.#storage.length < length) this.#storage = new Uint8Array(length);
    this.payload = this.#storage.subarray(0, length);
    this.payload.set(packet.payload);
    this.used = true;
    this.arrivedAt = arrivedAt;
    this.sequence = packet.sequence;
    this.timestamp = packet.timestamp;
    this.ssrc = packet.ssrc;
    this.marker = packet.marker;
    this.codec = packet.codec;
  }
}

const CAPACITY = 32;

/** Packets that came before one they should have followed. */
export class HeldPackets {
  readonly #slots = Array.from({ length: CAPACITY }, () => new HeldPacket());
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get full(): boolean {
    return this.#size === CAPACITY;
  }

  /** Must not be called when full. */
  add(packet: CallerPacket, arrivedAt: number): void {
    for (const slot of this.#slots) {
      if (slot.used) continue;
      slot.hold(packet, arrivedAt);
      this.#size++;
      return;
    }
  }

  /** Takes out the packet nearest after `sequence`, or just that one if `exactly`. Valid until the next add(). */
  take(sequence: number, exactly: boolean): HeldPacket | null {
    let nearest: HeldPacket | null = null;
    let least = exactly ? 1 : Infinity;
    for (const slot of this.#slots) {
      const distance = (slot.sequence - sequence) & 0xffff;
      if (!slot.used || distance >= least) continue;
      nearest = slot;
      least = distance;
    }
    if (!nearest) return null;
    nearest.used = false;
    this.#size--;
    return nearest;
  }

  /** Arrival of the packet that has waited longest. */
  oldestArrival(): number {
    let oldest = Infinity;
    for (const slot of this.#slots) if (slot.used && slot.arrivedAt < oldest) oldest = slot.arrivedAt;
    return oldest;
  }

  /** Whether a packet after `sequence` is held. */
  anyAfter(sequence: number): boolean {
    return this.#slots.some((slot) => slot.used && ((slot.sequence - sequence) & 0xffff) < 0x8000);
  }
}
