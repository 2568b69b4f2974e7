/** A call puts one party on each line: a bot, a person, a script. These are the two ends they meet at. */

/** 8 kHz, 16-bit mono: what G.711 carries. All audio between a call and its party. */
export const LINE_RATE = 8000;

/**
 * Where a stretch of heard audio came from:
 * packet: the caller's own samples; concealed: made up for a lost packet; comfort: the caller's comfort noise
 * (RFC 3389); absent: nothing came and nothing is known to be lost (silence suppression, or the far end is gone).
 */
export type HeardKind = 'packet' | 'concealed' | 'comfort' | 'absent';

export interface HeardFrame {
  /** Valid only during hear(): the buffer is used again. */
  readonly pcm: Int16Array;
  /** Sample index of pcm[0] on the caller's track. The track has no holes. */
  readonly position: number;
  /** Clock ms at which the last sample of the frame was on the wire. */
  readonly endsAt: number;
  readonly kind: HeardKind;
}

/** What a spoken frame belongs to, so that what was heard is known exactly. null: silence. */
export interface SpokenTag {
  readonly generation: number;
  /** Characters [from, to) of the generation's text that this frame carries part of. */
  readonly from: number;
  readonly to: number;
}

export interface Party {
  hear(frame: HeardFrame): void;
  /**
   * Fills `out` with the next samples to leave and returns their tag, or returns null and leaves `out` silent
   * (zeros). `position` is out[0]'s index on the bot's track, `at` the clock ms at which it leaves.
   */
  speak(out: Int16Array, position: number, at: number): SpokenTag | null;
  /** A key the caller pressed. */
  dtmf(digit: string, durationMs: number): void;
  /** Called every few ms whether or not packets come. */
  tick(now: number): void;
  /** @throws SidetoneError 'usage' from a party that takes no orders. */
  order(order: PartyOrder): void;
  close(): Promise<void>;
}

/** What a person at the window may ask of a bot. */
export type PartyOrder =
  /** Answers nothing while held; what it was saying stops. */
  | { readonly type: 'hold'; readonly on: boolean }
  | { readonly type: 'say'; readonly text: string }
  /** An instruction for its next answers. */
  | { readonly type: 'whisper'; readonly text: string }
  /** Somebody else has said this in its place. */
  | { readonly type: 'spoken_for'; readonly text: string };

/** What a party may ask of its call. */
export interface CallControl {
  hangUp(reason: string): void;
  /** Plays the digits to the far end (RFC 4733). */
  sendDtmf(digits: string): void;
  /** Hands the call on; raw RTP cannot, and throws a SidetoneError saying so. */
  transfer(target: string): void;
}
