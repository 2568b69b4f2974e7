import { expect, test } from 'vitest';
import { Impairment } from './impairment.ts';

const fates = (impairment: Impairment, count: number): (readonly number[])[] =>
  Array.from({ length: count }, () => impairment.next());

test('a clean network passes everything at once', () => {
  const impairment = new Impairment({}, 1);
  expect(fates(impairment, 100)).toEqual(Array.from({ length: 100 }, () => [0]));
  expect([impairment.passed, impairment.lost]).toEqual([100, 0]);
});

test('the same seed has the same fates, another seed has others', () => {
  const settings = { loss: 0.2, delayMs: 20, jitterMs: 10, duplicate: 0.1 };
  const first = fates(new Impairment(settings, 7), 200);
  expect(fates(new Impairment(settings, 7), 200)).toEqual(first);
  expect(fates(new Impairment(settings, 8), 200)).not.toEqual(first);
});

test('what is lost stays lost when jitter is added', () => {
  const lost = (jitterMs: number): boolean[] =>
    fates(new Impairment({ loss: 0.3, jitterMs }, 5), 300).map(({ length }) => length === 0);
  expect(lost(30)).toEqual(lost(0));
});

test.each([0.05, 0.1, 0.2, 0.5])('loses a share of %d', (loss) => {
  const impairment = new Impairment({ loss }, 42);
  fates(impairment, 20_000);
  expect(impairment.lost / 20_000).toBeCloseTo(loss, 1.5);
});

test('bursts: loss follows loss', () => {
  const impairment = new Impairment({ loss: 0.02, lossAfterLoss: 0.8 }, 3);
  const lost = fates(impairment, 20_000).map(({ length }) => length === 0);
  const after = lost.filter((_, index) => lost[index - 1]);
  expect(after.filter(Boolean).length / after.length).toBeCloseTo(0.8, 1);
});

test('delay and jitter stay within what was set; held ones come later', () => {
  const delays = fates(new Impairment({ delayMs: 50, jitterMs: 10 }, 9), 1000).flat();
  expect(Math.min(...delays)).toBeGreaterThanOrEqual(50);
  expect(Math.max(...delays)).toBeLessThan(60);
  const held = fates(new Impairment({ reorder: 0.25, reorderMs: 15 }, 9), 4000).flat();
  expect(held.filter((delay) => delay === 15).length / 4000).toBeCloseTo(0.25, 1);
});

test('duplicates leave as two copies', () => {
  const doubled = fates(new Impairment({ duplicate: 0.1 }, 9), 10_000).filter(({ length }) => length === 2);
  expect(doubled.length / 10_000).toBeCloseTo(0.1, 1);
});
