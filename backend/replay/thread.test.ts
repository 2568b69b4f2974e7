import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeCall } from '../trace/fixtures/written.ts';
import { replayInThread } from './thread.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'sidetone-replay-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('says what the replay itself says of a trace that cannot be replayed', async () => {
  const silence = new Int16Array(1600);
  const trace = await writeCall(folder, { caller: silence, bot: silence });
  const replayed = replayInThread(
    { trace, bot: null, freeze: [], repeat: 1, pace: 'original' },
    {
      limits: { maxLatencyMs: null, maxSlowerMs: null, sameText: false },
      tracesDir: folder,
      modelsDir: folder,
      version: '0.1.0',
      env: {},
      onEvent: () => expect.unreachable(),
    },
  );
  await expect(replayed).rejects.toMatchObject({
    kind: 'usage',
    message: `${trace} does not say which bot was on the call`,
    hint: 'name the folder of a bot with --bot',
  });
});
