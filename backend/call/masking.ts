import { encode } from '../audio/g711.ts';
import type { HeardFrame } from '../contract/party.ts';
import { EVENT_BYTES, isTelephoneEvent } from '../rtp/dtmf.ts';
import { RtpPacket, isRtcp, parseRtp } from '../rtp/packet.ts';
import { COMFORT_NOISE, codecOf } from '../rtp/payload-types.ts';
import type { PcapFlow } from '../rtp/pcap.ts';
import type { CallEventBody } from '../contract/events.ts';
import { Held } from './held.ts';
import { MaskedEvents } from './masked-events.ts';
import { TrackVerdicts } from './track-verdicts.ts';

/** In place of the key's code in RFC 4733 events: no event has it. Volume, duration and times stay. */
export const MASKED_EVENT = 255;

/** A packet that has found no place on the track by then never will. */
const MAX_HELD_MS = 500;
/** Some frames of audio; packets of both directions for MAX_HELD_MS, and more. */
const HELD_FRAMES = 64;
const HELD_PACKETS = 256;

/** Silence's code word, by codec. */
const SILENCE = { PCMU: codeOfZero('PCMU'), PCMA: codeOfZero('PCMA') } as const;

/** Where a recording goes; samples and bytes are used again when these return. */
export interface RecordingSink {
  /** `sample`: index since the call's start. */
  caller(pcm: Int16Array, sample: number): void;
  datagram(flow: PcapFlow, epochMicros: number, datagram: Uint8Array): void;
}

/**
 * Stands between a call and its log and recording, and lets through what has no pressed keys in it: codes of RFC 4733
 * events are overwritten, DTMF tones in the caller's audio are silenced, on the track and in the packets. A tone is known
 * for one some time after it began, so all is held back until the track has gone on by 115 ms; packets keep their
 * order and their times. What cannot be examined (another codec, a packet that came too late to be heard) is blanked.
 */
export class DtmfMask {
  readonly #sink: RecordingSink;
  readonly #events = new MaskedEvents();
  readonly #verdicts = new TrackVerdicts();
  readonly #frames = new Held(HELD_FRAMES, newFrame);
  readonly #packets = new Held(HELD_PACKETS, newPacket);
  readonly #packet = new RtpPacket();
  #ourSsrc: number | null = null;

  constructor(sink: RecordingSink) {
    this.#sink = sink;
  }

  /** `body`, or a copy of it without the keys. */
  event(body: CallEventBody): CallEventBody {
    return this.#events.mask(body);
  }

  mapped(stream: 'caller' | 'bot', ssrc: number, timestamp: number, position: number): void {
    if (stream === 'bot') this.#ourSsrc = ssrc;
    else this.#verdicts.mapped(ssrc, timestamp, position);
  }

  /** The next frame of the caller's track; `sample`: where it stands in the recording. */
  caller(frame: HeardFrame, sample: number): void {
    this.#verdicts.hear(frame);
    if (this.#frames.full) this.#letFrameGo();
    const held = this.#frames.add();
    if (held) {
      if (held.pcm.length !== frame.pcm.length) held.pcm = new Int16Array(frame.pcm.length);
      held.pcm.set(frame.pcm);
      held.position = frame.position;
      held.sample = sample;
    }
    for (let first = this.#frames.first; first; first = this.#frames.first) {
      if (first.position + first.pcm.length > this.#verdicts.judgedTo) return;
      this.#letFrameGo();
    }
  }

  /** A datagram of either direction, in their order. `now`: clock ms. */
  datagram(flow: PcapFlow, epochMicros: number, now: number, datagram: Uint8Array): void {
    if (this.#packets.full) this.#letPacketGo();
    const held = this.#packets.add();
    if (held) {
      if (held.room.length < datagram.length) held.room = new Uint8Array(datagram.length);
      held.length = datagram.length;
      held.room.set(datagram);
      held.flow = flow;
      held.epochMicros = epochMicros;
      held.cameAt = now;
      held.unjudged = 0;
      this.#examine(held);
    }
    this.advance(now);
  }

  /** Called every few ms: lets go what is judged, or will never be. */
  advance(now: number): void {
    for (let first = this.#packets.first; first; first = this.#packets.first) {
      const waits = first.unjudged > 0 && now - first.cameAt < MAX_HELD_MS;
      // Not `<`: a packet without a place stands at NaN.
      if (waits && !(this.#positionOf(first) + first.unjudged <= this.#verdicts.judgedTo)) return;
      this.#letPacketGo();
    }
  }

  /** The call is over: lets all go. A key may have begun in what is not judged yet, which is silenced. */
  close(): void {
    while (this.#frames.first) this.#letFrameGo();
    while (this.#packets.first) this.#letPacketGo();
  }

  /** Masks what can be told from the packet alone, and notes what cannot. */
  #examine(held: PacketSlot): void {
    const bytes = held.room.subarray(0, held.length);
    const packet = this.#packet;
    if (isRtcp(bytes)) return;
    if (parseRtp(bytes, packet)) {
      bytes.fill(0);
      return;
    }
    const { payloadType, payloadOffset, payloadLength, ssrc, timestamp } = packet;
    if (isTelephoneEvent(packet)) {
      // A packet may carry several events (RFC 4733 section 2.5.1.5).
      for (let at = 0; at < payloadLength; at += EVENT_BYTES) bytes[payloadOffset + at] = MASKED_EVENT;
      return;
    }
    if (ssrc === this.#ourSsrc || payloadType === COMFORT_NOISE) return;
    const codec = codecOf(payloadType);
    if (codec === null) {
      bytes.fill(0, payloadOffset, payloadOffset + payloadLength);
      return;
    }
    held.audioAt = payloadOffset;
    held.unjudged = payloadLength;
    held.silence = SILENCE[codec];
    held.ssrc = ssrc;
    held.timestamp = timestamp;
  }

  #letFrameGo(): void {
    const held = this.#frames.first;
    if (!held) return;
    const { pcm, position, sample } = held;
    for (let i = 0; i < pcm.length; i++) if (!this.#verdicts.mayBeHeard(position + i)) pcm[i] = 0;
    this.#sink.caller(pcm, sample);
    this.#frames.drop();
  }

  #letPacketGo(): void {
    const held = this.#packets.first;
    if (!held) return;
    const { room, length, audioAt, unjudged, silence, flow, epochMicros } = held;
    const position = this.#positionOf(held);
    for (let i = 0; i < unjudged; i++) {
      if (!this.#verdicts.mayBeKept(position + i)) room[audioAt + i] = silence;
    }
    if (flow) this.#sink.datagram(flow, epochMicros, room.subarray(0, length));
    this.#packets.drop();
  }

  #positionOf({ ssrc, timestamp }: PacketSlot): number {
    return this.#verdicts.positionOf(ssrc, timestamp);
  }
}

interface FrameSlot {
  pcm: Int16Array;
  /** On the caller's track. */
  position: number;
  sample: number;
}

function newFrame(): FrameSlot {
  return { pcm: new Int16Array(0), position: 0, sample: 0 };
}

interface PacketSlot {
  room: Uint8Array;
  length: number;
  flow: PcapFlow | null;
  epochMicros: number;
  cameAt: number;
  /** Bytes of audio of the caller from `audioAt` on, which the track has to tell about. */
  unjudged: number;
  audioAt: number;
  silence: number;
  ssrc: number;
  timestamp: number;
}

function newPacket(): PacketSlot {
  return {
    room: new Uint8Array(0),
    length: 0,
    flow: null,
    epochMicros: 0,
    cameAt: 0,
    unjudged: 0,
    audioAt: 0,
    silence: 0,
    ssrc: 0,
    timestamp: 0,
  };
}

function codeOfZero(codec: 'PCMU' | 'PCMA'): number {
  const code = new Uint8Array(1);
  encode(codec, new Int16Array(1), code);
  return code[0] ?? 0;
}
