import { LINE_RATE } from '../../backend/contract/party.ts';
import type { TrackStore } from '../../backend/fold/tracks.ts';

const SAMPLES_PER_MS = LINE_RATE / 1000;
const PEAK_FULL_SCALE = 128;
/** More than any display has pixels across; an hour is then as light as a minute. */
export const MAX_POINTS = 4000;

/**
 * One side of a whole call as wavesurfer.js draws it: the greatest magnitude of each of `points` stretches of
 * [0, durationMs), 0..1.
 */
export function overviewPeaks(
  tracks: TrackStore,
  side: 'caller' | 'bot',
  durationMs: number,
  points: number,
): Float32Array<ArrayBuffer> {
  const peaks = new Float32Array(points);
  const ends = new Int16Array(2);
  const step = (durationMs * SAMPLES_PER_MS) / points;
  for (let i = 0; i < points; i += 1) {
    if (!tracks.range(side, i * step, (i + 1) * step, ends)) continue;
    peaks[i] = Math.min(1, Math.max(-(ends[0] ?? 0), ends[1] ?? 0) / PEAK_FULL_SCALE);
  }
  return peaks;
}
