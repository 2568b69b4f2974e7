import { expect, test } from 'vitest';
import { TrackStore } from '../../backend/fold/tracks.ts';
import { seededRandom } from '../../backend/rtp/seeded-random.ts';
import { Columns } from './columns.ts';
import { SAMPLES_PER_MS } from './data.ts';
import { View } from './view.ts';

test('whatever the view does and the track grows to, each column is what the track has there', () => {
  const random = seededRandom(31);
  const tracks = new TrackStore();
  const columns = new Columns('caller');
  const view = new View(true);
  view.resize(300);
  const ends = new Int16Array(2);
  let sample = 0;
  for (let round = 0; round < 400; round += 1) {
    if (random() < 0.1) sample += 20 * Math.floor(random() * 200);
    const values = Uint8Array.from({ length: 2 * Math.floor(random() * 60) }, (_, i) =>
      i % 2 === 0 ? 256 - Math.floor(random() * 100) : Math.floor(random() * 100),
    );
    tracks.append('caller', sample, values);
    sample += values.length * 10;
    view.advance(sample / SAMPLES_PER_MS);
    if (random() < 0.1) view.zoom(Math.exp((random() - 0.5) * 3), random() * 300);
    if (random() < 0.1) view.pan((random() - 0.5) * 400);
    if (random() < 0.1) view.follow();
    if (random() < 0.05) view.resize(100 + Math.floor(random() * 500));
    const count = columns.read(tracks, view);
    const perColumn = view.msPerPx * SAMPLES_PER_MS;
    for (let column = view.firstColumn; column < view.firstColumn + count; column += 1) {
      const known = tracks.range('caller', column * perColumn, (column + 1) * perColumn, ends);
      const [lowest, highest] = [columns.lowest(column), columns.highest(column)];
      if (known) expect([lowest, highest]).toEqual([ends[0], ends[1]]);
      else expect(lowest).toBeGreaterThan(highest);
    }
    const [after, end] = [view.firstColumn + count, view.firstColumn + view.width];
    if (after < end) expect(tracks.range('caller', after * perColumn, end * perColumn, ends)).toBe(false);
  }
});
