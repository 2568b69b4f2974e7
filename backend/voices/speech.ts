import { setImmediate as eventLoop } from 'node:timers/promises';
import { resample } from '../audio/resample.ts';
import type { Sound } from '../audio/wav.ts';
import { LINE_RATE } from '../contract/party.ts';
import { VoiceDetector } from '../vad/detector.ts';
import type { SileroBatch } from '../vad/silero.ts';

/** Samples [from, to) at the recording's own rate. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** What the detector is given at a time, as on a call: 20 ms. */
const FRAME = LINE_RATE / 50;
/** The thread is let go after so many frames: a second of audio, some milliseconds of work. */
const FRAMES_IN_A_ROW = 50;

/**
 * Where somebody speaks in a whole recording, in order. Pauses between phrases belong to no span.
 * @throws SidetoneError 'usage' for a sample rate that cannot be converted
 */
export async function findSpeech({ pcm, sampleRate }: Sound, silero: SileroBatch): Promise<Span[]> {
  const line = resample(pcm, sampleRate, LINE_RATE);
  const own = (position: number): number =>
    Math.min(pcm.length, Math.round((position * sampleRate) / LINE_RATE));
  const spans: Span[] = [];
  let from: number | null = null;
  const detector = new VoiceDetector(
    silero,
    (change) => {
      if (change.type === 'voice') from = change.from;
      else if (from !== null) {
        spans.push({ from: own(from), to: own(change.lastVoiced) });
        from = null;
      }
    },
    () => undefined,
  );
  try {
    for (let position = 0; position < line.length; position += FRAME) {
      const frame = line.subarray(position, position + FRAME);
      const endsAt = ((position + frame.length) * 1000) / LINE_RATE;
      detector.hear({ pcm: frame, position, endsAt, kind: 'packet' });
      await silero.flush();
      if ((position / FRAME) % FRAMES_IN_A_ROW === 0) await eventLoop();
    }
  } finally {
    detector.close();
  }
  if (from !== null) spans.push({ from: own(from), to: pcm.length });
  return spans;
}
