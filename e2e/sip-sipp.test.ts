import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { account } from './support/accounts.ts';
import { Capture, canCapture } from './support/capture.ts';
import { encodeG711 } from './support/g711.ts';
import { freePort, ownAddress } from './support/loopback.ts';
import { Sipp, type SippOptions } from './support/sipp.ts';
import { OUR_TUNE, Telephone } from './support/telephone.ts';
import { arrived, tune } from './support/tones.ts';
import { has } from './support/tools.ts';
import { until } from './support/until.ts';

const A_SECOND = 8000;
const CALLS = 2000;
const SCENARIOS = path.join(import.meta.dirname, 'fixtures/sipp');

describe.skipIf(!has('sipp'))('SIPp', () => {
  let telephone: Telephone;
  let us: string;
  /** Of our two accounts. */
  let ports: readonly [number, number];
  let theirs: string;
  let capture: Capture | null = null;

  beforeAll(async () => {
    capture = await Capture.start();
    const [host, other] = [ownAddress(), ownAddress()];
    ports = [await freePort(host), await freePort(other)];
    theirs = ownAddress();
    us = `${host}:${ports[0]}`;
    const settings = { register: false, allow: ['127.0.0.0/8'], who: 'ring' as const };
    telephone = await Telephone.start([
      account('answers', {
        ...settings,
        aor: `sip:service@${host}`,
        bind: us,
        // Its own proxy may call as fast as it likes.
        proxy: theirs,
        auto_answer: [{ who: 'person' }],
      }),
      account('calls', { ...settings, aor: `sip:calls@${other}`, bind: `${other}:${ports[1]}` }),
    ]);
  }, 60_000);

  afterAll(async () => {
    await telephone?.[Symbol.asyncDispose]();
    await capture?.[Symbol.asyncDispose]();
  });

  const scenario = (name: string): Promise<string> => readFile(path.join(SCENARIOS, name), 'utf8');
  const sipp = (options: Omit<SippOptions, 'calls'> & { calls?: number }): Promise<Sipp> =>
    Sipp.start({ calls: 1, host: theirs, files: { 'tune.raw': encodeG711(0, tune('sipp')) }, ...options });

  it('plays a tune by rtp_stream, and we hear it', async () => {
    const coming = telephone.incoming();
    await using caller = await sipp({ scenario: await scenario('plays.xml'), to: us });
    const { call } = await coming;
    await telephone.connected(call);
    expect(arrived(tune('sipp'), await telephone.hears(call, 2 * A_SECOND))).toBeGreaterThan(0.95);
    expect(await caller.result()).toMatchObject({ exitCode: 0, successful: 1, errors: '' });
    await telephone.ended(call);
  });

  it('echoes our audio, and we hear ourselves', async () => {
    const coming = telephone.incoming();
    await using caller = await sipp({ scenario: 'uac', to: us, lasts: 3500, echoes: true });
    const { call } = await coming;
    await telephone.connected(call);
    expect(arrived(OUR_TUNE, await telephone.hears(call, 2 * A_SECOND))).toBeGreaterThan(0.95);
    expect(await caller.result()).toMatchObject({ exitCode: 0, successful: 1 });
    await telephone.ended(call);
  });

  it.each(['early.xml', 'early-reliable.xml'])(
    'sends audio before it answers (%s), and we hear it',
    async (name) => {
      await using callee = await sipp({ scenario: await scenario(name) });
      const call = await telephone.call('calls', callee.uri);
      await telephone.line(call, 'early', ({ state }) => state === 'early');
      const heard = await telephone.hears(call, A_SECOND);
      expect(telephone.engine.lines.findLast((line) => line.call === call)?.state).toBe('early');
      expect(arrived(tune('sipp'), heard)).toBeGreaterThan(0.95);
      await telephone.connected(call);
      await telephone.hangUp(call);
      expect(await callee.result()).toMatchObject({ exitCode: 0, successful: 1 });
      await telephone.ended(call);
    },
  );

  it.skipIf(!canCapture())('was in no packet that tshark finds malformed', async () => {
    // The calls below are too many to be looked at, and a capture would slow them.
    const verdict = await capture?.verdict(ports);
    expect(verdict?.wrong).toBe('');
    expect(verdict?.sip).toBeGreaterThan(20);
    expect(verdict?.rtp).toBeGreaterThan(200);
  });

  it(`makes ${CALLS} short calls, and leaves nothing behind`, async () => {
    await telephone.engine.host.keepRecords(null);
    const files = async (): Promise<number> => (await readdir('/proc/self/fd')).length;
    const before = await files();
    await using caller = await sipp({ scenario: 'uac', to: us, calls: CALLS, rate: 80, timeoutS: 110 });
    const { exitCode, successful, failed, errors } = await caller.result();
    expect({ exitCode, successful, failed }, errors.slice(0, 3000)).toEqual({
      exitCode: 0,
      successful: CALLS,
      failed: 0,
    });
    await until('all calls to be over', async () => {
      const [report] = await telephone.engine.host.report();
      return telephone.engine.host.phone.lines.length === 0 && report?.calls === 0;
    });
    await until('all sockets to be closed', async () => (await files()) <= before);
    const ended = telephone.engine.lines.filter(
      ({ state, account }) => state === 'ended' && account === 'answers',
    );
    expect(ended.filter(({ end, answeredAt }) => end?.by !== 'them' || answeredAt === null)).toEqual([]);
  });
});
