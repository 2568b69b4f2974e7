/** What crosses between the window's page and the audio worklet, beside the audio itself. */

export const HEADSET_PROCESSOR = 'headset';

export type ToWorklet =
  /** The way of the audio: AudioFromWindow out, AudioToWindow in. */
  | { readonly type: 'line'; readonly port: MessagePort }
  /** The headset is laid down for good. */
  | { readonly type: 'close' };

/** Highest magnitudes since the last such message, 0..1; 20 a second. */
export interface FromWorklet {
  readonly microphone: number;
  readonly speaker: number;
}
