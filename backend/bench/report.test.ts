import { describe, expect, it } from 'vitest';
import { single, spread } from './percentiles.ts';
import { figureJson, figureTable, reached, type Figure, type Machine } from './report.ts';

const machine: Machine = {
  cpu: 'Abacus 3',
  cores: 2,
  memory_gb: 8,
  system: 'Linux 6.1',
  node: 'v24.0.0',
  load_before: 0.5,
  date: '2026-01-02T03:04:05.000Z',
};

const figure: Figure = {
  bench: 'turn',
  name: 'added latency',
  unit: 'ms',
  measured: spread([10, 20, 30, 40]),
  goal: { p50: 20, p95: 45 },
  control: { what: 'does nothing', ...spread([5, 6, 7]) },
};

describe('reached', () => {
  it('asks every limit of a goal', () => {
    expect(reached(figure)).toBe(true);
    expect(reached({ ...figure, goal: { p50: 19, p95: 45 } })).toBe(false);
    expect(reached({ ...figure, goal: { p50: 20, p95: 39 } })).toBe(false);
  });

  it('turns round where more is better', () => {
    expect(reached({ measured: single(400), goal: { atLeast: 400 } })).toBe(true);
    expect(reached({ measured: single(399), goal: { atLeast: 400 } })).toBe(false);
  });

  it('never calls reached what was not measured', () => {
    expect(reached({ measured: spread([]), goal: { p50: 20 } })).toBe(null);
    expect(reached({ measured: single(1), goal: { p50: 2, p95: 2 } })).toBe(null);
    expect(reached({ ...figure, goal: null })).toBe(null);
  });
});

describe('figureJson', () => {
  it('is one line that holds figure, goal, verdict, control and machine', () => {
    const line = figureJson(figure, machine);
    expect(line).not.toContain('\n');
    expect(JSON.parse(line)).toEqual({
      bench: 'turn',
      name: 'added latency',
      unit: 'ms',
      n: 4,
      p50: 20,
      p95: 40,
      p99: 40,
      max: 40,
      goal: { p50: 20, p95: 45 },
      reached: true,
      control: { what: 'does nothing', n: 3, p50: 6, p95: 7, p99: 7, max: 7 },
      note: null,
      machine,
    });
  });
});

describe('figureTable', () => {
  it('lines figures up with their control, goal and machine', () => {
    const lines = figureTable(
      [figure, { ...figure, goal: { p50: 1 }, control: null, note: 'noisy' }],
      machine,
    ).split('\n');
    expect(lines).toEqual([
      '                         p50  p95  p99  max  unit  n  goal                  reached',
      'turn: added latency       20   40   40   40  ms    4  p50 <= 20, p95 <= 45  yes',
      '  control: does nothing    6    7    7    7  ms    3',
      'turn: added latency       20   40   40   40  ms    4  p50 <= 1              NO',
      '  added latency: noisy',
      'Abacus 3, 2 cores, 8 GB, Linux 6.1, Node v24.0.0, load before 0.5, 2026-01-02T03:04:05.000Z',
    ]);
  });
});
