import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../backend/rtp/seeded-random.ts';
import { MAX_SPAN_MS, MIN_SPAN_MS, NEWEST_AT, View } from './view.ts';

const CALL_MS = 180_000;

function paused(width = 1200, end = CALL_MS): View {
  const view = new View(false);
  view.resize(width);
  view.advance(end);
  return view;
}

describe('following', () => {
  test('the newest instant keeps its place once the call has come so far', () => {
    const view = new View(true);
    view.resize(1000);
    view.advance(500);
    expect(view.from).toBe(0);
    for (const end of [30_000, 30_016, 95_000]) {
      view.advance(end);
      expect(view.at(1000 * NEWEST_AT)).toBeCloseTo(end);
    }
  });

  test('zooming keeps the newest instant there, panning stops it, follow() resumes', () => {
    const view = new View(true);
    view.resize(1000);
    view.advance(60_000);
    view.zoom(0.5, 100);
    expect(view.at(1000 * NEWEST_AT)).toBeCloseTo(60_000);
    view.pan(-200);
    const { from } = view;
    view.advance(70_000);
    expect(view.following).toBe(false);
    expect(view.from).toBe(from);
    view.follow();
    expect(view.at(1000 * NEWEST_AT)).toBeCloseTo(70_000);
  });
});

test('what is drawn scrolls by whole pixels and keeps its shape', () => {
  const view = new View(true);
  view.resize(997);
  view.advance(61_234.5);
  const distance = view.x(60_100) - view.x(59_000);
  for (let end = 61_234.5; end < 62_000; end += 16.67) {
    view.advance(end);
    expect(view.x(60_100) - view.x(59_000)).toBe(distance);
  }
});

test('zooming keeps the instant under the pointer, whatever was done before', () => {
  const random = seededRandom(11);
  const view = paused();
  for (let i = 0; i < 3000; i += 1) {
    const pixel = random() * view.width;
    const pinned = view.at(pixel);
    view.zoom(Math.exp((random() - 0.5) * 2), pixel);
    const atEdge = view.from === 0 || Math.abs(view.at(view.width * NEWEST_AT) - CALL_MS) < 1e-6;
    if (!atEdge) expect(Math.abs(view.at(pixel) - pinned)).toBeLessThan(view.msPerPx / 100);
    if (random() < 0.3) view.pan((random() - 0.5) * 3000);
  }
});

test('no way of moving leaves the call or the shortest and longest stretch', () => {
  const random = seededRandom(12);
  const view = paused();
  const moves: readonly (() => void)[] = [
    () => view.pan((random() - 0.5) * 1e5),
    () => view.zoom(Math.exp((random() - 0.5) * 12), random() * view.width),
    () => view.centre((random() - 0.5) * 1e6),
    () => view.show(random() * 1e6, random() * 1e6),
    () => view.resize(1 + random() * 4000, random() < 0.1 ? 2 : 1),
    () => view.fit(),
    () => view.follow(),
    () => view.pause(),
  ];
  for (let i = 0; i < 5000; i += 1) {
    moves[Math.floor(random() * moves.length)]?.();
    expect(view.span).toBeGreaterThanOrEqual(MIN_SPAN_MS);
    expect(view.span).toBeLessThanOrEqual(MAX_SPAN_MS);
    expect(view.from).toBeGreaterThanOrEqual(0);
    expect(view.from).toBeLessThanOrEqual(Math.max(0, CALL_MS - view.span * NEWEST_AT) + 1e-6);
    expect(view.to - view.from).toBeCloseTo(view.span);
  }
});

test('a call of more than an hour can be seen whole', () => {
  const view = paused(1200, 2 * MAX_SPAN_MS);
  view.fit();
  expect(view.x(2 * MAX_SPAN_MS)).toBeLessThan(1200);
});

test('another width shows more of the call at the same scale, another display the same of it', () => {
  const view = paused(1000);
  const { msPerPx } = view;
  view.resize(1500);
  expect(view.msPerPx).toBeCloseTo(msPerPx);
  const { span } = view;
  view.resize(3000, 2);
  expect(view.span).toBeCloseTo(span);
});
