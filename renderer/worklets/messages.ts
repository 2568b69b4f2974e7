/** What crosses between the window's page and the audio worklet, beside the audio itself. */

export const HEADSET_PROCESSOR = 'headset';

export type ToWorklet =
  /** The way of the audio: AudioFromWindow out, AudioToWindow in. */
  | { readonly type: 'line'; readonly port: MessagePort }
  /** The headset is laid down for good. */
  | { readonly type: 'close' };

export type FromWorklet =
  /** Highest magnitudes since the last such message, 0..1; 20 a second. */
  | { readonly type: 'levels'; readonly microphone: number; readonly speaker: number }
  /** Sound began, after quiet: just come from the microphone, or just handed to the speaker. `at`: epoch ms. */
  | { readonly type: 'onset'; readonly of: 'microphone' | 'speaker'; readonly at: number };
