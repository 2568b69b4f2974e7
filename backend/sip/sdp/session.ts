import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import type { NegotiatedMedia } from '../../contract/sip.ts';
import {
  chooseStream,
  isNowhere,
  packetLength,
  STATIC_PAYLOADS,
  streamOf,
  waysOf,
  type CodecName,
  type SrtpPolicy,
  type Stream,
} from './choose.ts';
import { KEY_BYTES, sameKey, SRTP_SUITES, type CryptoLine, type SrtpSuite } from './crypto.ts';
import { SdpRefusal } from './refusal.ts';
import { parseSdp, type MediaSection } from './syntax.ts';
import { audioLines, Origin, type AudioSection, type LocalMedia } from './write.ts';

export { SdpRefusal } from './refusal.ts';
export type { LocalMedia } from './write.ts';

export interface MediaOptions {
  /** Offered in this order. */
  readonly codecs: readonly CodecName[];
  readonly ptimeMs: number;
  readonly srtp: SrtpPolicy;
  readonly randomBytes?: (size: number) => Uint8Array;
}

/** What both sides have agreed on so far. */
interface Agreed {
  /** m= lines of the session in order; null: the audio we talk on, which is never missing. */
  readonly lines: readonly (string | null)[];
  readonly protocol: string;
  readonly codec: CodecName;
  readonly payload: number;
  readonly events: number | null;
  readonly remote: NegotiatedMedia['remote'];
  readonly theirKey: Uint8Array | null;
  /** The far end holds us: it does not want to hear. */
  readonly held: boolean;
}

interface State {
  readonly agreed: Agreed | null;
  /** Our own keys by suite: made once, so that offering anew does not change them. */
  readonly keys: ReadonlyMap<SrtpSuite, Uint8Array>;
  /** Of our latest offer: which way it had, and with what. */
  readonly offered: {
    readonly sends: boolean;
    readonly receives: boolean;
    readonly crypto: readonly CryptoLine[];
    readonly events: number;
    readonly address: string;
    readonly audio: number;
  } | null;
}

const USUAL_EVENTS = 101;

/**
 * The offers and answers of one call (RFC 3264): one audio stream, all others refused. Without I/O; what arrives is
 * whatever somebody has sent.
 */
export class MediaDescription {
  readonly #options: MediaOptions;
  readonly #random: (size: number) => Uint8Array;
  #origin: Origin;
  #state: State = { agreed: null, keys: new Map(), offered: null };
  #before: State = this.#state;

  constructor(options: MediaOptions) {
    this.#options = options;
    this.#random = options.randomBytes ?? randomBytes;
    this.#origin = new Origin(String(Number(`0x${Buffer.from(this.#random(6)).toString('hex')}`)));
  }

  /** An offer of ours: the first, or a later one (hold, another address, the refresh of a session). */
  offer(local: LocalMedia, hold: boolean): string {
    this.#before = this.#state;
    const { agreed } = this.#state;
    const codecs = agreed
      ? [agreed.codec, ...this.#options.codecs.filter((codec) => codec !== agreed.codec)]
      : this.#options.codecs;
    const payloads = new Map(
      codecs.map((codec) => [agreed?.codec === codec ? agreed.payload : STATIC_PAYLOADS[codec], codec]),
    );
    const secure = agreed ? agreed.theirKey !== null : this.#options.srtp === 'required';
    const protocol = agreed?.protocol ?? (secure ? 'RTP/SAVP' : 'RTP/AVP');
    const crypto = secure ? this.#offeredKeys() : [];
    const events = agreed?.events ?? USUAL_EVENTS;
    // Resuming asks for both ways whatever the far end holds: it answers with what it allows (RFC 6337 section 5.3).
    const sends = !(hold && agreed?.held === true);
    const receives = !hold;
    const lines = agreed?.lines ?? [null];
    const audio = lines.indexOf(null);
    const offered = { sends, receives, crypto, events, address: local.address, audio };
    this.#state = { ...this.#state, offered };
    const { ptimeMs } = this.#options;
    const section = {
      protocol,
      payloads,
      comfortNoise: false,
      events,
      crypto,
      ptimeMs,
      mux: true,
      sends,
      receives,
    };
    return this.#write(local, lines, section);
  }

  /** The answer to an offer, and what it agrees on. @throws SdpRefusal, and nothing has changed. */
  answer(remoteOffer: string, local: LocalMedia, hold: boolean): { sdp: string; media: NegotiatedMedia } {
    const sections = parseSdp(remoteOffer);
    const { section, stream } = chooseStream(sections, this.#options);
    const theirs = waysOf(section);
    const sends = theirs.receives;
    const receives = theirs.sends && !hold;
    const lines = sections.map((each) => (each === section ? null : each.refused));
    const agreed = this.#agree(section, stream, lines, local.address);
    const ours = stream.crypto ? this.#answeringKey(stream.crypto) : null;
    const keys = ours ? new Map([...this.#state.keys, [ours.suite, ours.key]]) : this.#state.keys;
    this.#before = this.#state;
    this.#state = { agreed, keys, offered: null };
    const { protocol, payload, codec, comfortNoise, events } = stream;
    const media = this.#media(section, stream, agreed, { ours, events, sends, receives });
    const sdp = this.#write(local, lines, {
      protocol,
      payloads: new Map([[payload, codec]]),
      comfortNoise,
      events,
      crypto: ours ? [ours] : [],
      ptimeMs: media.ptimeMs,
      mux: section.rtcpMux,
      sends,
      receives,
    });
    return { sdp, media };
  }

  /** What the answer to our latest offer agrees on. @throws SdpRefusal, and the offer still stands. */
  accept(remoteAnswer: string): NegotiatedMedia {
    const { offered } = this.#state;
    if (!offered) throw new SdpRefusal(400, 399, 'An answer came, and nothing was offered');
    const section = parseSdp(remoteAnswer)[offered.audio];
    if (section?.type !== 'audio' || section.port === 0) {
      throw new SdpRefusal(488, 304, 'Media type not available: the other side refused our audio');
    }
    const secure = offered.crypto.length > 0;
    const { codecs } = this.#options;
    const stream = streamOf(section, { codecs, srtp: secure ? 'required' : 'never' });
    const ours = offered.crypto.find(({ tag }) => tag === stream.crypto?.tag) ?? null;
    if (secure && ours?.suite !== stream.crypto?.suite) {
      throw new SdpRefusal(488, 302, 'The answer takes an a=crypto line that was not offered');
    }
    const theirs = waysOf(section);
    const lines = this.#state.agreed?.lines ?? [null];
    const agreed = this.#agree(section, stream, lines, offered.address);
    this.#state = { ...this.#state, agreed };
    this.#before = this.#state;
    return this.#media(section, stream, agreed, {
      ours,
      events: offered.events,
      sends: offered.sends && theirs.receives,
      receives: offered.receives && theirs.sends,
    });
  }

  /** Forgets the latest offer or answer: what was agreed on before it holds. */
  rollback(): void {
    this.#state = { ...this.#before, keys: this.#state.keys };
  }

  /** Another answer to the same offer (a call that rings in several places): the same keys and numbers, own state. */
  fork(): MediaDescription {
    const copy = new MediaDescription(this.#options);
    copy.#origin = this.#origin.copy();
    copy.#state = this.#state;
    copy.#before = this.#before;
    return copy;
  }

  #offeredKeys(): CryptoLine[] {
    const keys = new Map(SRTP_SUITES.map((suite) => [suite, this.#state.keys.get(suite) ?? this.#newKey()]));
    this.#state = { ...this.#state, keys };
    return [...keys].map(([suite, key], index) => ({ tag: index + 1, suite, key }));
  }

  /** Our key stays while theirs does: a new one on their side is a fresh start, and wants one of ours. */
  #answeringKey({ tag, suite, key }: CryptoLine): CryptoLine {
    const { agreed, keys } = this.#state;
    const anew = agreed !== null && agreed.theirKey !== null && !sameKey(agreed.theirKey, key);
    return { tag, suite, key: (anew ? null : keys.get(suite)) ?? this.#newKey() };
  }

  #newKey(): Uint8Array {
    return new Uint8Array(this.#random(KEY_BYTES));
  }

  #agree(section: MediaSection, stream: Stream, lines: Agreed['lines'], local: string): Agreed {
    const address = section.address ?? '';
    if (isIP(address) !== isIP(local) && !isNowhere(address)) {
      throw new SdpRefusal(488, 301, `Incompatible network address format: ${address}, we are at ${local}`);
    }
    return {
      lines,
      protocol: stream.protocol,
      codec: stream.codec,
      payload: stream.payload,
      events: stream.events,
      // On hold by 0.0.0.0 the address of before is still the one that packets may come from.
      remote: isNowhere(address)
        ? { address: this.#state.agreed?.remote.address ?? address, port: section.port }
        : { address, port: section.port },
      theirKey: stream.crypto?.key ?? null,
      held: !waysOf(section).receives,
    };
  }

  /** `events`: the payload type that we have said ours come with. */
  #media(section: MediaSection, stream: Stream, { remote }: Agreed, own: OwnSide): NegotiatedMedia {
    const { codec, payload, events, crypto } = stream;
    const { ours, sends, receives } = own;
    return {
      remote,
      reports: reportsOf(section, remote),
      codec,
      ptimeMs: packetLength(section, this.#options.ptimeMs),
      eventPayload: events === null || own.events === null ? null : { out: events, in: own.events },
      sends,
      receives,
      srtp: ours && crypto ? { suite: ours.suite, out: ours.key, in: crypto.key } : null,
      ...(payload === STATIC_PAYLOADS[codec] ? {} : { dynamicPayload: payload }),
    };
  }

  #write({ address, port }: LocalMedia, lines: Agreed['lines'], audio: AudioSection): string {
    return this.#origin.write(
      address,
      lines.flatMap((line) => line ?? audioLines(port, audio)),
    );
  }
}

interface OwnSide {
  readonly ours: CryptoLine | null;
  readonly events: number | null;
  readonly sends: boolean;
  readonly receives: boolean;
}

/** a=rtcp (RFC 3605), else the port above; null: the same port (RFC 5761). */
function reportsOf(
  { rtcp, rtcpMux }: MediaSection,
  remote: NegotiatedMedia['remote'],
): NegotiatedMedia['reports'] {
  if (rtcpMux) return null;
  if (rtcp && rtcp.port > 0) {
    const sameFamily = rtcp.address !== null && isIP(rtcp.address) === isIP(remote.address);
    return { address: sameFamily ? rtcp.address : remote.address, port: rtcp.port };
  }
  return remote.port < 65_535 ? { address: remote.address, port: remote.port + 1 } : null;
}
