import { describe, expect, it } from 'vitest';
import type { StreamStats } from '../contract/events.ts';
import { log, SPOTLESS, story } from './fixtures/logs.ts';
import { foldQuality, mosOf, type Quality } from './quality.ts';

describe('mosOf', () => {
  const stats: StreamStats = { ...SPOTLESS, received: 1000 };

  it('is that of G.711 on a perfect line, and falls with loss, lateness and delay', () => {
    expect(mosOf(stats)).toBeCloseTo(4.34, 2);
    const worse = [
      stats,
      { ...stats, round_trip_ms: 300 },
      { ...stats, round_trip_ms: 600 },
      { ...stats, lost: 53 },
      { ...stats, received: 950, lost: 50, late: 100 },
      { ...stats, received: 700, lost: 300 },
      { ...stats, received: 300, lost: 700 },
    ].map((these) => mosOf(these) ?? 0);
    expect(worse).toEqual(worse.toSorted((a, b) => b - a));
    expect(worse.at(-1)).toBeGreaterThanOrEqual(1);
  });

  it('needs packets', () => {
    expect(mosOf({ ...stats, received: 0 })).toBeNull();
  });
});

const fold = (events: Parameters<typeof foldQuality>[1][]): Quality | null =>
  events.reduce<Quality | null>(foldQuality, null);

describe('foldQuality', () => {
  it('is nothing before the call, and has no opinion before packets', () => {
    expect(fold(story([0, { type: 'call.refused', reason: 'full', message: 'full' }]))).toBeNull();
    const started = { type: 'call.started', peer: 'a:1', codec: 'PCMU', ptime_ms: 20, party: 'x' } as const;
    expect(fold(story([0, started]))).toMatchObject({ codec: 'PCMU', ptimeMs: 20, srtp: null, mos: null });
  });

  it('follows what is agreed on and what is counted', () => {
    const stats = {
      received: 950,
      sent: 1000,
      lost: 50,
      late: 10,
      duplicated: 0,
      reordered: 0,
      concealed_ms: 1000,
      jitter_ms: 4,
      round_trip_ms: 80,
      pacing_p99_ms: 0,
    };
    const media = {
      type: 'call.media',
      remote: '192.0.2.1:4000',
      codec: 'PCMA',
      ptime_ms: 30,
      srtp: 'AES_CM_128_HMAC_SHA1_80',
      sends: true,
      receives: true,
    } as const;
    const started = { type: 'call.started', peer: 'a:1', codec: 'PCMU', ptime_ms: 20, party: 'x' } as const;
    const quality = fold(story([0, started], [1, media], [5, { type: 'rtp.stats', stats }]));
    expect(quality).toMatchObject({
      codec: 'PCMA',
      ptimeMs: 30,
      srtp: 'AES_CM_128_HMAC_SHA1_80',
      lossPercent: 6,
      jitterMs: 4,
      roundTripMs: 80,
    });
    expect(quality?.mos).toBe(mosOf(stats));
  });

  it('stays the same object where an event says nothing of it', () => {
    const quality = fold([...log('demo', 'script')]);
    const [said] = story([9, { type: 'turn.state', state: 'idle' }]);
    expect(quality?.mos).toBeGreaterThan(4);
    if (said) expect(foldQuality(quality, said)).toBe(quality);
  });
});
