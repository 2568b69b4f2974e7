import { describe, expect, it } from 'vitest';
import type { LineView } from '../../backend/contract/sip.ts';
import { line } from '../state/fixtures/line.ts';
import { summary } from './fixtures/summary.ts';
import { callRows } from './legs.ts';
import { isGoingOn, listRows, rowOf } from './rows.ts';

const byCall = (...lines: LineView[]) => new Map(lines.map((one) => [one.call, one]));
const at = (seconds: number) => `20260101-1200${seconds}-abcdef`;

describe('listRows', () => {
  it('makes one row of a call and its line', () => {
    const rows = listRows(callRows([summary('1', 'bot')]), byCall(line('1', { state: 'connected' })));
    expect(rows).toHaveLength(1);
    expect(rows[0]?.line?.call).toBe('1');
    expect(rows[0]?.call?.shown.id).toBe('1');
  });

  it('puts what rings above what goes on, the newest on top, and what has ended below', () => {
    const calls = callRows([summary(at(10), 'bot', { state: 'ended' }), summary(at(20), 'bot')]);
    const lines = byCall(
      line(at(30), { state: 'ringing', startedAt: 30 }),
      line(at(40), { direction: 'in', state: 'incoming', startedAt: 40 }),
      line(at(15), { state: 'ended' }),
      line(at(20), { state: 'connected' }),
    );
    const rows = listRows(calls, lines);
    expect(rows.map(({ id }) => id)).toEqual([at(40), at(30), at(20), at(15), at(10)]);
    expect(rows.map(isGoingOn)).toEqual([true, true, true, false, false]);
  });

  it('leaves to the history what came in and was not answered', () => {
    expect(listRows([], byCall(line('1', { direction: 'in', state: 'ended' })))).toEqual([]);
  });

  it('makes one row of a call between two accounts of ours', () => {
    const [a, b] = ['127.0.0.1:1', '127.0.0.1:2'];
    const calls = callRows([
      summary('1', 'person', { peer: b, local: a }),
      summary('2', 'bot', { peer: a, local: b }),
    ]);
    const lines = byCall(
      line('1', { state: 'connected' }),
      line('2', { direction: 'in', state: 'connected' }),
    );
    const rows = listRows(calls, lines);
    expect(rows.map(({ id }) => id)).toEqual(['2']);
    expect(rowOf(rows, '1')?.id).toBe('2');
    expect(rowOf(rows, '2')?.id).toBe('2');
    expect(rowOf(rows, 'gone')).toBeNull();
  });
});
