import { showAddress } from '../base/address.ts';
import type { Codec } from '../audio/g711.ts';
import { LINE_RATE } from '../contract/party.ts';
import { RtpPacket, isRtcp, parseRtp } from '../rtp/packet.ts';
import { COMFORT_NOISE, TELEPHONE_EVENT, codecOf } from '../rtp/payload-types.ts';
import { EVENT_BYTES } from '../rtp/dtmf.ts';
import type { Endpoint } from '../rtp/pcap.ts';
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
/** After so long without a packet, what comes is another call's. */
const MAX_SILENCE_MICROS = 300_000_000;
/** A stream that begins this much before the last packet of another of its flow is another call's. */
const OVERLAP_MICROS = 1_000_000;

/** What a payload type is in a stream. */
export type PayloadKind = Codec | 'CN' | 'telephone-event' | null;

/** G.711 from one end to another: the streams of one flow that follow one another. */
export interface CapturedLeg {
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly ssrcs: readonly number[];
  readonly codec: Codec;
  /** Audio in a packet. */
  readonly ptimeMs: number;
  readonly packets: number;
  readonly firstMicros: number;
  readonly lastMicros: number;
  /** What the session description names; payload types without fixed meaning only. */
  readonly named: ReadonlyMap<number, string>;
}

/** The two directions of a call. */
export interface CapturedCall {
  readonly caller: CapturedLeg;
  readonly bot: CapturedLeg;
}

export interface FoundStreams {
  /** The longest first. */
  readonly legs: readonly CapturedLeg[];
  readonly calls: readonly CapturedCall[];
  /** Payload types of streams that are not understood. */
  readonly otherTypes: readonly number[];
}

interface Candidate {
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly ssrc: number;
  packets: number;
  near: number;
  sequence: number;
  firstMicros: number;
  lastMicros: number;
  /** Of the longest packet. */
  payloadBytes: number;
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
      if (codec === 'PCMU' || codec === 'PCMA') join(legs, candidate, codec, named);
      else if (type !== null) otherTypes.add(type);
    }
    legs.sort((a, b) => b.packets - a.packets);
    return { legs, calls: this.#pair(legs), otherTypes: [...otherTypes] };
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

  /** Each leg with the likeliest other direction, once. */
  #pair(legs: readonly CapturedLeg[]): CapturedCall[] {
    const calls: CapturedCall[] = [];
    const rest = new Set(legs);
    for (const isBack of [mirrors, this.#sameCall.bind(this), sameHosts]) {
      const backsOf = (leg: CapturedLeg): CapturedLeg[] =>
        [...rest].filter((other) => together(leg, other) && isBack(leg, other));
      for (const leg of rest) {
        const backs = backsOf(leg);
        const [back] = backs;
        if (!back) continue;
        // The hosts alone prove nothing where there is a choice.
        if (isBack === sameHosts && (backs.length > 1 || backsOf(back).length > 1)) continue;
        rest.delete(leg);
        rest.delete(back);
        calls.push(this.#callOf(leg, back));
      }
    }
    return calls.sort((a, b) => packetsOf(b) - packetsOf(a));
  }

  /** The same call's signalling names where both go. */
  #sameCall(a: CapturedLeg, b: CapturedLeg): boolean {
    const [there, back] = [this.#described.get(endpointText(a.to)), this.#described.get(endpointText(b.to))];
    return there !== undefined && back !== undefined && there !== back && there.call === back.call;
  }

  /** Who sent the INVITE is the caller; where nothing says, who sent audio first. */
  #callOf(a: CapturedLeg, b: CapturedLeg): CapturedCall {
    const [toA, toB] = [this.#described.get(endpointText(a.to)), this.#described.get(endpointText(b.to))];
    const isACaller = toA?.offered === toB?.offered ? a.firstMicros <= b.firstMicros : toB?.offered === true;
    return isACaller ? { caller: a, bot: b } : { caller: b, bot: a };
  }
}

/** What a payload type means in a stream whose session description names `named`. */
export function payloadKind(
  payloadType: number,
  payloadLength: number,
  named: ReadonlyMap<number, string>,
): PayloadKind {
  if (payloadType === COMFORT_NOISE) return 'CN';
  const fixed = codecOf(payloadType);
  if (fixed !== null) return fixed;
  switch (named.get(payloadType)) {
    case 'PCMU':
      return 'PCMU';
    case 'PCMA':
      return 'PCMA';
    case 'telephone-event':
      return 'telephone-event';
    case 'CN':
      return 'CN';
    case undefined:
      // Nothing names it: the usual number, or four bytes of a dynamic one.
      return payloadType === TELEPHONE_EVENT || (payloadType >= 96 && payloadLength === EVENT_BYTES)
        ? 'telephone-event'
        : null;
    default:
      return null;
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

/** Adds to the leg that the stream continues, or begins one. Streams in the order of their beginnings. */
function join(
  legs: CapturedLeg[],
  stream: Candidate,
  codec: Codec,
  named: ReadonlyMap<number, string>,
): void {
  const { from, to, ssrc, packets, firstMicros, lastMicros, payloadBytes } = stream;
  const index = legs.findIndex((leg) => {
    const pause = firstMicros - leg.lastMicros;
    const follows = pause >= -OVERLAP_MICROS && pause <= MAX_SILENCE_MICROS;
    return follows && sameEndpoint(leg.from, from) && sameEndpoint(leg.to, to);
  });
  const before = legs[index];
  if (!before) {
    const ptimeMs = (payloadBytes * 1000) / LINE_RATE;
    legs.push({ from, to, ssrcs: [ssrc], codec, ptimeMs, packets, firstMicros, lastMicros, named });
    return;
  }
  legs[index] = {
    ...before,
    ssrcs: [...new Set([...before.ssrcs, ssrc])],
    packets: before.packets + packets,
    lastMicros: Math.max(before.lastMicros, lastMicros),
  };
}

/** Symmetric RTP (RFC 4961). */
function mirrors(a: CapturedLeg, b: CapturedLeg): boolean {
  return sameEndpoint(a.from, b.to) && sameEndpoint(a.to, b.from);
}

function sameHosts(a: CapturedLeg, b: CapturedLeg): boolean {
  return (
    a !== b && a.from.address === b.to.address && a.to.address === b.from.address && !sameEndpoint(a.to, b.to)
  );
}

function together(a: CapturedLeg, b: CapturedLeg): boolean {
  return a.firstMicros < b.lastMicros && b.firstMicros < a.lastMicros;
}

/** Whether both are one. */
export function sameEndpoint(a: Endpoint, b: Endpoint): boolean {
  return a.address === b.address && a.port === b.port;
}

function packetsOf({ caller, bot }: CapturedCall): number {
  return caller.packets + bot.packets;
}

/** As a person dials it. */
export function endpointText({ address, port }: Endpoint): string {
  return showAddress({ host: address, port });
}
