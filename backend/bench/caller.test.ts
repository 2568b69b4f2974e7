import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Scope } from '../base/scope.ts';
import { startCallers } from './caller.ts';
import { startNullEngine } from './null-engine.ts';

const speech = path.resolve(import.meta.dirname, '../../bots/demo/caller/3-name.wav');

describe('the callers against an engine that only waits', () => {
  const talk = {
    kind: 'talk',
    host: '127.0.0.1',
    calls: 2,
    startEveryMs: 10,
    firstTurnWithinMs: 0,
    audio: [speech],
    turns: 1,
    greeted: false,
    sharp: true,
    pauseMs: 150,
    answerWithinMs: 5000,
    bargeInAfterMs: null,
    arrivals: true,
  } as const;

  it('talk, are answered, and hang up', async () => {
    await using scope = new Scope();
    const engine = await startNullEngine({ waitMs: 200, answerMs: 100, interruptMs: Infinity }, scope);
    const result = await startCallers({ ...talk, port: engine.port }, scope).result;
    expect(result).toMatchObject({ calls: 2, unanswered: 0, lost: 0, missed: 0, overlapped: 0 });
    expect(result.latencies).toHaveLength(2);
    expect(Math.min(...result.latencies)).toBeGreaterThanOrEqual(200);
    expect(result.arrivals.n).toBe(result.received);
    const { late } = await engine.stop();
    expect(late.n).toBeGreaterThanOrEqual(result.received);
  });

  it('hang up when they are told to', async () => {
    await using scope = new Scope();
    const engine = await startNullEngine({ waitMs: Infinity, answerMs: 0, interruptMs: Infinity }, scope);
    const callers = startCallers({ ...talk, turns: 0, port: engine.port }, scope);
    callers.stop();
    expect((await callers.result).latencies).toEqual([]);
  });

  it('call shortly, one after the other', async () => {
    await using scope = new Scope();
    const engine = await startNullEngine({ waitMs: Infinity, answerMs: 0, interruptMs: Infinity }, scope);
    const { host } = talk;
    const job = { kind: 'short', host, port: engine.port, calls: 20, perSecond: 180, packets: 3 } as const;
    expect(await startCallers(job, scope).result).toMatchObject({ calls: 20, sent: 60 });
  });
});
