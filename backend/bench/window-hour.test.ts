import { describe, expect, it } from 'vitest';
import { readSignals, SIGNAL_TRACKS } from '../contract/signals.ts';
import { EndlessCalls, NEXT_CALL_MS, readDemoLog } from './window-hour.ts';

const log = readDemoLog();

function hear(ms: number, stretchMs: number) {
  const calls = new EndlessCalls(log);
  const stretches = [];
  for (let at = 0; at < ms; at += stretchMs) stretches.push(calls.between(at, at + stretchMs));
  return {
    events: stretches.flatMap(({ events }) => events),
    batches: stretches.flatMap(({ batches }) => batches),
  };
}

describe('EndlessCalls', () => {
  it('tells each call whole and in order, under a name of its own', () => {
    const { events } = hear(60_000, 1000);
    for (const leg of new Set(log.map(({ call }) => call))) {
      const told = events.filter(({ call }) => call === `${leg}-0`);
      const recorded = log.filter(({ call }) => call === leg);
      expect(told).toEqual(recorded.map((event) => ({ ...event, call: `${leg}-0` })));
    }
    const started = events.filter(({ type }) => type === 'call.started');
    expect(new Set(started.map(({ call }) => call)).size).toBe(2 * Math.ceil(60_000 / NEXT_CALL_MS));
  });

  it('has four calls going on, two legs each, once it is under way', () => {
    const { events } = hear(120_000, 1000);
    const count = (type: string) => events.filter((event) => event.type === type).length;
    expect([6, 8, 10]).toContain(count('call.started') - count('call.ended'));
  });

  it.each([1000, 700])('leaves no hole in any track, told in stretches of %i ms', (stretchMs) => {
    const next = new Map<string, number>();
    for (const batch of hear(63_000, stretchMs).batches) {
      readSignals(batch, (call, track, start, values) => {
        const { stepSamples, valueBytes } = SIGNAL_TRACKS[track];
        expect(start).toBe(next.get(`${call} ${track}`) ?? 0);
        next.set(`${call} ${track}`, start + (values.length / valueBytes) * stepSamples);
      });
    }
    const callMs = Math.max(...log.map(({ at }) => at)) / 1000;
    const bot = log.find(({ call }) => call !== log[0]?.call)?.call;
    expect(next.get(`${bot}-0 caller`)).toBeGreaterThan((callMs - 500) * 8);
  });
});
