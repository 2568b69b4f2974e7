import type { Codec } from '../audio/g711.ts';
import { showAddress } from '../base/address.ts';
import { LINE_RATE } from '../contract/party.ts';
import type { Endpoint } from '../rtp/pcap.ts';
import type { DescribedAudio } from './sip.ts';

/** After so long without a packet, what comes is another call's. */
export const MAX_SILENCE_MICROS = 300_000_000;
/** A stream that begins this much before the last packet of another of its flow is another call's. */
const OVERLAP_MICROS = 1_000_000;

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

/** Whether two legs are each other's way back. */
type Rule = (a: CapturedLeg, b: CapturedLeg) => boolean;

/** Packets of one source from one end to another. */
export interface Stream extends Pick<CapturedLeg, 'from' | 'to' | 'packets' | 'firstMicros' | 'lastMicros'> {
  readonly ssrc: number;
  /** Of the longest packet. */
  readonly payloadBytes: number;
}

/** What signalling has told, by where audio is to be sent (endpointText()). */
export type Signalling = ReadonlyMap<string, DescribedAudio>;

/** Adds to the leg that the stream continues, or begins one. Streams in the order of their beginnings. */
export function joinStream(
  legs: CapturedLeg[],
  stream: Stream,
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

/** Each leg with the likeliest other direction, once; the longest calls first. */
export function pairLegs(legs: readonly CapturedLeg[], signalling: Signalling): CapturedCall[] {
  const signalled: Rule = (a, b) => {
    const [there, back] = [signalling.get(endpointText(a.to)), signalling.get(endpointText(b.to))];
    return there !== undefined && back !== undefined && there !== back && there.call === back.call;
  };
  const calls: CapturedCall[] = [];
  const rest = new Set(legs);
  for (const isBack of [mirrors, signalled, sameHosts]) {
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
      calls.push(callOf(leg, back, signalling));
    }
  }
  return calls.sort((a, b) => packetsOf(b) - packetsOf(a));
}

/** Who sent the INVITE is the caller; where nothing says, who sent audio first. */
function callOf(a: CapturedLeg, b: CapturedLeg, signalling: Signalling): CapturedCall {
  const [toA, toB] = [signalling.get(endpointText(a.to)), signalling.get(endpointText(b.to))];
  const isACaller = toA?.offered === toB?.offered ? a.firstMicros <= b.firstMicros : toB?.offered === true;
  return isACaller ? { caller: a, bot: b } : { caller: b, bot: a };
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

/** Of both directions. */
export function packetsOf({ caller, bot }: CapturedCall): number {
  return caller.packets + bot.packets;
}

/** As a person dials it. */
export function endpointText({ address, port }: Endpoint): string {
  return showAddress({ host: address, port });
}
