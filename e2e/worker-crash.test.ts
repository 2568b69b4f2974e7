import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readWav } from '../backend/audio/wav.ts';
import { callEvent } from '../backend/contract/events.ts';
import { CALLER, SCRIPTED_BOT, makeBot, speech } from './support/bots.ts';
import { Engine } from './support/engine.ts';
import { Phone } from './support/phone.ts';
import { crash, watchThreads } from './support/threads.ts';
import { until } from './support/until.ts';

describe('a media worker that dies', () => {
  const watch = watchThreads();
  let engine: Engine;
  let port: number;

  beforeAll(async () => {
    engine = await Engine.start({ workers: 2 });
    port = await engine.listen(await makeBot(engine.folder, `greeting: Hello.\n${SCRIPTED_BOT}`));
  });

  afterAll(async () => {
    watch.stop();
    await engine[Symbol.asyncDispose]();
  });

  const audioBytes = async (call: string): Promise<number> =>
    (await stat(path.join(engine.record(call), 'caller.wav'))).size;

  it('takes its own calls along, with complete records, and no others; and is replaced', async () => {
    const media = watch.threads.filter(({ threadName }) => threadName === 'media');
    expect(media).toHaveLength(2);
    const started = watch.threads.length;

    // The kernel spreads callers by their ports: more until both workers have some.
    await using phones = new AsyncDisposableStack();
    const phoneOf = new Map<string, Phone>();
    await until('calls in both workers', async () => {
      if (phoneOf.size >= 20) throw new Error('twenty callers, all in one worker');
      const phone = phones.use(await Phone.call(port));
      phoneOf.set(await engine.answered(phone.port), phone);
      return (await engine.host.report()).every(({ calls }) => calls > 0);
    });
    const calls = [...phoneOf.keys()];
    await Promise.all(calls.map((call) => engine.event(call, 'bot.said')));
    // Records are handed to the disk once a second.
    for (const call of calls)
      await until(`audio of ${call} on disk`, async () => (await audioBytes(call)) > 44);
    const [doomed] = await engine.host.report();

    crash(media[0]);
    const crashed = await until('the calls of the dead worker to be ended', () => {
      const ended = calls.filter((call) => engine.all(call, 'call.ended').length > 0);
      return ended.length >= (doomed?.calls ?? 0) && ended;
    });
    expect(crashed).toHaveLength(doomed?.calls ?? 0);
    for (const call of crashed) {
      expect(engine.all(call, 'call.ended')[0]?.reason).toContain('media worker crashed');
      await phoneOf.get(call)?.vanish();
      const manifest = await engine.manifest(call);
      expect(manifest.state).toBe('complete');
      expect(manifest.ended).toContain('media worker crashed');
      const log = await readFile(path.join(engine.record(call), 'events.ndjson'), 'utf8');
      const events = log
        .trimEnd()
        .split('\n')
        .map((line) => callEvent.parse(JSON.parse(line)));
      expect(events.at(-1)?.type).toBe('call.ended');
      for (const file of ['caller.wav', 'bot.wav']) {
        const wav = await readFile(path.join(engine.record(call), file));
        expect(wav.readUInt32LE(40)).toBe(wav.length - 44);
        expect(readWav(wav).pcm.length).toBeGreaterThan(0);
      }
    }

    // The others go on: they are heard and answered as before.
    const alive = calls.filter((call) => !crashed.includes(call));
    expect(alive.length).toBeGreaterThan(0);
    await Promise.all(
      alive.map(async (call) => {
        await phoneOf.get(call)?.say(speech(CALLER.name));
        await engine.event(call, 'bot.said', ({ generation }) => generation > 1);
        expect(engine.all(call, 'call.ended')).toEqual([]);
      }),
    );

    await until('a call in the replacement', async () => {
      const phone = phones.use(await Phone.call(port));
      const call = await engine.answered(phone.port);
      await engine.event(call, 'bot.said');
      return ((await engine.host.report())[0]?.calls ?? 0) > 0;
    });
    expect(watch.threads).toHaveLength(started + 1);
  });
});
