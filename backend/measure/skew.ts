import { LINE_RATE } from '../contract/party.ts';
import type { WirePacket } from '../trace/wire.ts';

/** The quickest packet of each stretch shows the clocks; the others show the network. */
const STRETCH_MS = 5000;
/** A quick packet is exact to some tenths of a millisecond: over less time that says nothing of parts in a million. */
const SHORTEST_MS = 60_000;

/**
 * The sender's clock against ours, parts per million: how much faster its timestamps count than our time passes.
 * Theil-Sen slope through the least delay of each 5 s. null: too short to tell.
 */
export function skewPpm(packets: readonly WirePacket[]): number | null {
  const points = leastDelays(packets);
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last || last.at - first.at < SHORTEST_MS) return null;
  const slopes: number[] = [];
  for (const [i, a] of points.entries())
    for (const b of points.slice(i + 1)) slopes.push((b.delay - a.delay) / (b.at - a.at));
  slopes.sort((a, b) => a - b);
  const median = slopes[slopes.length >> 1] ?? 0;
  return -median * 1e6;
}

interface Delay {
  readonly at: number;
  /** Up to a constant, ms. */
  readonly delay: number;
}

/** Of the longest-lived source: another one counts from elsewhere. */
function leastDelays(packets: readonly WirePacket[]): readonly Delay[] {
  const ssrc = commonest(packets);
  const least = new Map<number, Delay>();
  let before: WirePacket | null = null;
  let media = 0;
  for (const packet of packets) {
    if (packet.ssrc !== ssrc) continue;
    if (before !== null) media += (packet.timestamp - before.timestamp) | 0;
    before = packet;
    const delay = packet.at - (media * 1000) / LINE_RATE;
    const stretch = Math.floor(packet.at / STRETCH_MS);
    if (delay < (least.get(stretch)?.delay ?? Infinity)) least.set(stretch, { at: packet.at, delay });
  }
  return [...least.values()].sort((a, b) => a.at - b.at);
}

function commonest(packets: readonly WirePacket[]): number | null {
  const counts = new Map<number, number>();
  for (const { ssrc } of packets) counts.set(ssrc, (counts.get(ssrc) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? null;
}
