import { epochMs, type Clock } from '../base/clock.ts';
import { EVENT_VERSION, type CallEvent, type CallEventBody } from '../contract/events.ts';
import type { HeardFrame } from '../contract/party.ts';
import type { SignalBatch } from '../contract/signals.ts';
import type { SipMessageView } from '../contract/sip.ts';
import { Alignment } from '../rtp/alignment.ts';
import type { PcapFlow } from '../rtp/pcap.ts';
import { Recorder, type TraceStart } from '../trace/recorder.ts';
import { SignalTap, type ReceptionHealth } from '../trace/signals.ts';
import { VAD_FRAME } from '../vad/silero.ts';
import { maskedInfo } from './masked-info.ts';
import { DtmfMask } from './masking.ts';
import { sipFlow } from './sip-flow.ts';

const FLUSH_EVERY_MS = 1000;
/** The most that an IP packet of a capture holds, less its headers. */
const MAX_SIP_BYTES = 65_000;

export interface CallRecordOptions {
  readonly id: string;
  /** The call's start, clock ms: `at` 0 of its events, sample 0 of its recordings. */
  readonly startedAt: number;
  readonly clock: Clock;
  /** Folder of traces; null: none is kept of this call. */
  readonly recordsDir: string | null;
  readonly trace: TraceStart;
  /** Keeps pressed keys out of the log and the recording. */
  readonly maskKeys: boolean;
  onEvent(event: CallEvent): void;
}

/** What is written and drawn of a call: its event log, its trace on the disk, its dense signals for the window. */
export class CallRecord {
  readonly #options: CallRecordOptions;
  readonly #recorder: Recorder | null;
  /** null: keys may be there. */
  readonly #mask: DtmfMask | null;
  readonly #alignment: Alignment;
  #signals: SignalTap | null = null;
  /** The same for the trace. */
  #peaks: SignalTap | null = null;
  #seq = 0;
  /** Sample after the last of the caller's that is recorded. */
  #callerEnd = 0;
  /** Where the concealment going on began on the caller's track. */
  #concealedFrom: number | null = null;
  /** Position after what was sent last. */
  #botEnd = 0;
  #nextFlushAt: number;
  /** The call's end has been told. */
  #told = false;

  constructor(options: CallRecordOptions) {
    const { startedAt, recordsDir, trace, maskKeys } = options;
    this.#options = options;
    this.#nextFlushAt = startedAt + FLUSH_EVERY_MS;
    this.#alignment = new Alignment(startedAt);
    this.#mask = maskKeys
      ? new DtmfMask({
          caller: (pcm, sample) => this.#recordCaller(pcm, sample),
          datagram: (flow, micros, datagram) => this.#recorder?.datagram(flow, micros, datagram),
        })
      : null;
    this.#recorder =
      recordsDir === null ? null : new Recorder(recordsDir, trace, (why) => this.#troubled(why));
  }

  /** Whether it goes to the disk. */
  get isKept(): boolean {
    return this.#recorder !== null;
  }

  emit(body: CallEventBody): void {
    const { clock, startedAt, id } = this.#options;
    const at = Math.max(0, Math.round((clock.now() - startedAt) * 1000));
    const event: CallEvent = {
      v: EVENT_VERSION,
      seq: this.#seq,
      at,
      call: id,
      ...(this.#mask?.event(body) ?? body),
    };
    this.#seq += 1;
    this.#recorder?.event(event);
    this.#options.onEvent(event);
  }

  /** Signals go to the disk from here on. */
  begin(health: ReceptionHealth): void {
    if (this.#recorder) this.#peaks = this.#tap(this.#recorder.peaks, health);
  }

  /** Writes dense signals into `batch` from now on; null: no longer. */
  watch(batch: SignalBatch | null, health: ReceptionHealth): void {
    this.#signals = batch && this.#tap(batch, health);
  }

  /** Called every slot. */
  tick(now: number, health: ReceptionHealth): void {
    this.#signals?.tick(now, health);
    this.#peaks?.tick(now, health);
    this.#mask?.advance(now);
    if (now < this.#nextFlushAt) return;
    this.#nextFlushAt += FLUSH_EVERY_MS;
    this.#peaks?.flush();
    void this.#recorder?.flush();
  }

  /** The window's batch is about to leave: puts in what there is. */
  flushSignals(): void {
    this.#signals?.flush();
  }

  /** A frame of the caller's track, in order. */
  heard(frame: HeardFrame): void {
    if (this.#alignment.follow(frame))
      this.emit({ type: 'caller.aligned', offset: this.#alignment.offset, from: frame.position });
    this.#watchConcealment(frame);
    const sample = frame.position + this.#alignment.offset;
    if (this.#mask) this.#mask.caller(frame, sample);
    else this.#recordCaller(frame.pcm, sample);
  }

  /** What left, at `position` of our track. */
  spoken(pcm: Int16Array, position: number): void {
    this.#botEnd = position + pcm.length;
    this.#recorder?.bot(pcm, position);
    this.#signals?.bot(pcm, position);
    this.#peaks?.bot(pcm, position);
  }

  mapped(stream: 'caller' | 'bot', ssrc: number, timestamp: number, position: number): void {
    this.#mask?.mapped(stream, ssrc, timestamp, position);
    this.emit({ type: 'rtp.mapped', stream, ssrc, rtp_timestamp: timestamp, position });
  }

  /** A datagram of either direction, now. */
  wire(flow: PcapFlow, datagram: Uint8Array): void {
    const micros = epochMs() * 1000;
    if (this.#mask) this.#mask.datagram(flow, micros, this.#options.clock.now(), datagram);
    else this.#recorder?.datagram(flow, micros, datagram);
  }

  /** A SIP message of the call, into the log and, as if it had come over UDP, the capture; also from before its start. */
  sip(message: SipMessageView): void {
    const { clock, startedAt } = this.#options;
    const { direction, transport, local, remote, repeated, at } = message;
    const text = this.#mask ? maskedInfo(message.text) : message.text;
    // `at` and the events are on clocks that share their pace.
    const offset_ms = at - (epochMs() - (clock.now() - startedAt));
    this.emit({ type: 'sip.message', offset_ms, direction, transport, local, remote, repeated, text });
    const flow = this.#recorder && sipFlow(message);
    if (flow) this.#recorder?.datagram(flow, at * 1000, Buffer.from(text).subarray(0, MAX_SIP_BYTES));
  }

  /** Probability of caller speech in the VAD's frame before `end` of the caller's track. */
  probability(value: number, end: number): void {
    const sample = end + this.#alignment.offset;
    this.#recorder?.probability(value, sample - VAD_FRAME);
    this.#signals?.voice(value, sample);
    this.#peaks?.voice(value, sample);
  }

  /** What the party's voice made for a generation, heard or not. */
  produced(generation: number, pcm: Int16Array, sampleRate: number): void {
    this.#recorder?.produced(generation, pcm, sampleRate);
  }

  /** What the party would have said had it not been interrupted now. */
  cancelled(pcm: Int16Array): void {
    this.#signals?.cancelled(pcm, this.#botEnd);
    this.#peaks?.cancelled(pcm, this.#botEnd);
  }

  microphone(pcm: Int16Array, now: number): void {
    this.#recorder?.microphone(pcm, now);
  }

  /** Tells the call's end and completes the trace. */
  async close(reason: string, durationMs: number): Promise<void> {
    this.emit({ type: 'call.ended', reason, duration_ms: durationMs });
    this.#told = true;
    this.#mask?.close();
    this.#peaks?.flush();
    await this.#recorder?.close(reason, durationMs);
    this.#signals?.flush();
  }

  #tap(batch: SignalBatch, health: ReceptionHealth): SignalTap {
    const { id, startedAt, clock } = this.#options;
    return new SignalTap(id, batch, startedAt, clock.now(), health);
  }

  /** From the sample `position` of the call on; what overlaps with what was recorded before is dropped. */
  #recordCaller(heard: Int16Array, position: number): void {
    const overlap = Math.max(0, this.#callerEnd - position);
    if (overlap >= heard.length) return;
    const pcm = overlap === 0 ? heard : heard.subarray(overlap);
    const from = position + overlap;
    this.#callerEnd = from + pcm.length;
    this.#recorder?.caller(pcm, from);
    this.#signals?.caller(pcm, from);
    this.#peaks?.caller(pcm, from);
  }

  #watchConcealment({ kind, position }: HeardFrame): void {
    if (kind === 'concealed') {
      this.#concealedFrom ??= position;
    } else if (this.#concealedFrom !== null) {
      this.emit({ type: 'rtp.concealed', from: this.#concealedFrom, to: position });
      this.#concealedFrom = null;
    }
  }

  #troubled(why: string): void {
    // Nothing follows the end of a call; its manifest tells.
    if (this.#told) return;
    const message = `recording stopped: ${why}; the call goes on`;
    this.emit({ type: 'call.warning', code: 'record', message });
  }
}
