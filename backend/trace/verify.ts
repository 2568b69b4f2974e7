import { open } from 'node:fs/promises';
import path from 'node:path';
import { encode } from '../audio/g711.ts';
import { TRACE_FILES } from '../contract/trace.ts';
import { codecOf } from '../rtp/payload-types.ts';
import { isTraceFile, whyUnreadable } from './files.ts';
import { readTrack, type Trace } from './read.ts';
import { sha256Of } from './sha256.ts';
import { wavProblem } from './wav-file.ts';
import { readWire, type WirePacket } from './wire.ts';

export interface Finding {
  readonly check: 'files' | 'hashes' | 'events' | 'length' | 'alignment';
  /** What is wrong, for a person. */
  readonly message: string;
}

/** Packets of each side that are looked up in its recording. */
const SAMPLED_PACKETS = 300;
/** So many of them may differ: where the far end's clock was caught up with, or a packet came twice. */
const MAY_DIFFER = 0.02;
/** The least delay of all packets is how exactly the mapping is anchored to our clock. */
const ANCHOR_MS = 20;

/**
 * Whether a trace is as it was written: its files are there and have their hashes, its events are in order, its
 * recordings have their lengths, its packets stand where the mapping says. Faults in this order; empty: none.
 */
export async function verifyTrace(trace: Trace): Promise<readonly Finding[]> {
  return [
    ...trace.problems.map((message): Finding => ({ check: 'files', message })),
    ...(await hashFaults(trace)),
    ...eventFaults(trace),
    ...(await lengthFaults(trace)),
    ...(await alignmentFaults(trace)),
  ];
}

async function hashFaults({ dir, manifest, files }: Trace): Promise<readonly Finding[]> {
  if (manifest === null || manifest.state === 'recording') return [];
  const expected = Object.entries(manifest.sha256).filter(([name]) => isTraceFile(name));
  const faults: Finding[] = [];
  if (expected.length === 0 && manifest.state === 'complete')
    faults.push({
      check: 'hashes',
      message: 'the manifest has no hashes: nothing shows that the files are as they were',
    });
  for (const [name, sha256] of expected) {
    if (!files.some((file) => file.name === name)) continue;
    const message = await sha256Of(path.join(dir, name)).then(
      (hash) =>
        hash === sha256.toLowerCase() ? null : `${name} is not as it was written: its SHA-256 is ${hash}`,
      (error: unknown) => `${name} ${whyUnreadable(error)}`,
    );
    if (message !== null) faults.push({ check: 'hashes', message });
  }
  return faults;
}

function eventFaults({ events, manifest }: Trace): readonly Finding[] {
  const fault = (message: string): Finding => ({ check: 'events', message });
  const faults: Finding[] = [];
  const call = manifest?.call ?? events[0]?.call;
  let at = 0;
  for (const [index, event] of events.entries()) {
    const named = `event ${event.seq} (${event.type})`;
    if (event.seq !== index) faults.push(fault(`${named} stands where event ${index} should`));
    else if (event.at < at) faults.push(fault(`${named} is earlier than the one before it`));
    else if (event.call !== call) faults.push(fault(`${named} is of another call, ${event.call}`));
    if (faults.length > 0) return faults;
    at = event.at;
  }
  const [first, last] = [events[0], events.at(-1)];
  if (first !== undefined && first.type !== 'call.started')
    faults.push(fault('the first event is not call.started'));
  if (manifest?.state === 'complete' && last?.type !== 'call.ended')
    faults.push(fault('the last event is not call.ended'));
  return faults;
}

/** What openTrace() has not looked at: the recordings other than the two sides of the wire. */
async function lengthFaults({ dir, files, manifest }: Trace): Promise<readonly Finding[]> {
  if (manifest?.state === 'recording') return [];
  const sides: readonly string[] = [TRACE_FILES.caller, TRACE_FILES.bot];
  const faults: Finding[] = [];
  for (const { name } of files) {
    if (!name.endsWith('.wav') || sides.includes(name)) continue;
    const message = await wavProblem(dir, name).catch(() => `${name} cannot be read`);
    if (message !== null) faults.push({ check: 'length', message });
  }
  return faults;
}

async function alignmentFaults(trace: Trace): Promise<readonly Finding[]> {
  const wire = await readWire(trace);
  if (wire === null) return [];
  const faults: Finding[] = [];
  for (const side of ['caller', 'bot'] as const) {
    const pcm = await readTrack(trace, side);
    const packets = wire[side];
    if (pcm === null || packets.length === 0) continue;
    const message = anchorFault(side, packets) ?? (await contentFault(trace.dir, side, packets, pcm));
    if (message !== null) faults.push({ check: 'alignment', message });
  }
  return faults;
}

/** A caller's packet ends when it comes, one of ours begins when it leaves: the quickest of all shows it. */
function anchorFault(side: 'caller' | 'bot', packets: readonly WirePacket[]): string | null {
  let least = Infinity;
  for (const { at, sample, samples } of packets) {
    const due = (sample + (side === 'caller' ? samples : 0)) / 8;
    least = Math.min(least, at - due);
  }
  if (Math.abs(least) <= ANCHOR_MS) return null;
  const by = `${Math.abs(least).toFixed(1)} ms ${least > 0 ? 'before' : 'after'}`;
  return `the mapping puts the ${side}'s packets ${by} the time that wire.pcap has`;
}

/** Packets all over the call are looked for in the recording, to the sample. */
async function contentFault(
  dir: string,
  side: 'caller' | 'bot',
  packets: readonly WirePacket[],
  pcm: Int16Array,
): Promise<string | null> {
  const step = Math.max(1, Math.floor(packets.length / SAMPLED_PACKETS));
  const handle = await open(path.join(dir, TRACE_FILES.wire), 'r');
  try {
    let looked = 0;
    let differ = 0;
    let first: WirePacket | null = null;
    for (let i = 0; i < packets.length; i += step) {
      const packet = packets[i];
      if (!packet || packet.sample < 0 || packet.sample + packet.samples > pcm.length) continue;
      const payload = new Uint8Array(packet.samples);
      await handle.read(payload, 0, payload.length, packet.offset);
      looked += 1;
      if (stands(payload, packet, pcm)) continue;
      differ += 1;
      first ??= packet;
    }
    if (first === null || differ <= looked * MAY_DIFFER) return null;
    return `${differ} of ${looked} packets of the ${side} do not stand in ${TRACE_FILES[side]} where the mapping puts them, the first at ${(first.sample / 8000).toFixed(3)} s`;
  } finally {
    await handle.close();
  }
}

/** Compared as G.711 codes, one step apart at most: what we send is recorded before it is coded. */
function stands(payload: Uint8Array, { sample, samples, payloadType }: WirePacket, pcm: Int16Array): boolean {
  const codec = codecOf(payloadType);
  if (codec === null) return true;
  const coded = new Uint8Array(samples);
  encode(codec, pcm.subarray(sample, sample + samples), coded);
  return coded.every((code, i) => code === payload[i] || isZero(code, payload[i] ?? 0));
}

/** Mu-law has two codes for zero. */
function isZero(a: number, b: number): boolean {
  return (a | 0x80) === 0xff && (b | 0x80) === 0xff;
}
