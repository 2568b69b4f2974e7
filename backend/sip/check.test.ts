import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, expect, test, vi } from 'vitest';
import { systemClock } from '../base/clock.ts';
import type { SipStep, SipThreadMessage } from '../contract/sip.ts';
import { checkAccount } from './check.ts';
import { accountWith } from './core-testing.ts';
import { SipEngine } from './engine.ts';
import { probeAccount } from './probe.ts';
import { TinyServer, type ServerManners } from './server-testing.ts';
import type { Dns } from './transport/dns.ts';

/** Real sockets on loopback, a server of the test's own. Nothing here waits for a time to pass. */

const NOTHING = { records: [], ttlS: 60 };
/** Knows example.test, and one SRV record. */
function dnsOf(port: number): Dns {
  return {
    naptr: () => Promise.resolve(NOTHING),
    srv: (name) =>
      Promise.resolve(
        name === '_sip._udp.example.test'
          ? { records: [{ priority: 1, weight: 1, name: 'server.example.test', port }], ttlS: 60 }
          : NOTHING,
      ),
    addresses: (name) =>
      Promise.resolve(name.endsWith('server.example.test') ? { records: ['127.0.0.1'], ttlS: 60 } : NOTHING),
  };
}

async function check(manners: ServerManners, settings: object = {}, password = 'secret') {
  await using server = await TinyServer.open(manners);
  const steps: SipStep[] = [];
  const account = accountWith({ aor: `sip:alice@127.0.0.1:${server.port}`, ...settings }, password);
  const means = { version: 'test', clock: systemClock, dns: dnsOf(server.port), random: () => 0.5 };
  const { ok } = await checkAccount({ ...means, account, onStep: (step) => steps.push(step) });
  return { ok, steps, told: steps.map(({ step, verdict }) => `${step} ${verdict}`), server };
}

describe('sip check', () => {
  test('all the way, with a tone both ways', async () => {
    const { ok, told, steps } = await check({ password: 'secret' });
    expect(told).toEqual(['dns ok', 'register ok', 'options ok', 'media ok']);
    expect(steps.at(-1)?.message).toMatch(/^a tone both ways, unchanged \(PCMA, over 127\.0\.0\.1; /);
    expect(ok).toBe(true);
  });

  test('encrypted, where the account requires it', async () => {
    const { ok, steps } = await check({ password: 'secret' }, { srtp: 'required' });
    expect(steps.at(-1)?.message).toMatch(/^a tone both ways, unchanged \(PCMA, SRTP, /);
    expect(ok).toBe(true);
  });

  test('beside the account itself, which has its fixed port', async () => {
    await using taken = await TinyServer.open({ password: '' });
    const bind = `127.0.0.1:${taken.port}`;
    const { ok, told, steps } = await check({ password: 'secret' }, { bind });
    expect(told).toEqual(['dns ok', 'register ok', 'options ok', 'media ok']);
    expect(steps[0]?.hint).toContain(`not from ${bind}`);
    expect(ok).toBe(true);
  });

  test('a dead server: every step that fails says what to look at', async () => {
    const dead = await TinyServer.open({ password: '' });
    await dead[Symbol.asyncDispose]();
    const { steps } = await check(
      { password: '' },
      { aor: `sip:alice@127.0.0.1:${dead.port}`, transport: 'tcp' },
    );
    expect(steps.at(-1)).toMatchObject({ step: 'tcp', verdict: 'fail' });
    expect(steps.at(-1)?.message).toContain(`nothing listens at 127.0.0.1:${dead.port}`);
    expect(steps.at(-1)?.hint).toMatch(/registrar.*port.*firewall/);
  });

  test('a server that says nothing: so too', async () => {
    const mute = createSocket('udp4').bind(0, '127.0.0.1');
    await once(mute, 'listening');
    // Only timers: the sockets are as real as ever.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
    const checked = check({ password: '' }, { aor: `sip:alice@127.0.0.1:${mute.address().port}` });
    for (let turns = 0; turns < 400; turns += 1) {
      await vi.advanceTimersByTimeAsync(100);
      await new Promise(setImmediate);
    }
    vi.useRealTimers();
    mute.close();
    const { ok, told, steps } = await checked;
    expect(told).toEqual(['dns ok', 'register fail', 'options fail']);
    for (const { message, hint } of steps.slice(1)) {
      expect(message).toContain('no answer');
      expect(hint).toMatch(/registrar.*port.*firewall/);
    }
    expect(ok).toBe(false);
  });

  test('a wrong password', async () => {
    const { ok, told, steps } = await check({ password: 'other' });
    expect(told).toEqual(['dns ok', 'register fail', 'options ok']);
    expect(steps[1]).toMatchObject({ message: '401: wrong password' });
    expect(ok).toBe(false);
  });

  test('audio that is sent nowhere: which way, and what to look at', async () => {
    const nowhere = (body: string) => body.replace(/m=audio \d+/, 'm=audio 9');
    const { ok, steps } = await check({ password: 'secret', relayed: nowhere });
    expect(steps.at(-1)).toMatchObject({ step: 'media', verdict: 'fail' });
    expect(steps.at(-1)?.message).toMatch(/^no audio back to the one that calls \(/);
    expect(steps.at(-1)?.hint).toMatch(/firewall/);
    expect(ok).toBe(false);
  });

  test('a server that lets nobody call himself', async () => {
    const { ok, steps } = await check({ password: 'secret', refuses: '486 Busy' });
    expect(steps.at(-1)).toMatchObject({ step: 'media', verdict: 'info' });
    expect(steps.at(-1)?.message).toMatch(/cannot be called: .*486/);
    expect(ok).toBe(true);
  });

  test('nobody there', async () => {
    const { ok, steps } = await check({ password: 'secret' }, { aor: 'sip:alice@nowhere.test' });
    expect(steps).toMatchObject([
      { step: 'dns', verdict: 'fail', message: 'DNS knows no address of nowhere.test' },
    ]);
    expect(ok).toBe(false);
  });

  test('the account itself, up all the while, is not called', async () => {
    await using server = await TinyServer.open({ password: 'secret' });
    const messages: SipThreadMessage[] = [];
    const engine = new SipEngine({
      version: 'test',
      dns: dnsOf(server.port),
      post: (message) => messages.push(message),
    });
    const account = accountWith({ aor: `sip:alice@127.0.0.1:${server.port}` });
    await engine.carryOut({ job: 'accounts', asked: { accounts: [account] } });
    const answer = await engine.carryOut({ job: 'check', asked: { id: 'c', account: 'test' } });
    await engine.carryOut({ job: 'close', asked: null });
    expect(answer).toEqual({ ok: true });
    expect(messages.filter(({ type }) => type === 'line')).toEqual([]);
    expect(messages.filter(({ type }) => type === 'step')).toHaveLength(4);
  });
});

describe('finding an account', () => {
  async function probe(request: { domain: string; user: string; password: string }, manners: ServerManners) {
    await using server = await TinyServer.open(manners);
    const steps: SipStep[] = [];
    const means = { version: 'test', clock: systemClock, dns: dnsOf(server.port), random: () => 0.5 };
    const domain = request.domain.replace('PORT', String(server.port));
    const result = await probeAccount({
      ...means,
      request: { ...request, domain },
      onStep: (step) => steps.push(step),
    });
    return { result, steps, registers: server.requests.filter((text) => text.startsWith('REGISTER')).length };
  }

  test('what DNS names comes first', async () => {
    const { result, steps } = await probe(
      { domain: 'example.test', user: 'alice', password: 'secret' },
      { password: 'secret' },
    );
    expect(steps[0]?.message).toMatch(/^DNS of example\.test names UDP server\.example\.test:\d+$/);
    expect(result.settings).toMatchObject({
      aor: 'sip:alice@example.test',
      transport: 'udp',
      registrar: null,
      auth_user: null,
    });
  });

  test('an address with a port: the transport that answers', async () => {
    const { result } = await probe(
      { domain: '127.0.0.1:PORT', user: 'alice@127.0.0.1', password: 'secret' },
      { password: 'secret' },
    );
    expect(result.settings).toMatchObject({ aor: 'sip:alice@127.0.0.1', transport: 'udp' });
    expect(result.settings?.registrar).toMatch(/^127\.0\.0\.1:\d+$/);
  });

  test('a wrong password is tried once for each user name, and no more', async () => {
    const { result, registers } = await probe(
      { domain: 'example.test', user: 'alice', password: 'no' },
      { password: 'secret' },
    );
    expect(result).toEqual({ settings: null, message: '401: wrong password' });
    // Each once without and once with an answer to the challenge.
    expect(registers).toBe(4);
  });

  test('a registrar that answers REGISTER only', async () => {
    const { result } = await probe(
      { domain: 'example.test', user: 'alice', password: 'secret' },
      { password: 'secret', answersOptions: false },
    );
    expect(result.settings).toMatchObject({ transport: 'udp', registrar: null });
  });

  test('what cannot be an address', async () => {
    const { result } = await probe({ domain: 'a b', user: 'x y', password: '' }, { password: '' });
    expect(result.settings).toBeNull();
  });
});
