import { parseEnd, showAddress } from '../base/address.ts';
import type { CallEventBody } from '../contract/events.ts';
import type { CallLine, LineWish } from '../contract/host.ts';
import type { NegotiatedMedia, SipMessageView } from '../contract/sip.ts';
import { NegotiatedPath, type NegotiatedPathOptions } from './negotiated-path.ts';
import { OneWayWatch, type OneWay } from './one-way-watch.ts';
import { explainOneWay } from './one-way.ts';
import { audioAddress } from './sip-flow.ts';

/** What signalling has agreed on, on ports that were reserved. */
export interface SipLink extends Omit<NegotiatedPathOptions, 'onLatched'> {
  readonly kind: 'sip';
  readonly line: CallLine;
  /** What the call needs of signalling. */
  onWish(wish: LineWish): void;
}

export interface SipLineOptions {
  readonly link: SipLink;
  /** Clock ms. */
  readonly startedAt: number;
  readonly emit: (event: CallEventBody) => void;
}

/** A call's side towards signalling: who is on the other end, what was agreed on, whether audio goes both ways. */
export class SipLine {
  readonly path: NegotiatedPath;
  readonly #options: SipLineOptions;
  readonly #watch: OneWayWatch;
  #media: NegotiatedMedia;
  /** Address that our latest session description names, and that which the far end's messages come from. */
  #advertised: string | null = null;
  #signalling: string | null = null;

  constructor(options: SipLineOptions) {
    const { link, startedAt, emit } = options;
    this.#options = options;
    this.#media = link.media;
    this.path = new NegotiatedPath({
      ...link,
      onLatched: (expected, from) =>
        emit({ type: 'rtp.latched', expected: named(expected), from: named(from) }),
    });
    this.#watch = new OneWayWatch({
      startedAt,
      emit,
      diagnose: (direction, before) => this.#explain(direction, before),
    });
  }

  /** Whether what comes is to be heard. */
  get receives(): boolean {
    return this.#media.receives;
  }

  /** Tells of the far end and of what was agreed on. */
  begin(): void {
    this.changeLine(this.#options.link.line);
    this.#tellMedia();
  }

  /** Called every slot. `held`: nobody is to hear or speak. */
  tick(now: number, lastPacketAt: number, held: boolean): void {
    const { receives, sends } = this.#media;
    this.#watch.tick(now, lastPacketAt, receives && !held, sends && !held);
  }

  /** The far end's report, as RtpLegHandler has it. */
  reported(now: number, highest: number | null): void {
    this.#watch.reported(now, highest);
  }

  changeMedia(media: NegotiatedMedia, now: number): void {
    this.#media = media;
    this.path.change(media);
    this.#watch.renegotiated(now);
    this.#tellMedia();
  }

  changeLine({ account, direction, remote, name, dialled }: CallLine): void {
    this.#options.emit({ type: 'call.line', account, direction, remote, name, dialled });
  }

  /** Learns addresses from a message. */
  take({ direction, remote, text }: SipMessageView): void {
    if (direction === 'in') this.#signalling = parseEnd(remote)?.host ?? this.#signalling;
    else this.#advertised = audioAddress(text) ?? this.#advertised;
  }

  wish(wish: LineWish): void {
    this.#options.link.onWish(wish);
  }

  #tellMedia(): void {
    const { remote, codec, ptimeMs, srtp, sends, receives } = this.#media;
    this.#options.emit({
      type: 'call.media',
      remote: `${remote.address}:${remote.port}`,
      codec,
      ptime_ms: ptimeMs,
      srtp: srtp?.suite ?? null,
      sends,
      receives,
    });
  }

  #explain(direction: 'in' | 'out', before: boolean): OneWay {
    return explainOneWay({
      direction,
      ours: this.path.local,
      advertised: this.#advertised,
      theirs: this.#media.remote,
      signalling: this.#signalling,
      stranger: this.path.stranger,
      before,
    });
  }
}

function named({ address, port }: { readonly address: string; readonly port: number }): string {
  return showAddress({ host: address, port });
}
