import { expect, test } from 'vitest';
import { ManualClock } from '../../base/clock.ts';
import { Admission, type Judgement } from './admission.ts';

function admission(allow: readonly string[] = []): { admission: Admission; clock: ManualClock } {
  const clock = new ManualClock();
  const made = new Admission(allow, clock);
  made.servers = new Set(['192.0.2.1']);
  return { admission: made, clock };
}

const times = (count: number, judge: () => Judgement): Judgement[] => Array.from({ length: count }, judge);

test("the account's servers may begin anything, as often as they like", () => {
  const { admission: rules } = admission();
  expect(new Set(times(5000, () => rules.judge('192.0.2.1', null)))).toEqual(new Set(['admit']));
  expect(rules.judge('::ffff:192.0.2.1', 'sipvicious')).toBe('admit');
  expect(rules.size).toBe(0);
});

test('others are refused a few times, then ignored, and told again after a while', () => {
  const { admission: rules, clock } = admission();
  const judge = (): Judgement => rules.judge('198.51.100.7', 'phone');
  expect(times(5, judge)).toEqual(['refuse', 'refuse', 'refuse', 'ignore', 'ignore']);
  clock.advance(10_000);
  expect(times(2, judge)).toEqual(['refuse', 'ignore']);
});

test('allowed networks may begin, up to a rate', () => {
  const { admission: rules, clock } = admission(['10.0.0.0/8', 'fd00::/8']);
  expect(rules.judge('fd00::7', null)).toBe('admit');
  expect(rules.judge('11.0.0.1', null)).toBe('refuse');
  const flood = times(1000, () => rules.judge('10.1.2.3', null));
  expect(flood.filter((judgement) => judgement === 'admit')).toHaveLength(100);
  expect(flood.filter((judgement) => judgement === 'slow_down')).toHaveLength(3);
  clock.advance(1000);
  const next = times(100, () => rules.judge('10.1.2.3', null));
  expect(next.filter((judgement) => judgement === 'admit')).toHaveLength(50);
});

test.each([
  'friendly-scanner',
  'sipvicious 0.3',
  'sipcli/v1.8',
  'sundayddr',
  'VaxSIPUserAgent/3.1',
  'pplsip',
])('%s hears nothing, even from an allowed network', (agent) => {
  expect(admission(['0.0.0.0/0']).admission.judge('203.0.113.5', agent)).toBe('ignore');
});

test('a million sources take no more memory than a thousand', () => {
  const { admission: rules } = admission();
  for (let count = 0; count < 100_000; count += 1) {
    rules.judge(`198.${count >> 16}.${(count >> 8) & 255}.${count & 255}`, null);
  }
  expect(rules.size).toBe(1024);
});

test.each(['10.0.0.0/33', 'all', '10.0.0.0/8/9', '::/129', '10.0.0.0/'])("'%s' is no network", (network) => {
  expect(() => new Admission([network], new ManualClock())).toThrow('is not a network');
});
