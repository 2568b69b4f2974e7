import type { Clock } from '../base/clock.ts';
import { SidetoneError, unreachable } from '../base/errors.ts';
import { Scope } from '../base/scope.ts';
import type { Codec } from '../audio/g711.ts';
import type { CallEvent, CallEventBody } from '../contract/events.ts';
import type { CallAction, CallAudio, LineChange } from '../contract/host.ts';
import type { RecordingSettings } from '../contract/settings.ts';
import type { BotUsed } from '../contract/trace.ts';
import type { CallControl, HeardFrame, Party, SpokenTag } from '../contract/party.ts';
import type { SignalBatch } from '../contract/signals.ts';
import type { Pacer } from '../rtp/pacer.ts';
import { PAYLOAD_TYPE_HINT, describePayloadType } from '../rtp/payload-types.ts';
import type { Endpoint, PcapFlow } from '../rtp/pcap.ts';
import type { OnProbability } from '../vad/silero.ts';
import { CallRecord } from './call-record.ts';
import { ConnectedPath } from './connected-path.ts';
import { Floor } from './floor.ts';
import { Hold } from './hold.ts';
import { Microphone } from './microphone.ts';
import { QuietWatch } from './quiet-watch.ts';
import { checkedKeys } from '../rtp/dtmf.ts';
import { RecordingTone, TONE_TAG } from './recording-tone.ts';
import { RtpLeg, type DropReason, type RtpLegHandler } from './rtp-leg.ts';
import { SipLine, type SipLink } from './sip-line.ts';
import type { StandIn, StandInOptions } from './stand-in.ts';
import { WindowAudio } from './window-audio.ts';

const STATS_EVERY_MS = 2000;
/** So long signalling may take to say goodbye. */
const GOODBYE_MS = 2000;

/** Raw RTP: one address, and nothing agreed on. */
export interface RawLink {
  readonly kind: 'raw';
  readonly local: Endpoint;
  readonly shared: boolean;
  readonly remote: Endpoint;
  readonly codec: Codec;
  /** Of the packet that began it, or of ours when we call. */
  readonly ptimeMs: number;
  onStray(datagram: Uint8Array, from: Endpoint): void;
}

export interface CallOptions {
  readonly id: string;
  readonly link: RawLink | SipLink;
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
  /** Everything is closed and the record complete. */
  onOver(call: Call): void;
}
/** What a party is given when it is put on a call. */
export interface PartySeat {
  readonly control: CallControl;
  readonly microphone: Microphone;
  /** Signalling says that somebody is on the line. */
  readonly answered: boolean;
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

/** One call: an RTP leg, the party on it, and its record. */
export class Call implements RtpLegHandler, CallControl {
  readonly id: string;
  readonly #options: CallOptions;
  readonly #scope = new Scope();
  readonly #record: CallRecord;
  readonly #tone: RecordingTone | null;
  readonly #party: Party;
  readonly #microphone: Microphone;
  readonly #floor: Floor;
  readonly #leg: RtpLeg;
  readonly #hold = new Hold();
  /** Of a call over SIP; the other is for raw RTP. */
  readonly #line: SipLine | null;
  readonly #quiet: QuietWatch;
  readonly #callerAudio: WindowAudio;
  readonly #botAudio: WindowAudio;
  #listenedIn = false;
  #nextStatsAt: number;
  #ended: string | null = null;
  /** Signalling was asked to end it; null: it was not. */
  #leaving: { readonly reason: string; readonly since: number } | null = null;

  constructor(options: CallOptions) {
    const { id, link, startedAt, recording, partyName, clock, pacer } = options;
    this.#options = options;
    this.id = id;
    this.#nextStatsAt = startedAt + STATS_EVERY_MS;
    this.#record = recordOf(options);
    this.#tone = this.#record.isKept && recording.tone ? new RecordingTone() : null;
    const emit = (event: CallEventBody): void => this.emit(event);
    this.emit({ type: 'call.started', ...startOf(link), party: partyName });
    this.#quiet = new QuietWatch(emit);
    const terms = { clock, pacer, handler: this };
    if (link.kind === 'sip') {
      const { media } = link;
      this.#line = new SipLine({ link, startedAt, emit });
      this.#line.begin();
      const { path } = this.#line;
      this.#leg = new RtpLeg({ ...terms, path, codec: media.codec, agreed: media }, startedAt);
    } else {
      this.#line = null;
      const path = new ConnectedPath({ ...link, scope: this.#scope });
      this.#leg = new RtpLeg({ ...terms, path, codec: link.codec, agreed: null }, startedAt);
    }
    this.#record.begin(this.#leg.health);
    const onAudio = (audio: CallAudio): void => options.onAudio(audio);
    this.#callerAudio = new WindowAudio(id, 'caller', onAudio);
    this.#botAudio = new WindowAudio(id, 'bot', onAudio);
    const microphone = new Microphone(emit);
    const { makeStandIn } = options;
    this.#microphone = microphone;
    this.#party = options.makeParty({
      control: this,
      microphone,
      answered: this.#line !== null,
      emit,
      probability: (value, end) => this.#record.probability(value, end),
      produced: (generation, { pcm, sampleRate }) => this.#record.produced(generation, pcm, sampleRate),
      cancelled: (pcm) => this.#record.cancelled(pcm),
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
    this.#record.emit(body);
  }

  /** Called every slot. */
  tick(now: number): void {
    if (this.#ended !== null) return;
    this.#leg.tick(now);
    this.#party.tick(now);
    this.#microphone.tick(now);
    this.#record.tick(now, this.#leg.health);
    this.#watchSilence(now);
    if (now >= this.#nextStatsAt) {
      this.#nextStatsAt += STATS_EVERY_MS;
      this.#emitStats();
    }
    const { maxMs, startedAt } = this.#options;
    if (maxMs !== null && now - startedAt >= maxMs) this.hangUp('time is up');
    if (this.#leaving && now - this.#leaving.since >= GOODBYE_MS) this.end(this.#leaving.reason);
  }

  /** What the person at the window does. @throws SidetoneError 'usage' when it cannot be, or the call is over. */
  act(action: CallAction): void {
    if (this.#ended !== null) throw callIsOver();
    const now = this.#options.clock.now();
    switch (action.type) {
      case 'hang_up':
        this.end(action.reason);
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

  /** What signalling tells of a call over SIP. */
  signalled(change: LineChange): void {
    const line = this.#line;
    if (this.#ended !== null || line === null) return;
    switch (change.type) {
      case 'media':
        this.#leg.change(change.media);
        line.changeMedia(change.media, this.#options.clock.now());
        break;
      case 'held':
        this.#setHeld(change.by, change.on);
        break;
      case 'line':
        line.changeLine(change.line);
        break;
      case 'key':
        this.keyPressed(change.digit, change.durationMs);
        break;
      case 'transfer': {
        const { target, state, message } = change;
        this.emit({ type: 'call.transfer', target, state, message });
        break;
      }
      case 'sip':
        for (const message of change.messages) {
          line.take(message);
          this.#record.sip(message);
        }
        break;
      default:
        unreachable(change);
    }
  }

  /** A frame of the person's microphone; nothing where they do not speak, or the call is held. */
  hearPerson(pcm: Int16Array, now: number): void {
    if (this.#hold.on) return;
    if (this.#microphone.isOpen) this.#record.microphone(pcm, now);
    this.#microphone.write(pcm, now);
  }

  /** Writes dense signals into `batch` from now on; null: no longer. */
  watch(batch: SignalBatch | null): void {
    this.#record.watch(batch, this.#leg.health);
  }

  /** The batch is about to leave: puts in what there is. */
  flushSignals(): void {
    this.#record.flushSignals();
  }

  /** Our side wants it over: over SIP the goodbye comes first. */
  hangUp(reason: string): void {
    if (!this.#line) {
      this.end(reason);
      return;
    }
    if (this.#ended !== null || this.#leaving) return;
    this.#leaving = { reason, since: this.#options.clock.now() };
    this.#line.wish({ type: 'hang_up', reason });
  }

  /** It is over, here and now. */
  end(reason: string): void {
    if (this.#ended !== null) return;
    this.#ended = this.#leaving?.reason ?? reason;
    void this.#close(this.#ended);
  }

  sendDtmf(digits: string): void {
    if (this.#line === null || this.#leg.sendsKeys) {
      this.#leg.sendKeys(digits);
      return;
    }
    const keys = checkedKeys(digits);
    this.#line.wish({ type: 'keys', digits: keys });
    // How long each sounds is up to the far end.
    for (const key of keys) this.keySent(key, 0);
  }

  transfer(target: string): void {
    if (this.#line) {
      this.#line.wish({ type: 'transfer', target });
      return;
    }
    throw new SidetoneError('usage', `cannot transfer to ${target}: raw RTP has no signalling`, {
      hint: 'transfer in the PBX that placed the call',
    });
  }

  heard(frame: HeardFrame): void {
    this.#record.heard(frame);
    const deaf = this.#hold.byUs || this.#line?.receives === false;
    // Who speaks must hear the far end; on hold, its music.
    if ((this.#listenedIn || this.#microphone.isOpen) && !deaf) this.#callerAudio.write(frame.pcm);
    this.#party.hear(deaf || this.#hold.on ? this.#hold.silence(frame) : frame);
  }

  speak(out: Int16Array, position: number, at: number): SpokenTag | null {
    if (this.#hold.on) return null;
    const tag = this.#floor.speak(out, position, at);
    // Whoever was not heard yet may not be there to hear it.
    const announced = this.#leg.remoteSsrc !== null && this.#tone?.mix(out);
    return announced ? (tag ?? TONE_TAG) : tag;
  }

  spoken(pcm: Int16Array, position: number): void {
    this.#record.spoken(pcm, position);
    if (this.#listenedIn) this.#botAudio.write(pcm);
  }

  mapped(stream: 'caller' | 'bot', ssrc: number, timestamp: number, position: number): void {
    this.#record.mapped(stream, ssrc, timestamp, position);
  }

  stalled(lateMs: number): void {
    this.emit({ type: 'engine.stalled', late_ms: lateMs });
  }

  ready(local: Endpoint): void {
    this.emit({ type: 'rtp.ready', local: `${local.address}:${local.port}` });
  }

  wire(flow: PcapFlow, datagram: Uint8Array): void {
    this.#record.wire(flow, datagram);
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

  reported(highest: number | null): void {
    this.#line?.reported(this.#options.clock.now(), highest);
  }

  gone(reason: string): void {
    this.hangUp(reason);
  }

  #setHeld(by: 'us' | 'them', on: boolean): void {
    if (!this.#hold.set(by, on)) return;
    this.emit({ type: 'call.held', by, on });
    const held = this.#hold.on;
    this.#microphone.setHeld(held, this.#options.clock.now());
    this.#floor.setLineHeld(held);
  }

  #watchSilence(now: number): void {
    const { lastPacketAt } = this.#leg;
    if (this.#line) {
      this.#line.tick(now, lastPacketAt, this.#hold.on);
      return;
    }
    const over = this.#quiet.tick(now, lastPacketAt);
    if (over !== null) this.hangUp(over);
  }

  #emitStats(): void {
    const pacingP99Ms = this.#options.pacer.deviation.percentile(99);
    this.emit({ type: 'rtp.stats', stats: this.#leg.stats(pacingP99Ms) });
  }

  async #close(reason: string): Promise<void> {
    const durationMs = this.#options.clock.now() - this.#options.startedAt;
    this.#emitStats();
    this.#leg.close();
    await this.#floor.close();
    await this.#party.close();
    await this.#record.close(reason, durationMs);
    await this.#scope.close();
    this.#options.onOver(this);
  }
}

/** As `call.started` has it. */
function startOf(link: RawLink | SipLink): { peer: string; codec: Codec; ptime_ms: number } {
  const { remote, codec, ptimeMs } = link.kind === 'sip' ? link.media : link;
  return { peer: `${remote.address}:${remote.port}`, codec, ptime_ms: ptimeMs };
}

function recordOf(options: CallOptions): CallRecord {
  const { id, link, startedAt, clock, recording, replayOf, version, partyName, bot } = options;
  // A replay is asked for by somebody who wants its trace.
  const wanted = recording.keep || replayOf !== null;
  return new CallRecord({
    id,
    startedAt,
    clock,
    recordsDir: wanted ? options.recordsDir : null,
    trace: {
      sidetone: version,
      call: id,
      ...startOf(link),
      party: partyName,
      bot,
      startedAt,
      replay_of: replayOf,
      line: link.kind === 'sip' ? link.line : null,
      dtmf_masked: recording.mask_dtmf,
    },
    maskKeys: recording.mask_dtmf,
    onEvent: (event) => options.onEvent(event),
  });
}
