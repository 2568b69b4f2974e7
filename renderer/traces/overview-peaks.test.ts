import { expect, it } from 'vitest';
import { TrackStore } from '../../backend/fold/tracks.ts';
import { overviewPeaks } from './overview-peaks.ts';

/** Lowest and highest, int8 each, for every 20 samples. */
function tracksOf(peaks: readonly (readonly [number, number])[], start = 0): TrackStore {
  const tracks = new TrackStore();
  tracks.append('caller', start, new Uint8Array(new Int8Array(peaks.flat()).buffer));
  return tracks;
}

it('takes the greatest magnitude of each stretch', () => {
  const tracks = tracksOf([
    [-64, 10],
    [0, 32],
    [-1, 127],
    [-128, 5],
  ]);
  // Four values of 20 samples are 10 ms.
  expect([...overviewPeaks(tracks, 'caller', 10, 2)]).toEqual([0.5, 1]);
  expect([...overviewPeaks(tracks, 'caller', 10, 4)]).toEqual([0.5, 0.25, 127 / 128, 1]);
});

it('is silent where nothing is known', () => {
  const tracks = tracksOf([[-64, 64]], 20);
  expect([...overviewPeaks(tracks, 'caller', 10, 4)]).toEqual([0, 0.5, 0, 0]);
  expect([...overviewPeaks(tracks, 'bot', 10, 2)]).toEqual([0, 0]);
  expect([...overviewPeaks(new TrackStore(), 'caller', 0, 2)]).toEqual([0, 0]);
});
