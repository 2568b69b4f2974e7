import { epochMs, type Clock } from '../base/clock.ts';
import { SidetoneError, unreachable } from '../base/errors.ts';
import { Scope } from '../base/scope.ts';
import type { Codec } from '../audio/g711.ts';
import { EVENT_VERSION, type CallEvent, type CallEventBody } from '../contract/events.ts';
import type { CallAction, CallAudio } from '../contract/host.ts';
import type { RecordingSettings } from '../contract/settings.ts';
import type { BotUsed } from '../contract/trace.ts';
import type { CallControl, HeardFrame, Party, SpokenTag } from '../contract/party.ts';
import type { SignalBatch } from '../contract/signals.ts';
import type { Pacer } from '../rtp/pacer.ts';
import { PAYLOAD_TYPE_HINT, describePayloadType } from '../rtp/payload-types.ts';
import type { Endpoint, PcapFlow } from '../rtp/pcap.ts';
import { Recorder } from '../trace/recorder.ts';
import { VAD_FRAME, type OnProbability } from '../vad/silero.ts';
import { Alignment } from '../rtp/alignment.ts';
import { Floor } from './floor.ts';
import { DtmfMask } from './masking.ts';
import { Microphone } from './microphone.ts';
import { RecordingTone, TONE_TAG } from './recording-tone.ts';
import { RtpLeg, type DropReason, type RtpLegHandler } from './rtp-leg.ts';
import { SignalTap } from '../trace/signals.ts';
import type { StandIn, StandInOptions } from './stand-in.ts';
import { WindowAudio } from './window-audio.ts';

/** No packet for so long is worth a warning; so long ends the call. */
const QUIET_WARNING_MS = 5000;
const QUIET_END_MS = 30_000;
const STATS_EVERY_MS = 5000;
const FLUSH_EVERY_MS = 1000;

export interface CallOptions {
  readonly id: string;
  readonly local: Endpoint;
  readonly shared: boolean;
  readonly remote: Endpoint;
  readonly codec: Codec;
  /** Of the packet that began it, or of ours when we call. */
  readonly ptimeMs: number;
  /** When the call began, clock ms: sample 0 of its record. */
  readonly startedAt: number;
  readonly partyName: string;
  readonly maxMs: number | null;
  readonly recordsDir: string | null;
  readonly recording: RecordingSettings;
  readonly version: string;
  /** The bot on the call, for its trace; null: another party. */
  readonly bot: BotUsed | null;
  /** The trace that the call replays; null: none. */
  readonly replayOf: string | null;
  readonly clock: Clock;
  readonly pacer: Pacer;
  makeParty(seat: PartySeat): Party;
  /** For a person who takes over from the bot; null: the party is no bot. */
  readonly makeStandIn: ((seat: StandInSeat) => StandIn) | null;
  onEvent(event: CallEvent): void;
  /** For the window's speaker. The samples are used again when this returns. */
  onAudio(audio: CallAudio): void;
  onDropped(reason: DropReason): void;
  onStray(datagram: Uint8Array, from: { address: string; port: number }): void;
  /** Everything is closed and the record complete. */
  onOver(call: Call): void;
}

/** What a party is given when it is put on a call. */
export interface PartySeat {
  readonly control: CallControl;
  readonly microphone: Microphone;
  readonly emit: (event: CallEventBody) => void;
  /** Of caller speech. */
  readonly probability: OnProbability;
  /** What its voice made for a generation, heard or not, at the voice's own rate. */
  readonly produced: (generation: number, audio: { pcm: Int16Array; sampleRate: number }) => void;
  /** What it would have said had it not been interrupted now. */
  readonly cancelled: (pcm: Int16Array) => void;
}

/** What a stand-in is given. */
export type StandInSeat = Pick<StandInOptions, 'emit' | 'spokenFor'>;

export function callIsOver(): SidetoneError {
  return new SidetoneError('usage', 'the call is over');
}

/** One call: an RTP leg, the party on it, the event log and the record. */
export class Call implements RtpLegHandler, CallControl {
  readonly id: string;
  readonly #options: CallOptions;
  readonly #scope = new Scope();
  readonly #recorder: Recorder | null;
  /** Keeps pressed keys out of the log and the recording; null: they may be there. */
  readonly #mask: DtmfMask | null;
  readonly #tone: RecordingTone | null;
  readonly #party: Party;
  readonly #microphone: Microphone;
  readonly #floor: Floor;
  readonly #leg: RtpLeg;
  readonly #callerAudio: WindowAudio;
  readonly #botAudio: WindowAudio;
  #signals: SignalTap | null = null;
  /** The same for the trace. */
  #peaks: SignalTap | null = null;
  #listenedIn = false;
  #seq = 0;
  readonly #alignment: Alignment;
  /** Sample after the last of the caller's that is recorded. */
  #callerEnd = 0;
  /** Where the concealment going on began on the caller's track. */
  #concealedFrom: number | null = null;
  /** Position after what was sent last. */
  #botEnd = 0;
  #warnedQuietAt: number | null = null;
  #nextStatsAt: number;
  #nextFlushAt: number;
  #ended: string | null = null;
  /** Its end has been told. */
  #told = false;

  constructor(options: CallOptions) {
    this.#options = options;
    this.id = options.id;
    const { startedAt } = options;
    this.#nextStatsAt = startedAt + STATS_EVERY_MS;
    this.#nextFlushAt = startedAt + FLUSH_EVERY_MS;
    this.#alignment = new Alignment(startedAt);
    this.#mask = options.recording.mask_dtmf
      ? new DtmfMask({
          caller: (pcm, sample) => this.#recordCaller(pcm, sample),
          datagram: (flow, micros, datagram) => this.#recorder?.datagram(flow, micros, datagram),
        })
      : null;
    this.#recorder = this.#openRecord();
    this.#tone = this.#recorder && options.recording.tone ? new RecordingTone() : null;
    const peer = `${options.remote.address}:${options.remote.port}`;
    this.emit({
      type: 'call.started',
      peer,
      codec: options.codec,
      ptime_ms: options.ptimeMs,
      party: options.partyName,
    });
    this.#leg = new RtpLeg({ ...options, scope: this.#scope, handler: this }, startedAt);
    if (this.#recorder) {
      const { peaks } = this.#recorder;
      this.#peaks = new SignalTap(this.id, peaks, startedAt, options.clock.now(), this.#leg.health);
    }
    const onAudio = (audio: CallAudio): void => options.onAudio(audio);
    this.#callerAudio = new WindowAudio(this.id, 'caller', onAudio);
    this.#botAudio = new WindowAudio(this.id, 'bot', onAudio);
    const emit = (event: CallEventBody): void => this.emit(event);
    const microphone = new Microphone(emit);
    const { makeStandIn } = options;
    this.#microphone = microphone;
    this.#party = options.makeParty({
      control: this,
      microphone,
      emit,
      probability: (value, end) => {
        const sample = end + this.#alignment.offset;
        this.#recorder?.probability(value, sample - VAD_FRAME);
        this.#signals?.voice(value, sample);
        this.#peaks?.voice(value, sample);
      },
      produced: (generation, { pcm, sampleRate }) => this.#recorder?.produced(generation, pcm, sampleRate),
      cancelled: (pcm) => {
        this.#signals?.cancelled(pcm, this.#botEnd);
        this.#peaks?.cancelled(pcm, this.#botEnd);
      },
    });
    this.#floor = new Floor({
      party: this.#party,
      microphone,
      makeStandIn: makeStandIn && ((spokenFor) => makeStandIn({ emit, spokenFor })),
      emit,
    });
  }

  get leg(): RtpLeg {
    return this.#leg;
  }

  emit(body: CallEventBody): void {
    const at = Math.max(0, Math.round((this.#options.clock.now() - this.#options.startedAt) * 1000));
    const event: CallEvent = {
      v: EVENT_VERSION,
      seq: this.#seq,
      at,
      call: this.id,
      ...(this.#mask?.event(body) ?? body),
    };
    this.#seq += 1;
    this.#recorder?.event(event);
    this.#options.onEvent(event);
  }

  /** Called every slot. */
  tick(now: number): void {
    if (this.#ended !== null) return;
    this.#leg.tick(now);
    this.#party.tick(now);
    this.#microphone.tick(now);
    this.#signals?.tick(now, this.#leg.health);
    this.#peaks?.tick(now, this.#leg.health);
    this.#mask?.advance(now);
    this.#watchQuiet(now);
    if (now >= this.#nextStatsAt) {
      this.#nextStatsAt += STATS_EVERY_MS;
      this.#emitStats();
    }
    if (now >= this.#nextFlushAt) {
      this.#nextFlushAt += FLUSH_EVERY_MS;
      this.#peaks?.flush();
      void this.#recorder?.flush();
    }
    const { maxMs, startedAt } = this.#options;
    if (maxMs !== null && now - startedAt >= maxMs) this.hangUp('time is up');
  }

  /** What the person at the window does. @throws SidetoneError 'usage' when it cannot be, or the call is over. */
  act(action: CallAction): void {
    if (this.#ended !== null) throw callIsOver();
    const now = this.#options.clock.now();
    switch (action.type) {
      case 'hang_up':
        this.hangUp(action.reason);
        break;
      case 'mute':
        this.#floor.mute(action.on);
        break;
      case 'mark':
        this.emit({ type: 'call.marked', label: action.label });
        break;
      case 'send_dtmf':
        this.sendDtmf(action.digits);
        break;
      case 'listen_in':
        this.#listenedIn = action.on;
        break;
      case 'take_over':
        this.#floor.takeOver(action.on, now);
        break;
      case 'microphone':
        this.#microphone.setLive(action.live, action.message, now);
        break;
      case 'hold':
      case 'say':
      case 'whisper':
      case 'spoken_for':
        this.#floor.order(action);
        break;
      default:
        unreachable(action);
    }
  }

  /** A frame of the person's microphone; nothing where they do not speak. */
  hearPerson(pcm: Int16Array, now: number): void {
    if (this.#microphone.isOpen) this.#recorder?.microphone(pcm, now);
    this.#microphone.write(pcm, now);
  }

  /** Writes dense signals into `batch` from now on; null: no longer. */
  watch(batch: SignalBatch | null): void {
    const { startedAt, clock } = this.#options;
    this.#signals = batch && new SignalTap(this.id, batch, startedAt, clock.now(), this.#leg.health);
  }

  /** The batch is about to leave: puts in what there is. */
  flushSignals(): void {
    this.#signals?.flush();
  }

  hangUp(reason: string): void {
    if (this.#ended !== null) return;
    this.#ended = reason;
    void this.#close(reason);
  }

  sendDtmf(digits: string): void {
    this.#leg.sendKeys(digits);
  }

  transfer(target: string): void {
    throw new SidetoneError('usage', `cannot transfer to ${target}: raw RTP has no signalling`, {
      hint: 'transfer in the PBX that placed the call',
    });
  }

  heard(frame: HeardFrame): void {
    if (this.#alignment.follow(frame))
      this.emit({ type: 'caller.aligned', offset: this.#alignment.offset, from: frame.position });
    this.#watchConcealment(frame);
    const sample = frame.position + this.#alignment.offset;
    if (this.#mask) this.#mask.caller(frame, sample);
    else this.#recordCaller(frame.pcm, sample);
    // Who speaks must hear the far end.
    if (this.#listenedIn || this.#microphone.isOpen) this.#callerAudio.write(frame.pcm);
    this.#party.hear(frame);
  }

  speak(out: Int16Array, position: number, at: number): SpokenTag | null {
    const tag = this.#floor.speak(out, position, at);
    // Whoever was not heard yet may not be there to hear it.
    const announced = this.#leg.remoteSsrc !== null && this.#tone?.mix(out);
    return announced ? (tag ?? TONE_TAG) : tag;
  }

  spoken(pcm: Int16Array, position: number): void {
    this.#botEnd = position + pcm.length;
    this.#recorder?.bot(pcm, position);
    this.#signals?.bot(pcm, position);
    this.#peaks?.bot(pcm, position);
    if (this.#listenedIn) this.#botAudio.write(pcm);
  }

  mapped(stream: 'caller' | 'bot', ssrc: number, timestamp: number, position: number): void {
    this.#mask?.mapped(stream, ssrc, timestamp, position);
    this.emit({ type: 'rtp.mapped', stream, ssrc, rtp_timestamp: timestamp, position });
  }

  stalled(lateMs: number): void {
    this.emit({ type: 'engine.stalled', late_ms: lateMs });
  }

  ready(local: Endpoint): void {
    this.emit({ type: 'rtp.ready', local: `${local.address}:${local.port}` });
  }

  wire(flow: PcapFlow, datagram: Uint8Array): void {
    const micros = epochMs() * 1000;
    if (this.#mask) this.#mask.datagram(flow, micros, this.#options.clock.now(), datagram);
    else this.#recorder?.datagram(flow, micros, datagram);
  }

  keyPressed(digit: string, durationMs: number): void {
    this.emit({ type: 'dtmf.received', digit, duration_ms: durationMs });
    this.#party.dtmf(digit, durationMs);
  }

  keySent(digit: string, durationMs: number): void {
    this.emit({ type: 'dtmf.sent', digit, duration_ms: durationMs });
  }

  sourceChanged(ssrc: number, reason: 'ssrc' | 'restart'): void {
    this.emit({ type: 'rtp.source_changed', ssrc, reason });
  }

  unknownPayload(payloadType: number): void {
    const hint = `${describePayloadType(payloadType)} cannot be understood. ${PAYLOAD_TYPE_HINT}`;
    this.emit({ type: 'rtp.unknown_payload', payload_type: payloadType, hint });
  }

  dropped(reason: DropReason): void {
    this.#options.onDropped(reason);
  }

  stray(datagram: Uint8Array, from: { address: string; port: number }): void {
    this.#options.onStray(datagram, from);
  }

  gone(reason: string): void {
    this.hangUp(reason);
  }

  #openRecord(): Recorder | null {
    const {
      recordsDir,
      version,
      remote,
      partyName,
      codec,
      id,
      bot,
      ptimeMs,
      startedAt,
      replayOf,
      recording,
    } = this.#options;
    // A replay is asked for by somebody who wants its trace.
    if (recordsDir === null || (!recording.keep && replayOf === null)) return null;
    const start = {
      sidetone: version,
      call: id,
      peer: `${remote.address}:${remote.port}`,
      party: partyName,
      codec,
      ptime_ms: ptimeMs,
      bot,
      startedAt,
      replay_of: replayOf,
      dtmf_masked: recording.mask_dtmf,
    };
    return new Recorder(recordsDir, start, (why) => {
      // Nothing follows the end of a call; its manifest tells.
      if (this.#told) return;
      const message = `recording stopped: ${why}; the call goes on`;
      this.emit({ type: 'call.warning', code: 'record', message });
    });
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

  #watchQuiet(now: number): void {
    const silent_ms = now - this.#leg.lastPacketAt;
    if (this.#warnedQuietAt !== null && this.#leg.lastPacketAt > this.#warnedQuietAt) {
      this.emit({
        type: 'rtp.resumed',
        silent_ms: this.#leg.lastPacketAt - this.#warnedQuietAt + QUIET_WARNING_MS,
      });
      this.#warnedQuietAt = null;
    } else if (silent_ms >= QUIET_END_MS) {
      this.hangUp(`no packets for ${QUIET_END_MS / 1000} s`);
    } else if (silent_ms >= QUIET_WARNING_MS && this.#warnedQuietAt === null) {
      this.#warnedQuietAt = now;
      this.emit({ type: 'rtp.quiet', silent_ms });
    }
  }

  #emitStats(): void {
    const pacingP99Ms = this.#options.pacer.deviation.percentile(99);
    this.emit({ type: 'rtp.stats', stats: this.#leg.stats(pacingP99Ms) });
  }

  async #close(reason: string): Promise<void> {
    const duration_ms = this.#options.clock.now() - this.#options.startedAt;
    this.#emitStats();
    this.#leg.close();
    await this.#floor.close();
    await this.#party.close();
    this.emit({ type: 'call.ended', reason, duration_ms });
    this.#told = true;
    this.#mask?.close();
    this.#peaks?.flush();
    await this.#recorder?.close(reason, duration_ms);
    await this.#scope.close();
    this.#signals?.flush();
    this.#options.onOver(this);
  }
}
