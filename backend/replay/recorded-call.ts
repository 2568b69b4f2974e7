import path from 'node:path';
import { decode, type Codec } from '../audio/g711.ts';
import { voicedRange } from '../audio/voiced.ts';
import { parseEnd } from '../base/address.ts';
import { SidetoneError } from '../base/errors.ts';
import { CaptureFile } from '../capture/pcap-file.ts';
import { LINE_RATE } from '../contract/party.ts';
import { TRACE_FILES } from '../contract/trace.ts';
import { RtpPacket, isRtcp, parseRtp } from '../rtp/packet.ts';
import { codecOf } from '../rtp/payload-types.ts';
import type { Endpoint } from '../rtp/pcap.ts';
import type { Trace } from '../trace/read.ts';

const SAMPLES_PER_MS = LINE_RATE / 1000;
/** Voiced audio closer together than this is one span: a pause within speech. */
const PAUSE_MS = 300;

/** An RTP packet of the caller's, as it came. */
export interface RecordedPacket {
  /** Since the first. */
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** Somebody spoke, or a key was held: ms since the caller's first packet. */
export interface SpokenSpan {
  readonly from: number;
  to: number;
}

/** What came and went on the wire of a call. */
export interface RecordedCall {
  readonly codec: Codec;
  readonly ptimeMs: number;
  /** The caller's, in the order in which they came. */
  readonly packets: readonly RecordedPacket[];
  /** By energy, in the packets. */
  readonly caller: readonly SpokenSpan[];
  readonly bot: readonly SpokenSpan[];
  /** Whether the caller ended the call. */
  readonly callerLeft: boolean;
}

/**
 * Reads the caller's packets back from a trace's capture.
 *
 * @throws SidetoneError 'usage' when there is none, or none of the caller's in it.
 */
export async function readRecordedCall(trace: Trace): Promise<RecordedCall> {
  if (!trace.files.some(({ name }) => name === TRACE_FILES.wire)) {
    throw new SidetoneError('usage', `${trace.dir} has no ${TRACE_FILES.wire}: nothing can be replayed`, {
      hint: 'a replay sends the recorded packets again; record calls with their capture',
    });
  }
  const peer = peerOf(trace);
  const end = parseEnd(peer);
  const isPeers = ({ address, port }: Endpoint): boolean => address === end?.host && port === end.port;
  const caller = new Voice();
  const bot = new Voice();
  const packets: RecordedPacket[] = [];
  const packet = new RtpPacket();
  let firstMicros = NaN;
  let codec: Codec | null = null;
  let ptimeMs = 20;
  for await (const batch of new CaptureFile(path.join(trace.dir, TRACE_FILES.wire)).batches()) {
    for (const { from, to, payload, epochMicros } of batch) {
      if (isRtcp(payload) || parseRtp(payload, packet) !== null) continue;
      const ms = (epochMicros - firstMicros) / 1000;
      const audio = payload.subarray(packet.payloadOffset, packet.payloadOffset + packet.payloadLength);
      const spoken = codecOf(packet.payloadType);
      if (isPeers(from)) {
        // A call begins with a packet of audio.
        if (codec === null && spoken === null) continue;
        if (codec === null) firstMicros = epochMicros;
        codec ??= spoken;
        if (spoken) ptimeMs = audio.length / SAMPLES_PER_MS;
        const at = packets.length === 0 ? 0 : ms;
        // A copy: slice() of what may be a Buffer would be a view.
        packets.push({ at, bytes: Uint8Array.from(payload) });
        // A sample stands at its packet's arrival less what follows it.
        if (spoken) caller.hear(spoken, audio, at - audio.length / SAMPLES_PER_MS);
        else caller.pressed(at);
      } else if (isPeers(to) && spoken && codec !== null) {
        bot.hear(spoken, audio, ms);
      }
    }
  }
  if (codec === null) {
    throw new SidetoneError('usage', `${trace.dir}: no packets of the caller in ${TRACE_FILES.wire}`, {
      hint: `they should come from ${peer}`,
    });
  }
  const callerLeft = /^(far end|no packets)/.test(endOf(trace));
  return { codec, ptimeMs, packets, caller: caller.spans, bot: bot.spans, callerLeft };
}

/** [from, to) of a payload's voiced samples, by energy; null: there are none. */
export function voicedAudio(codec: Codec, payload: Uint8Array): ReturnType<typeof voicedRange> {
  const pcm = new Int16Array(payload.length);
  decode(codec, payload, pcm);
  return voicedRange(pcm);
}

/** Where somebody speaks in a stream of packets. */
class Voice {
  readonly spans: SpokenSpan[] = [];

  /** `at`: of the payload's first sample, ms. */
  hear(codec: Codec, payload: Uint8Array, at: number): void {
    const voiced = voicedAudio(codec, payload);
    if (voiced) this.#extend(at + voiced.from / SAMPLES_PER_MS, at + voiced.to / SAMPLES_PER_MS);
  }

  /** A key, as a packet of its event. */
  pressed(at: number): void {
    this.#extend(at, at);
  }

  #extend(from: number, to: number): void {
    const last = this.spans.at(-1);
    if (last && from - last.to <= PAUSE_MS) last.to = Math.max(last.to, to);
    else this.spans.push({ from, to });
  }
}

function peerOf({ manifest, events, dir }: Trace): string {
  const started = events.find((event) => event.type === 'call.started');
  const peer = manifest?.peer ?? started?.peer;
  if (peer !== undefined) return peer;
  throw new SidetoneError('usage', `${dir} does not say who called: manifest and events are missing`);
}

function endOf({ manifest, events }: Trace): string {
  const ended = events.findLast((event) => event.type === 'call.ended');
  return ended?.reason ?? manifest?.ended ?? '';
}
