import { mkdirSync, mkdtempSync, existsSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { appSettings } from '../backend/contract/app-settings.ts';
import { expired, sweep } from './retention.ts';

const DAY_MS = 86_400_000;
const now = Date.parse('2026-11-23T12:00:00Z');
const rules = (keep_days: number | null, max_gb: number | null) => ({
  ...appSettings.parse({}).recordings,
  keep_days,
  max_gb,
});

describe('expired', () => {
  const records = [
    { dir: 'old', startedMs: now - 40 * DAY_MS, bytes: 1e8 },
    { dir: 'middle', startedMs: now - 3 * DAY_MS, bytes: 6e8 },
    { dir: 'new', startedMs: now - 1000, bytes: 6e8 },
  ];
  const gone = (days: number | null, gb: number | null): string[] =>
    expired(records, rules(days, gb), now).map(({ dir }) => dir);

  it.each([
    [null, null, []],
    [30, null, ['old']],
    [2, null, ['middle', 'old']],
    [null, 1, ['middle']],
    [null, 0.5, ['new', 'middle']],
    [30, 1, ['middle', 'old']],
  ])('keeps %s days and %s GB', (days, gb, wanted) => {
    expect(gone(days, gb)).toEqual(wanted);
  });
});

describe('sweep', () => {
  it('deletes records only, and none of a call going on', async () => {
    const dir = mkdtempSync(path.join(os.tmpdir(), 'sidetone-sweep-'));
    const record = (name: string, state: string, started: string): void => {
      mkdirSync(path.join(dir, name));
      const manifest = {
        v: 1,
        sidetone: '0.1.0',
        call: name,
        peer: '127.0.0.1:1',
        party: 'bot',
        codec: 'PCMU',
        started,
        state,
        ended: null,
        duration_ms: null,
        files: { events: 'events.ndjson', caller: 'caller.wav', bot: 'bot.wav', wire: 'wire.pcap' },
        tracks: [],
      };
      writeFileSync(path.join(dir, name, 'manifest.json'), JSON.stringify(manifest));
    };
    record('old', 'complete', '2026-01-01T00:00:00Z');
    record('going-on', 'recording', '2026-01-01T00:00:00Z');
    record('new', 'complete', '2026-11-23T11:00:00Z');
    mkdirSync(path.join(dir, 'holiday-photos'));
    writeFileSync(path.join(dir, 'holiday-photos', 'manifest.json'), 'mine');

    expect(await sweep(dir, rules(30, 20), now)).toBe(1);
    const left = ['old', 'going-on', 'new', 'holiday-photos'].filter((name) =>
      existsSync(path.join(dir, name)),
    );
    expect(left).toEqual(['going-on', 'new', 'holiday-photos']);
  });
});
