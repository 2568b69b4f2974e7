import { describe, expect, it } from 'vitest';
import { systemClock } from '../base/clock.ts';
import { Scope } from '../base/scope.ts';
import { Pacer } from './pacer.ts';

describe('Pacer', () => {
  it('serves its calls on their grids, never early, runs idle work, and rests without calls', async () => {
    await using scope = new Scope();
    let idles = 0;
    const pacer = new Pacer(scope, systemClock, () => void idles++);
    const served = await Promise.all(
      [20, 20, 10].map((intervalMs) => {
        const dues: { dueAt: number; late: number; skipped: number }[] = [];
        return new Promise<{ intervalMs: number; dues: typeof dues }>((resolve, reject) => {
          const remove = pacer.add({
            intervalMs,
            due(dueAt, now, skipped) {
              dues.push({ dueAt, late: now - dueAt, skipped });
              if (dues.length === 10) {
                remove();
                resolve({ intervalMs, dues });
              }
            },
            failed: reject,
          });
        });
      }),
    );
    for (const { intervalMs, dues } of served) {
      let expected = dues[0]?.dueAt ?? NaN;
      for (const [i, { dueAt, late, skipped }] of dues.entries()) {
        if (i > 0) expected += (1 + skipped) * intervalMs;
        expect(dueAt).toBe(expected);
        expect(late).toBeGreaterThanOrEqual(0);
        expect(late).toBeLessThan(intervalMs);
      }
    }
    expect(pacer.size).toBe(0);
    expect(pacer.deviation.count).toBe(30);
    expect(idles).toBeGreaterThan(0);
  });

  it('stops with its scope', async () => {
    const scope = new Scope();
    let dues = 0;
    const pacer = new Pacer(scope, systemClock, () => undefined);
    await new Promise<void>((resolve, reject) => {
      pacer.add({
        intervalMs: 10,
        due() {
          dues++;
          resolve();
        },
        failed: reject,
      });
    });
    await scope.close();
    const before = dues;
    // Another pacer's ticks are the proof that time went on.
    await using other = new Scope();
    await new Promise<void>((resolve, reject) => {
      let left = 5;
      new Pacer(other, systemClock, () => undefined).add({
        intervalMs: 10,
        due() {
          if (--left === 0) resolve();
        },
        failed: reject,
      });
    });
    expect(dues).toBe(before);
  });
});
