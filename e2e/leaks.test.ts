import { readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { CALLER, copyDemoBot, speech } from './support/bots.ts';
import { Engine } from './support/engine.ts';
import { Phone } from './support/phone.ts';
import { until } from './support/until.ts';

/** What keeps this process busy, and the threads and files it has. */
async function held(): Promise<{ resources: string[]; threads: number; files: number }> {
  return {
    resources: process.getActiveResourcesInfo().sort(),
    threads: (await readdir('/proc/self/task')).length,
    files: (await readdir('/proc/self/fd')).length,
  };
}

/** A whole life of an engine: a bot that is watched, calls answered and placed, one cut off in the middle of speech. */
async function live(): Promise<void> {
  await using engine = await Engine.start({ workers: 2 });
  const port = await engine.listen(await copyDemoBot(engine.folder));
  await using phone = await Phone.call(port);
  const call = await engine.answered(phone.port);
  const placed = await engine.host.place({
    host: '127.0.0.1',
    port,
    codec: 'PCMA',
    party: { kind: 'script', audio: [CALLER.book.file], barge_in_ms: null, listen: true },
    maxMs: null,
  });
  await phone.hears();
  const said = phone.say(speech(CALLER.book));
  await engine.event(call, 'speech.started');
  await engine.event(placed, 'call.started');
  await engine.host.close();
  // The phone goes on sending while the workers close: that is no new call.
  expect(engine.events.filter(({ type }) => type === 'call.started')).toHaveLength(3);
  expect(engine.all(call, 'call.ended')).toHaveLength(1);
  expect(engine.all(placed, 'call.ended')).toHaveLength(1);
  expect((await engine.manifest(call)).state).toBe('complete');
  expect((await engine.manifest(placed)).state).toBe('complete');
  await phone.vanish();
  await said;
}

describe('an engine that was closed', () => {
  it.skipIf(process.platform !== 'linux')(
    'leaves no timer, socket, thread, watcher or open file behind',
    async () => {
      // The first life also starts what Node keeps for good, such as its own thread pool.
      await live();
      const before = await held();
      await live();
      const after = await until('all to be let go', async () => {
        const now = await held();
        return now.threads <= before.threads && now.files <= before.files && now;
      });
      expect(
        after.resources.filter((name) => /Timeout|UDP|FSEvent|MessagePort|Worker|Immediate/.test(name)),
      ).toEqual(
        before.resources.filter((name) => /Timeout|UDP|FSEvent|MessagePort|Worker|Immediate/.test(name)),
      );
    },
  );
});
