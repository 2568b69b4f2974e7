import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Account } from '../backend/contract/sip.ts';
import { account } from './support/accounts.ts';
import { Baresip } from './support/baresip.ts';
import { Capture, canCapture } from './support/capture.ts';
import { Authority } from './support/certificates.ts';
import { Kamailio } from './support/kamailio.ts';
import { ownAddress } from './support/loopback.ts';
import { OUR_TUNE, Telephone } from './support/telephone.ts';
import { arrived, tune } from './support/tones.ts';
import { has } from './support/tools.ts';
import { until } from './support/until.ts';

const TRANSPORTS = ['udp', 'tcp', 'tls', 'wss'] as const;
const PASSWORD = 'pass, word; with = marks %41';
const A_SECOND = 8000;

describe.skipIf(!has('kamailio') || !has('openssl') || !has('baresip'))('registration with Kamailio', () => {
  let dir: string;
  /** Home of most accounts; calls for the other's domain go on to it. */
  let kamailio: Kamailio;
  /** Home of others. */
  let second: Kamailio;
  /** Wants SHA-256 and a client certificate, and lets registrations hold for a few seconds only. */
  let strict: Kamailio;
  let accounts: readonly Account[];
  let telephone: Telephone;
  let capture: Capture | null = null;

  beforeAll(async () => {
    dir = await mkdtemp(path.join(os.tmpdir(), 'sidetone-e2e-'));
    capture = await Capture.start();
    const [authority, stranger] = [await Authority.create(dir), await Authority.create(dir, 'stranger')];
    const certificate = await authority.issue('ours', ['sidetone.test']);
    const hosts = [ownAddress(), ownAddress()] as const;
    second = await Kamailio.start({ domain: 'second.test', users: { bob: 'bob', ours: PASSWORD } });
    const users = ['udp', 'tcp', 'tls', 'wss', 'wrong', 'trusting', 'doubting', 'third'];
    kamailio = await Kamailio.start(
      {
        domain: 'first.test',
        users: { ...Object.fromEntries(users.map((user) => [user, PASSWORD])), bob: 'bob' },
        certificate: await authority.issue('first', [hosts[0]]),
      },
      { host: hosts[0], next: second },
    );
    strict = await Kamailio.start(
      {
        domain: 'strict.test',
        users: { brief: PASSWORD, nameless: PASSWORD },
        certificate: await authority.issue('strict', [hosts[1]]),
        clientCa: authority.ca,
        algorithm: 'SHA-256',
        maxExpiresS: 12,
      },
      { host: hosts[1] },
    );
    const settings = (user: string, transport: (typeof TRANSPORTS)[number], at = kamailio) =>
      ({
        aor: `sip:${user}@${at.domain}`,
        registrar: at.via(transport),
        proxy: at.via(transport),
        transport,
        who: 'ring',
      }) as const;
    const believing = { password: PASSWORD, ca: authority.ca };
    accounts = [
      ...TRANSPORTS.map((transport) => account(transport, settings(transport, transport), believing)),
      account('second', settings('ours', 'tcp', second), believing),
      account('brief', settings('brief', 'tls', strict), { ...believing, certificate }),
      account('trusting', { ...settings('trusting', 'tls'), tls: { verify: false } }, { password: PASSWORD }),
    ];
    telephone = await Telephone.start(accounts, [
      account('wrong', settings('wrong', 'udp'), { password: 'not this one' }),
      account('doubting', settings('doubting', 'tls'), { password: PASSWORD, ca: stranger.ca }),
      account('nameless', settings('nameless', 'tls', strict), believing),
      account('unknown', settings('nobody', 'tcp'), { password: PASSWORD }),
      account('gone', { aor: 'sip:gone@first.test', registrar: '127.0.0.1:9', transport: 'tcp' }),
    ]);
  }, 60_000);

  afterAll(async () => {
    await telephone?.[Symbol.asyncDispose]();
    for (const server of [kamailio, strict, second]) await server?.[Symbol.asyncDispose]();
    await capture?.[Symbol.asyncDispose]();
    await rm(dir, { recursive: true, force: true });
  });

  it.each(TRANSPORTS)('answers the challenge and is found there, over %s', async (transport) => {
    const view = await telephone.usable(transport);
    expect(view.message).toMatch(/^registered, \d+ min left$/);
    expect(view.via).toContain(transport.toUpperCase());
    expect(view.registeredUntil).toBeGreaterThan(Date.now());
    expect(await kamailio.contacts(transport)).toHaveLength(1);
  });

  it('answers a challenge of SHA-256', async () => {
    expect(await strict.contacts('brief')).toHaveLength(1);
    const sent = telephone.engine.sip.filter(({ account }) => account === 'brief').map(({ text }) => text);
    expect(sent.some((text) => /^Authorization: Digest .*algorithm="?SHA-256/m.test(text))).toBe(true);
  });

  it('says why it could not register', async () => {
    const failed = (name: string) =>
      telephone.account(name, 'failed', ({ state, message }) => state === 'failed' && message !== '');
    const wrong = await failed('wrong');
    expect(wrong.message).toMatch(/40[1-7].*password/);
    expect((await failed('unknown')).message).toMatch(/40[1-7]/);
    const doubting = await failed('doubting');
    expect(doubting.message).toMatch(/certificate/);
    expect(doubting.hint).toMatch(/ca/i);
    expect((await failed('nameless')).message).toMatch(/certificate/);
    const gone = await failed('gone');
    expect(gone.message).toMatch(/nothing listens at 127.0.0.1:9/);
    for (const view of [doubting, gone]) expect(view.retryAt, view.message).toBeGreaterThan(0);
  });

  it('shows nobody a credential', () => {
    const texts = telephone.engine.sip.map(({ text }) => text).join('\n');
    const answers = [...texts.matchAll(/\b(?:response|cnonce)="?([^",\r\n]*)/g)].map((match) => match[1]);
    expect(answers.length).toBeGreaterThan(5);
    expect(answers.filter((answer) => /[0-9a-f]{8}/.test(answer ?? ''))).toEqual([]);
    expect(JSON.stringify(telephone.engine.accounts)).not.toContain(PASSWORD);
  });

  it.each(TRANSPORTS)('is called over %s, and heard both ways', async (transport) => {
    await using bob = await Baresip.start({
      user: 'bob',
      domain: kamailio.domain,
      password: 'bob',
      via: kamailio.via('udp'),
      says: tune('bob'),
    });
    const coming = telephone.incoming();
    await bob.command(`dial sip:${transport}@${kamailio.domain}`);
    const { call, account: called, remote } = await coming;
    expect(called).toBe(transport);
    expect(remote.uri).toContain('bob@first.test');
    await telephone.engine.host.phone.answer(call, { kind: 'person' });
    await telephone.connected(call);
    await bob.event('CALL_ESTABLISHED');
    expect(arrived(tune('bob'), await telephone.hears(call, 2 * A_SECOND))).toBeGreaterThan(0.95);
    await bob.hears(OUR_TUNE);
    await bob.command('hangup');
    expect((await telephone.ended(call)).end).toMatchObject({ by: 'them' });
  });

  it.each(TRANSPORTS)('calls over %s through two proxies that record the route', async (transport) => {
    await using bob = await Baresip.start({
      user: 'bob',
      domain: second.domain,
      password: 'bob',
      via: second.via('tcp'),
      says: tune('bob'),
    });
    const call = await telephone.call(transport, bob.aor);
    await telephone.connected(call);
    const answer = telephone.engine.sip.find(
      (message) => message.call === call && /^SIP\/2.0 200 .*CSeq: \d+ INVITE/s.test(message.text),
    );
    const routes = answer?.text.match(/<sip:[^>]*;lr[^>]*>/g) ?? [];
    expect(routes.filter((route) => route.includes(kamailio.host))).not.toEqual([]);
    expect(routes.filter((route) => route.includes(second.host))).not.toEqual([]);
    expect(arrived(tune('bob'), await telephone.hears(call, 2 * A_SECOND))).toBeGreaterThan(0.95);
    await bob.hears(OUR_TUNE);
    // A request back through both.
    await bob.command('hold');
    await telephone.line(call, 'held', ({ heldByThem }) => heldByThem);
    await telephone.hangUp(call);
    await bob.event('CALL_CLOSED');
    expect((await telephone.ended(call)).end).toMatchObject({ by: 'us' });
  });

  it('refreshes before a registration runs out', async () => {
    const registered = (): number =>
      telephone.engine.sip.filter(
        ({ account, direction, text }) =>
          account === 'brief' && direction === 'in' && /^SIP\/2.0 200 .*CSeq: \d+ REGISTER/s.test(text),
      ).length;
    await until('a refresh', () => registered() >= 2);
    expect(await strict.contacts('brief')).toHaveLength(1);
  });

  it('takes its contacts back when accounts go', async () => {
    await telephone.engine.host.phone.setAccounts(accounts.slice(0, 1));
    await until('the contacts to be gone', async () => {
      const left = await Promise.all(TRANSPORTS.slice(1).map((user) => kamailio.contacts(user)));
      return left.flat().length === 0;
    });
    expect(await kamailio.contacts('udp')).toHaveLength(1);
    await telephone.engine.host.phone.setAccounts([]);
    await until('the last contact to be gone', async () => (await kamailio.contacts('udp')).length === 0);
  });

  it.skipIf(!canCapture())('was in no packet that tshark finds malformed', async () => {
    const verdict = await capture?.verdict([kamailio, second, strict].map(({ port }) => port));
    expect(verdict?.wrong).toBe('');
    expect(verdict?.sip).toBeGreaterThan(100);
    expect(verdict?.rtp).toBeGreaterThan(1000);
  });
});
