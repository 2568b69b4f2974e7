import { expect, test } from 'vitest';
import { size } from './size.ts';

test.each([
  [0, '0 kB'],
  [1, '1 kB'],
  [643_000, '643 kB'],
  [999_999, '1.0 MB'],
  [2_327_524, '2.3 MB'],
  [9_990_000, '10 MB'],
  [491_400_032, '491 MB'],
  [999_600_000, '1.0 GB'],
  [1_117_320_736, '1.1 GB'],
])('%i bytes: %s', (bytes, shown) => {
  expect(size(bytes, ['kB', 'MB', 'GB'])).toBe(shown);
});
