import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { RefusedLog, readRefused } from './refused.ts';

it('keeps the latest refused callers for whoever looks later', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'sidetone-refused-'));
  try {
    const traces = path.join(folder, 'traces');
    expect(await readRefused(traces)).toEqual([]);
    const log = new RefusedLog(traces);
    const refused = (index: number) => ({
      at: new Date(index * 1000).toISOString(),
      from: `10.0.0.1:${4000 + index}`,
      reason: 'codec',
      message: 'payload type 9 (G722) cannot be answered.',
    });
    for (let index = 0; index < 25; index += 1) log.add(refused(index));
    await log.close();
    expect(await readRefused(traces)).toEqual(Array.from({ length: 20 }, (_, index) => refused(index + 5)));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
