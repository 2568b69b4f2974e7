import { RtpPacket, isRtcp, parseRtp } from '../rtp/packet.ts';
import type { Endpoint } from '../rtp/pcap.ts';
import {
  MAX_SILENCE_MICROS,
  endpointText,
  joinStream,
  pairLegs,
  type CapturedCall,
  type CapturedLeg,
  type Stream,
} from './legs.ts';
import { payloadKind } from './payload-kind.ts';
import type { Datagram } from './pcap-file.ts';
import { describedAudio, type DescribedAudio } from './sip.ts';

/** Fewer packets than this are no stream: 200 ms of speech. */
const MIN_PACKETS = 10;
/** Of the steps from packet to packet, so many must be near each other. */
const MIN_CONTINUITY = 0.8;
/** RFC 3550 appendix A.1: farther apart, two packets are not neighbours. */
const MAX_STEP = 100;
/** 200 ms of G.711. */
const MAX_PAYLOAD = 1600;
/** Sources that look like RTP by chance come and go; so many are kept in mind. */
const MAX_CANDIDATES = 20_000;

export interface FoundStreams {
  /** The longest first. */
  readonly legs: readonly CapturedLeg[];
  readonly calls: readonly CapturedCall[];
  /** Payload types of streams that are not understood. */
  readonly otherTypes: readonly number[];
}

/** What may be a stream. */
interface Candidate extends Stream {
  packets: number;
  firstMicros: number;
  lastMicros: number;
  payloadBytes: number;
  /** Steps to a neighbour in the sequence. */
  near: number;
  sequence: number;
  /** Packets by payload type. */
  readonly types: Map<number, number>;
}

/** Finds calls' RTP streams among other traffic. */
export class StreamFinder {
  readonly #packet = new RtpPacket();
  readonly #candidates = new Map<string, Candidate>();
  /** Streams that have ended, and whose addresses and SSRC have come again. */
  readonly #ended: Candidate[] = [];
  readonly #described = new Map<string, DescribedAudio>();

  add({ epochMicros, from, to, payload }: Datagram): void {
    if (isRtcp(payload)) return;
    const packet = this.#packet;
    if (parseRtp(payload, packet) !== null || packet.payloadLength > MAX_PAYLOAD) {
      const described = describedAudio(payload);
      if (described) this.#described.set(described.at, described);
      return;
    }
    const key = `${packet.ssrc} ${from.address} ${from.port} ${to.address} ${to.port}`;
    const known = this.#candidates.get(key);
    if (known && Math.abs(epochMicros - known.lastMicros) <= MAX_SILENCE_MICROS) {
      follow(known, packet, epochMicros);
      return;
    }
    if (known && known.packets >= MIN_PACKETS) this.#ended.push(known);
    if (this.#candidates.size >= MAX_CANDIDATES) this.#forgetChances();
    this.#candidates.set(key, begin(from, to, packet, epochMicros));
  }

  /** What there is so far. */
  found(): FoundStreams {
    const legs: CapturedLeg[] = [];
    const otherTypes = new Set<number>();
    for (const candidate of this.#inOrder()) {
      const named = this.#namesOf(candidate);
      const type = mostOf(candidate, named);
      const codec = type === null ? null : payloadKind(type, 0, named);
      if (codec === 'PCMU' || codec === 'PCMA') joinStream(legs, candidate, codec, named);
      else if (type !== null) otherTypes.add(type);
    }
    legs.sort((a, b) => b.packets - a.packets);
    return { legs, calls: pairLegs(legs, this.#described), otherTypes: [...otherTypes] };
  }

  #forgetChances(): void {
    for (const [key, { packets }] of this.#candidates)
      if (packets < MIN_PACKETS) this.#candidates.delete(key);
  }

  #inOrder(): Candidate[] {
    return [...this.#ended, ...this.#candidates.values()]
      .filter(({ packets, near }) => packets >= MIN_PACKETS && near >= MIN_CONTINUITY * (packets - 1))
      .sort((a, b) => a.firstMicros - b.firstMicros);
  }

  /** What the end that receives has named, else the one that sends. */
  #namesOf({ from, to }: { readonly from: Endpoint; readonly to: Endpoint }): ReadonlyMap<number, string> {
    return (
      (this.#described.get(endpointText(to)) ?? this.#described.get(endpointText(from)))?.codecs ??
      new Map<number, string>()
    );
  }
}

function begin(from: Endpoint, to: Endpoint, packet: RtpPacket, epochMicros: number): Candidate {
  return {
    from,
    to,
    ssrc: packet.ssrc,
    packets: 1,
    near: 0,
    sequence: packet.sequence,
    firstMicros: epochMicros,
    lastMicros: epochMicros,
    payloadBytes: packet.payloadLength,
    types: new Map([[packet.payloadType, 1]]),
  };
}

function follow(candidate: Candidate, packet: RtpPacket, epochMicros: number): void {
  const step = ((packet.sequence - candidate.sequence) << 16) >> 16;
  candidate.packets += 1;
  if (Math.abs(step) <= MAX_STEP) candidate.near += 1;
  candidate.sequence = packet.sequence;
  candidate.payloadBytes = Math.max(candidate.payloadBytes, packet.payloadLength);
  candidate.firstMicros = Math.min(candidate.firstMicros, epochMicros);
  candidate.lastMicros = Math.max(candidate.lastMicros, epochMicros);
  candidate.types.set(packet.payloadType, (candidate.types.get(packet.payloadType) ?? 0) + 1);
}

/** The payload type of most packets with audio; null: there are none. */
function mostOf({ types }: Candidate, named: ReadonlyMap<number, string>): number | null {
  let most: number | null = null;
  let packets = 0;
  for (const [type, count] of types) {
    const kind = payloadKind(type, 0, named);
    if (kind === 'CN' || kind === 'telephone-event' || count <= packets) continue;
    most = type;
    packets = count;
  }
  return most;
}
