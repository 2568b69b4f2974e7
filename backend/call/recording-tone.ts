import { LINE_RATE, type SpokenTag } from '../contract/party.ts';

/**
 * 1400 Hz is the recorder warning tone of the telephone network (US Federal Standard 1037C). It lies between two tones
 * of DTMF and is no call progress tone, so that no receiver takes it for either.
 */
const HZ = 1400;
const SAMPLES = 0.25 * LINE_RATE;
/** -20 dBFS: about as loud as speech, so that it is heard beside a greeting and does not hurt alone. */
const AMPLITUDE = 32_768 * 10 ** (-20 / 20);
/** Rise and fall: without them the edges click. */
const EDGE_SAMPLES = 0.01 * LINE_RATE;

/** Of what leaves while nobody speaks but the tone. */
export const TONE_TAG: SpokenTag = { generation: 0, from: 0, to: 0 };

/** The beep by which the far end knows that it is recorded; once. */
export class RecordingTone {
  #at = 0;

  /** Adds to `out`, 8 kHz, what comes next of it; false: it is over, and `out` as it was. */
  mix(out: Int16Array): boolean {
    if (this.#at >= SAMPLES) return false;
    const samples = Math.min(out.length, SAMPLES - this.#at);
    for (let i = 0; i < samples; i++) {
      const mixed = (out[i] ?? 0) + toneAt(this.#at + i);
      out[i] = Math.max(-32_768, Math.min(32_767, Math.round(mixed)));
    }
    this.#at += samples;
    return true;
  }
}

function toneAt(sample: number): number {
  const edge = Math.min(1, (sample + 0.5) / EDGE_SAMPLES, (SAMPLES - sample - 0.5) / EDGE_SAMPLES);
  const gain = 0.5 - 0.5 * Math.cos(Math.PI * edge);
  return AMPLITUDE * gain * Math.sin((2 * Math.PI * HZ * sample) / LINE_RATE);
}
