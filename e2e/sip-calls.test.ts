import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readWav } from '../backend/audio/wav.ts';
import { account } from './support/accounts.ts';
import { Baresip, type BaresipOptions } from './support/baresip.ts';
import { CALLER, SCRIPTED_BOT, makeBot, speech } from './support/bots.ts';
import { Capture, canCapture } from './support/capture.ts';
import { Authority } from './support/certificates.ts';
import { Kamailio } from './support/kamailio.ts';
import { ownAddress } from './support/loopback.ts';
import { OUR_TUNE, Telephone } from './support/telephone.ts';
import { arrived, tune } from './support/tones.ts';
import { has } from './support/tools.ts';
import { until } from './support/until.ts';

const DOMAIN = 'calls.test';
const BOT = `greeting: Hello, this is a test of the line, and it goes on for a while.\n${SCRIPTED_BOT}`;
const SECOND = 8000;

describe.skipIf(!has('kamailio') || !has('openssl') || !has('baresip'))('calls with baresip', () => {
  let dir: string;
  let kamailio: Kamailio;
  let telephone: Telephone;
  let capture: Capture | null = null;
  let tls: NonNullable<BaresipOptions['tls']>;

  beforeAll(async () => {
    dir = await mkdtemp(path.join(os.tmpdir(), 'sidetone-e2e-'));
    capture = await Capture.start();
    const authority = await Authority.create(dir);
    tls = { certificate: await authority.issue('baresip', ['127.0.0.1']), ca: authority.ca };
    const users = ['alice', 'agent', 'robot', 'keys', 'secret', 'plain', 'bob', 'carol', 'dave'];
    const host = ownAddress();
    kamailio = await Kamailio.start(
      {
        domain: DOMAIN,
        users: Object.fromEntries(users.map((user) => [user, user])),
        certificate: await authority.issue('kamailio', [host]),
        moved: { gone: `sip:bob@${DOMAIN}` },
      },
      { host },
    );
    const bot = await makeBot(dir, BOT);
    const ours = (user: string, transport: 'udp' | 'tcp' | 'tls', more: object = {}) =>
      account(
        user,
        { aor: `sip:${user}@${DOMAIN}`, proxy: kamailio.via(transport), transport, who: 'ring', ...more },
        { password: user, ca: authority.ca },
      );
    telephone = await Telephone.start([
      ours('alice', 'udp'),
      ours('agent', 'tcp'),
      ours('robot', 'udp', { who: 'bot', bot }),
      ours('keys', 'udp', { dtmf: 'info' }),
      ours('secret', 'tls', { srtp: 'required' }),
      ours('plain', 'tcp', { srtp: 'never', codecs: ['PCMU'], ptime_ms: 30 }),
    ]);
  }, 60_000);

  afterAll(async () => {
    await telephone?.[Symbol.asyncDispose]();
    await kamailio?.[Symbol.asyncDispose]();
    await capture?.[Symbol.asyncDispose]();
    await rm(dir, { recursive: true, force: true });
  });

  const baresip = (user: string, more: Partial<BaresipOptions> = {}): Promise<Baresip> =>
    Baresip.start({
      user,
      domain: DOMAIN,
      password: user,
      via: kamailio.via('udp'),
      says: tune(user),
      ...more,
    });

  /** The person calls it, and it answers. */
  async function called(bob: Baresip, from = 'alice'): Promise<string> {
    const call = await telephone.call(from, bob.aor);
    await telephone.connected(call);
    return call;
  }

  /** It calls an account of ours, and the person answers. */
  async function answered(bob: Baresip, user = 'alice'): Promise<string> {
    const coming = telephone.incoming();
    await bob.command(`dial sip:${user}@${DOMAIN}`);
    const { call } = await coming;
    await telephone.engine.host.phone.answer(call, { kind: 'person' });
    await telephone.connected(call);
    return call;
  }

  /** What comes over the call from now on is what `user` says. */
  async function hears(call: string, user: string): Promise<void> {
    const from = telephone.heard(call).length;
    const heard = await telephone.hears(call, 2 * SECOND, from);
    expect(arrived(tune(user), heard), `${user} at our end`).toBeGreaterThan(0.95);
  }

  /** What arrives there from now on is ours, or what `what` says. */
  async function isHeard(bob: Baresip, what = OUR_TUNE): Promise<void> {
    await bob.hears(what, (await bob.heard()).length);
  }

  /**
   * What we send arrives there. baresip 1.0 records nothing more of a call once it was held, so this is by a key; what
   * is heard by somebody who was held is in sip-hostile-peer.test.ts.
   */
  async function isReached(bob: Baresip, call: string, digit: string): Promise<void> {
    await telephone.engine.host.act(call, { type: 'send_dtmf', digits: digit });
    await until(`${digit} at ${bob.user}`, () =>
      bob.events.find(({ type, param }) => type === 'CALL_DTMF_START' && param === digit),
    );
  }

  it.each(['alice', 'plain'])('is called by %s: heard both ways, keys both ways', async (user) => {
    await using bob = await baresip('bob');
    const call = await called(bob, user);
    const codec = user === 'plain' ? 'PCMU' : 'PCMA';
    expect(await telephone.connected(call)).toMatchObject({ direction: 'out', codec, srtp: false });
    await Promise.all([hears(call, 'bob'), isHeard(bob)]);
    await telephone.engine.host.act(call, { type: 'send_dtmf', digits: '1#' });
    await bob.event('CALL_DTMF_START', 2);
    await bob.command('sndcode 5');
    await telephone.engine.event(call, 'dtmf.received', ({ digit }) => digit === '5');
    await telephone.hangUp(call);
    await bob.event('CALL_CLOSED');
    const keys = bob.events.filter(({ type }) => type === 'CALL_DTMF_START').map(({ param }) => param);
    expect(keys).toEqual(['1', '#']);
    expect((await telephone.ended(call)).end).toMatchObject({ by: 'us', code: null });
    expect((await telephone.engine.manifest(call)).line).toMatchObject({ account: user, direction: 'out' });
  });

  it('exchanges keys by INFO', async () => {
    await using bob = await baresip('bob', { dtmf: 'info' });
    const call = await called(bob, 'keys');
    await telephone.engine.host.act(call, { type: 'send_dtmf', digits: '7*' });
    await bob.event('CALL_DTMF_START', 2);
    await bob.command('sndcode 9');
    await telephone.engine.event(call, 'dtmf.received', ({ digit }) => digit === '9');
    await telephone.hangUp(call);
    await bob.event('CALL_CLOSED');
  });

  it('calls a bot, and hears all of its greeting', async () => {
    await using bob = await baresip('bob', { says: new Int16Array(8000) });
    await bob.command(`dial sip:robot@${DOMAIN}`);
    await bob.event('CALL_ESTABLISHED');
    const call = await until(
      'the call',
      () => telephone.engine.lines.findLast(({ account }) => account === 'robot')?.call,
    );
    await telephone.engine.event(call, 'bot.said');
    await bob.command('hangup');
    await telephone.engine.over(call);
    const said = readWav(await readFile(path.join(telephone.engine.record(call), 'bot.wav'))).pcm;
    expect(arrived(said, await bob.heard())).toBeGreaterThan(0.95);
    expect((await telephone.ended(call)).end).toMatchObject({ by: 'them' });
  });

  it('hears the recording of a script that calls', async () => {
    await using bob = await baresip('bob', { says: new Int16Array(8000) });
    const call = await telephone.engine.host.phone.place({
      account: 'alice',
      target: bob.aor,
      party: { kind: 'script', audio: [CALLER.name.file], barge_in_ms: null, listen: false },
      maxMs: 30_000,
    });
    await telephone.engine.event(call, 'script.played');
    await bob.hears(speech(CALLER.name));
    await telephone.hangUp(call);
  });

  it.each(['us', 'them'] as const)('is held and taken back by %s', async (by) => {
    await using bob = await baresip('bob');
    const call = await answered(bob);
    await Promise.all([hears(call, 'bob'), isHeard(bob)]);
    const isHeld = ({ heldByUs, heldByThem }: { heldByUs: boolean; heldByThem: boolean }): boolean =>
      by === 'us' ? heldByUs : heldByThem;
    if (by === 'us') await telephone.engine.host.phone.hold(call, true);
    else await bob.command('hold');
    await telephone.line(call, 'held', isHeld);
    const ours = telephone.heard(call).length;
    // What was on its way may still arrive; a second of the rest would be enough to be known again.
    await until('a second to pass', () => telephone.heard(call).length > ours + SECOND, 3000).catch(
      () => null,
    );
    const late = SECOND / 5;
    expect(arrived(tune('bob'), telephone.heard(call, ours + late))).toBeLessThan(0.5);
    if (by === 'us') await telephone.engine.host.phone.hold(call, false);
    else await bob.command('resume');
    await until('the call to be taken back', () => {
      const line = telephone.engine.lines.findLast((line) => line.call === call);
      return line && !isHeld(line);
    });
    await hears(call, 'bob');
    await isReached(bob, call, '3');
    const held = telephone.engine.all(call, 'call.held').map(({ by, on }) => ({ by, on }));
    expect(held).toEqual([
      { by, on: true },
      { by, on: false },
    ]);
    await bob.command('hangup');
    expect((await telephone.ended(call)).end).toMatchObject({ by: 'them' });
  });

  it('is behind a NAT: its packets come from elsewhere', async () => {
    await using bob = await baresip('bob', { host: ownAddress() });
    const call = await called(bob);
    await hears(call, 'bob');
    await telephone.engine.event(call, 'rtp.latched');
    await isHeard(bob);
    await telephone.hangUp(call);
  });

  it('rings, and we give up', async () => {
    await using carol = await baresip('carol', { answers: 'manual' });
    const call = await telephone.call('alice', carol.aor);
    await telephone.line(call, 'ringing', ({ state }) => state === 'ringing');
    await telephone.hangUp(call);
    await carol.event('CALL_CLOSED');
    expect((await telephone.ended(call)).end).toMatchObject({ by: 'us', missed: false });
  });

  it('rejects our call', async () => {
    await using carol = await baresip('carol', { answers: 'manual' });
    const call = await telephone.call('alice', carol.aor);
    await carol.event('CALL_INCOMING');
    await carol.command('hangup');
    const { end } = await telephone.ended(call);
    expect(end).toMatchObject({ by: 'them', code: 486, missed: false });
    expect(end?.reason).toMatch(/busy/i);
  });

  it.each([
    { code: 486, reason: 'Busy Here' },
    { code: 603, reason: 'Decline' },
  ])('is rejected by us with $code', async ({ code, reason }) => {
    await using bob = await baresip('bob');
    const coming = telephone.incoming();
    await bob.command(`dial sip:alice@${DOMAIN}`);
    const { call } = await coming;
    await telephone.engine.host.phone.reject(call, code, reason);
    expect((await bob.event('CALL_CLOSED')).param).toContain(`${code} ${reason}`);
    expect((await telephone.ended(call)).end).toMatchObject({ by: 'us', code });
  });

  it('gives up before anybody answers', async () => {
    await using bob = await baresip('bob');
    const coming = telephone.incoming();
    await bob.command(`dial sip:alice@${DOMAIN}`);
    const { call } = await coming;
    await bob.event('CALL_RINGING');
    await bob.command('hangup');
    expect((await telephone.ended(call)).end).toMatchObject({ by: 'them', missed: true });
  });

  it('is called and calls over TLS with SRTP', async () => {
    await using bob = await baresip('bob', { via: kamailio.via('tls'), tls, srtp: true });
    const out = await called(bob, 'secret');
    expect(await telephone.connected(out)).toMatchObject({ srtp: true });
    await Promise.all([hears(out, 'bob'), isHeard(bob)]);
    await telephone.engine.host.phone.hold(out, true);
    await telephone.engine.host.phone.hold(out, false);
    await hears(out, 'bob');
    await isReached(bob, out, '4');
    await telephone.hangUp(out);
    await bob.event('CALL_CLOSED');
    const back = await answered(bob, 'secret');
    expect(await telephone.connected(back)).toMatchObject({ srtp: true });
    await Promise.all([hears(back, 'bob'), isHeard(bob)]);
    await bob.command('hangup');
    await telephone.ended(back);
    const seen = telephone.engine.sip.map(({ text }) => text).join('\n');
    const keys = [...seen.matchAll(/inline:(\S+)/g)].map((match) => match[1] ?? '');
    expect(keys.length).toBeGreaterThan(3);
    expect(keys.filter((key) => new Set(key).size > 4)).toEqual([]);
  });

  it('cannot be called without SRTP by an account that requires it', async () => {
    await using bob = await baresip('bob');
    const out = await telephone.call('secret', bob.aor);
    expect((await telephone.ended(out)).end).toMatchObject({ by: 'them', code: 488 });
    await bob.command(`dial sip:secret@${DOMAIN}`);
    const closed = await bob.event('CALL_CLOSED', 2).catch(() => bob.event('CALL_CLOSED'));
    expect(closed.param).toContain('488');
  });

  it('is handed on to a third by us (REFER)', async () => {
    await using bob = await baresip('bob');
    await using carol = await baresip('carol');
    const call = await called(bob);
    await isHeard(bob);
    await telephone.engine.host.phone.transfer(call, carol.aor);
    await telephone.ended(call);
    await Promise.all([isHeard(carol, tune('bob')), isHeard(bob, tune('carol'))]);
    const states = telephone.engine.lines
      .filter((line) => line.call === call)
      .map(({ transfer }) => transfer?.state);
    expect(states).toContain('done');
  });

  it('is told when a third does not take the call, and stays', async () => {
    await using bob = await baresip('bob');
    const call = await called(bob);
    await telephone.engine.host.phone.transfer(call, `sip:nobody@${DOMAIN}`);
    const line = await telephone.line(call, 'back', ({ transfer }) => transfer?.state === 'failed');
    expect(line.transfer?.message).toContain('404');
    expect(line.state).toBe('connected');
    await telephone.hangUp(call);
  });

  it('is joined with another after we have talked to both (REFER with Replaces)', async () => {
    await using bob = await baresip('bob');
    await using carol = await baresip('carol');
    const first = await called(bob);
    await telephone.engine.host.phone.hold(first, true);
    const consultation = await called(carol, 'agent');
    await isHeard(carol);
    await telephone.engine.host.phone.join(first, consultation);
    await telephone.ended(first);
    await Promise.all([isHeard(carol, tune('bob')), isHeard(bob, tune('carol'))]);
    await telephone.ended(consultation).catch(() => telephone.hangUp(consultation));
  });

  it('hands us on to a third: the call goes on with them', async () => {
    await using bob = await baresip('bob');
    await using carol = await baresip('carol');
    const call = await answered(bob);
    await hears(call, 'bob');
    await bob.command(`transfer ${carol.aor}`);
    await telephone.line(call, 'with carol', ({ remote }) => remote.uri.includes('carol'));
    await bob.event('CALL_CLOSED');
    await Promise.all([hears(call, 'carol'), isHeard(carol)]);
    expect(telephone.engine.all(call, 'call.line').at(-1)?.remote).toContain('carol');
    await carol.command('hangup');
    expect((await telephone.ended(call)).end).toMatchObject({ by: 'them' });
  });

  it('is called by somebody it was not asked for (302)', async () => {
    await using bob = await baresip('bob');
    const call = await telephone.call('alice', `sip:gone@${DOMAIN}`);
    await telephone.connected(call);
    await hears(call, 'bob');
    await telephone.hangUp(call);
    await bob.event('CALL_CLOSED');
  });

  it('rings at two telephones; whoever answers has the call', async () => {
    await using desk = await baresip('carol', { answers: 'manual', says: tune('desk') });
    await using mobile = await baresip('carol', {
      answers: 'manual',
      says: tune('mobile'),
      via: kamailio.via('tcp'),
    });
    const call = await telephone.call('alice', desk.aor);
    await Promise.all([desk.event('CALL_INCOMING'), mobile.event('CALL_INCOMING')]);
    await mobile.command('accept');
    await telephone.connected(call);
    await desk.event('CALL_CLOSED');
    await hears(call, 'mobile');
    await isHeard(mobile);
    await telephone.hangUp(call);
    await mobile.event('CALL_CLOSED');
  });

  it('is not needed where two accounts of ours call each other', async () => {
    const coming = telephone.incoming();
    const out = await telephone.call('alice', `sip:agent@${DOMAIN}`);
    const { call: back, account } = await coming;
    expect(account).toBe('agent');
    await telephone.engine.host.phone.answer(back, { kind: 'person' });
    await Promise.all([telephone.connected(out), telephone.connected(back)]);
    for (const call of [out, back]) {
      const heard = await telephone.hears(call, 2 * SECOND);
      expect(arrived(OUR_TUNE, heard)).toBeGreaterThan(0.95);
    }
    await telephone.hangUp(back);
    expect((await telephone.ended(out)).end).toMatchObject({ by: 'them' });
  });

  it('leaves no line behind', async () => {
    await until('all lines to be gone', () => telephone.engine.host.phone.lines.length === 0);
    expect(telephone.engine.notices.filter((notice) => !notice.startsWith('rejected'))).toEqual([]);
  });

  it.skipIf(!canCapture())('was in no packet that tshark finds malformed', async () => {
    const verdict = await capture?.verdict([kamailio.port]);
    expect(verdict?.wrong).toBe('');
    expect(verdict?.sip).toBeGreaterThan(200);
    expect(verdict?.rtp).toBeGreaterThan(2000);
  });
});
