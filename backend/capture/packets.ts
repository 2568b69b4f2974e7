import { stat } from 'node:fs/promises';
import path from 'node:path';
import { parseEnd } from '../base/address.ts';
import { LINE_RATE } from '../contract/party.ts';
import { TRACE_FILES } from '../contract/trace.ts';
import type { PacketRow } from '../contract/traces.ts';
import { readU16 } from '../rtp/bytes.ts';
import { KEYS } from '../rtp/dtmf.ts';
import { RtpPacket, isRtcp, parseRtp } from '../rtp/packet.ts';
import { describePayloadType } from '../rtp/payload-types.ts';
import { readRtcp } from '../rtp/rtcp.ts';
import { readManifestFile } from '../trace/read.ts';
import { CaptureFile, type Datagram } from './pcap-file.ts';
import { sipLine } from './sip.ts';
import { payloadKind } from './payload-kind.ts';

/** RFC 3550 appendix A.1. */
const MAX_DROPOUT = 3000;
const MAX_MISORDER = 100;
/** Half a day of call; more is not shown, for it would fill the memory. */
const MAX_ROWS = 4_000_000;
const NOTHING_NAMED: ReadonlyMap<number, string> = new Map();

/** The rows of the trace that was asked for last: a person scrolls through one, and an hour has 360 000 of them. */
let latest: { readonly key: string; readonly rows: readonly PacketRow[] } = { key: '', rows: [] };

/**
 * Packets of a trace that came or left in [fromMs, toMs], in the order of time.
 *
 * @throws SidetoneError 'usage' when its wire.pcap cannot be read.
 */
export async function packetRows(dir: string, fromMs: number, toMs: number): Promise<PacketRow[]> {
  const rows = await allRows(dir);
  return rows.slice(firstFrom(rows, fromMs), firstFrom(rows, toMs, true));
}

async function allRows(dir: string): Promise<readonly PacketRow[]> {
  const file = path.resolve(dir, TRACE_FILES.wire);
  const found = await stat(file).catch(() => null);
  const key = `${file} ${found?.size} ${found?.mtimeMs}`;
  if (latest.key !== key) latest = { key, rows: await readRows(dir, file) };
  return latest.rows;
}

async function readRows(dir: string, file: string): Promise<readonly PacketRow[]> {
  const { value: manifest } = await readManifestFile(dir);
  const ours = new Set(manifest?.mapping.flatMap(({ stream, ssrc }) => (stream === 'bot' ? [ssrc] : [])));
  const describer = new PacketDescriber(manifest?.peer ?? null, manifest?.clock.wall_ms ?? null, ours);
  const rows: PacketRow[] = [];
  for await (const batch of new CaptureFile(file).batches()) {
    for (const datagram of batch) rows.push(describer.row(datagram));
    if (rows.length > MAX_ROWS) break;
  }
  return rows.sort((a, b) => a.at - b.at);
}

/** Index of the first row at `ms` or later; with `after`: later. */
function firstFrom(rows: readonly PacketRow[], ms: number, after = false): number {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const at = rows[middle]?.at ?? 0;
    if (after ? at <= ms : at < ms) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What came last of one side. */
class SideState {
  readonly lastAt = new Map<PacketRow['kind'], number>();
  ssrc: number | null = null;
  /** The highest of the source. */
  sequence = 0;
}

/** Makes rows of a call's datagrams, given in their order. */
class PacketDescriber {
  readonly #packet = new RtpPacket();
  readonly #sides = { caller: new SideState(), bot: new SideState() };
  /** The caller's address, and its RTP port; null: that of the first RTP packet. */
  #peer: { readonly host: string; readonly port: number } | null;
  #startMs: number | null;
  /** Our sources; empty: not known. */
  readonly #ours: ReadonlySet<number>;

  constructor(peer: string | null, startMs: number | null, ours: ReadonlySet<number>) {
    this.#peer = peer === null ? null : parseEnd(peer);
    this.#startMs = startMs;
    this.#ours = ours;
  }

  row(datagram: Datagram): PacketRow {
    const { payload, epochMicros } = datagram;
    const packet = this.#packet;
    const isReport = isRtcp(payload);
    const isRtp = !isReport && parseRtp(payload, packet) === null;
    if (isRtp) this.#learn(datagram, packet.ssrc);
    this.#startMs ??= epochMicros / 1000;
    const at = epochMicros / 1000 - this.#startMs;
    const side = this.#sideOf(datagram);
    const state = this.#sides[side];
    const seen = isRtp ? describeRtp(packet, state) : describeOther(payload, isReport);
    const before = state.lastAt.get(seen.kind);
    state.lastAt.set(seen.kind, at);
    return {
      at,
      side,
      kind: seen.kind,
      sequence: isRtp ? packet.sequence : null,
      timestamp: isRtp ? packet.timestamp : null,
      ssrc: isRtp ? packet.ssrc : null,
      payloadType: isRtp ? packet.payloadType : null,
      marker: isRtp && packet.marker,
      bytes: payload.length,
      deltaMs: before === undefined ? null : at - before,
      gap: seen.gap,
      about: seen.about,
    };
  }

  /** The far end may come from elsewhere than it said (NAT), and be another one after a transfer. */
  #learn({ from, to }: Datagram, ssrc: number): void {
    const theirs = this.#ours.has(ssrc) ? to : from;
    if (this.#peer !== null && this.#ours.size === 0) return;
    if (this.#peer?.host === theirs.address && this.#peer.port === theirs.port) return;
    this.#peer = { host: theirs.address, port: theirs.port };
  }

  /** By the port, that of RTP or the next for RTCP; by the address where signalling comes from elsewhere. */
  #sideOf({ from, to }: Datagram): PacketRow['side'] {
    const peer = this.#peer;
    if (peer === null || from.address !== peer.host) return 'bot';
    const isPeers = from.port === peer.port || from.port === peer.port + 1;
    return isPeers || to.address !== peer.host ? 'caller' : 'bot';
  }
}

interface Seen {
  readonly kind: PacketRow['kind'];
  readonly gap: number;
  readonly about: string;
}

function describeRtp(packet: RtpPacket, state: SideState): Seen {
  const { gap, about } = order(packet, state);
  const kind = payloadKind(packet.payloadType, packet.payloadLength, NOTHING_NAMED);
  const abouts = about === '' ? [] : [about];
  if (kind === 'telephone-event')
    return { kind: 'dtmf', gap, about: [describeKey(packet), ...abouts].join(', ') };
  if (kind === 'CN') abouts.unshift('comfort noise');
  if (kind === null) abouts.unshift(describePayloadType(packet.payloadType));
  return { kind: 'rtp', gap, about: abouts.join(', ') };
}

/** Where the packet stands in the sequence of its source. */
function order({ ssrc, sequence }: RtpPacket, state: SideState): { gap: number; about: string } {
  const ahead = ((sequence - state.sequence) << 16) >> 16;
  const known = state.ssrc !== null;
  if (ssrc !== state.ssrc || ahead > MAX_DROPOUT || ahead < -MAX_MISORDER) {
    const about = !known ? '' : ssrc === state.ssrc ? 'sequence begins anew' : 'new source';
    state.ssrc = ssrc;
    state.sequence = sequence;
    return { gap: 0, about };
  }
  if (ahead === 0) return { gap: 0, about: 'duplicate' };
  if (ahead < 0) return { gap: 0, about: 'out of order' };
  state.sequence = sequence;
  return { gap: ahead - 1, about: '' };
}

/** RFC 4733 section 2.3. */
function describeKey({ bytes, payloadOffset, payloadLength }: RtpPacket): string {
  if (payloadLength < 4) return 'half an event';
  const code = bytes[payloadOffset] ?? 0;
  const what = code < KEYS.length ? `digit ${KEYS.charAt(code)}` : `event ${code}`;
  const ms = (readU16(bytes, payloadOffset + 2) * 1000) / LINE_RATE;
  const ends = ((bytes[payloadOffset + 1] ?? 0) & 0x80) !== 0;
  return `${what}, ${Math.round(ms)} ms${ends ? ', end' : ''}`;
}

function describeOther(payload: Uint8Array, isReport: boolean): Seen {
  if (isReport) return { kind: 'rtcp', gap: 0, about: describeReport(payload) };
  const line = sipLine(payload);
  if (line !== null) return { kind: 'sip', gap: 0, about: line };
  return { kind: 'other', gap: 0, about: '' };
}

function describeReport(payload: Uint8Array): string {
  const report = readRtcp(payload);
  if (!report) return 'garbled';
  const { senderReport, blocks, left } = report;
  const parts: string[] = [];
  if (senderReport) parts.push('SR');
  else if (blocks.length > 0) parts.push('RR');
  for (const { lost, jitter } of blocks)
    parts.push(`${lost} lost, jitter ${((jitter * 1000) / LINE_RATE).toFixed(1)} ms`);
  if (left.length > 0) parts.push('BYE');
  return parts.join(', ');
}
