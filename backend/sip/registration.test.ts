import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemClock } from '../base/clock.ts';
import { Scope } from '../base/scope.ts';
import type { AccountView } from '../contract/sip.ts';
import { accountWith, coreWith, headerOf, response, type Respond } from './core-testing.ts';
import { installDigest } from './digest.ts';
import { Registration } from './registration.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function setUp(respond: Respond, options: { settings?: object; password?: string | null } = {}) {
  const { core, requests } = coreWith(respond);
  const account = accountWith(options.settings, options.password);
  installDigest(core, { user: 'alice', password: account.password });
  const views: Partial<AccountView>[] = [];
  const scope = new Scope();
  const contact = { value: '<sip:alice@10.0.0.2:5070>' };
  const registration = new Registration({
    core,
    account,
    contact: () => contact.value,
    clock: systemClock,
    scope,
    random: () => 0,
    onView: (view) => views.push(view),
  });
  const last = () => views.at(-1) ?? {};
  return { registration, requests, views, last, contact, scope };
}

const contactsOf = (request: string | undefined) =>
  (request ?? '').split('\r\n').filter((line) => line.startsWith('Contact:'));
const ok: Respond = (request) =>
  response(request, '200 OK', 'Contact: <sip:alice@10.0.0.2:5070>;expires=100');

test('registers, refreshes with the same Call-ID, and says goodbye', async () => {
  const { registration, requests, views, last } = setUp(ok);
  registration.start();
  expect(views).toEqual([
    { state: 'registering', message: 'registering at example.com', hint: null, retryAt: null },
  ]);
  await vi.advanceTimersByTimeAsync(10);
  expect(last()).toMatchObject({ state: 'registered', message: 'registered, 100 s left' });
  expect((last().registeredUntil ?? 0) - performance.timeOrigin - performance.now()).toBeCloseTo(99_990, -1);

  await vi.advanceTimersByTimeAsync(79_000);
  expect(requests).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1500);
  expect(requests).toHaveLength(2);
  expect(requests[0]).toMatch(/^REGISTER sip:example\.com SIP\/2\.0\r\n/);
  expect(contactsOf(requests[0])).toEqual(['Contact: <sip:alice@10.0.0.2:5070>;expires=600']);
  expect(requests.map((request) => headerOf(request, 'CSeq'))).toEqual(['1 REGISTER', '2 REGISTER']);
  expect(new Set(requests.map((request) => headerOf(request, 'Call-ID'))).size).toBe(1);

  const stopped = registration.stop();
  await vi.advanceTimersByTimeAsync(10);
  await stopped;
  expect(contactsOf(requests[2])).toEqual(['Contact: <sip:alice@10.0.0.2:5070>;expires=0']);
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(requests).toHaveLength(3);
});

test.each([
  ['no Contact and no expires: what was asked for', [], '600'],
  ['the header for all contacts', ['Expires: 300'], '300'],
  [
    'our contact among others',
    ['Contact: <sip:alice@10.9.9.9>;expires=5, <sip:alice@10.0.0.2:5070>;expires=200', 'Expires: 7'],
    '200',
  ],
  [
    'one contact that a NAT has rewritten',
    ['Contact: "A" <sip:alice@198.51.100.1:40000>;expires=250'],
    '250',
  ],
  [
    'several, none of them ours',
    ['Contact: <sip:x@10.9.9.9>;expires=5', 'Contact: <sip:y@10.9.9.9>;expires=6', 'Expires: 180'],
    '180',
  ],
  ['garbage', ['Contact: <sip:alice@10.0.0.2:5070>;expires=never', 'Expires: soon'], '600'],
])('what a 200 grants: %s', async (_, headers, seconds) => {
  const { registration, requests, last } = setUp((request) => response(request, '200 OK', ...headers));
  registration.start();
  await vi.advanceTimersByTimeAsync(10);
  expect(last().state).toBe('registered');
  const until = (last().registeredUntil ?? 0) - performance.timeOrigin - performance.now();
  expect(Math.round(until / 1000)).toBe(Number(seconds));
  expect(requests).toHaveLength(1);
});

test('a wrong password is said, and not tried all the time', async () => {
  const { registration, requests, last } = setUp((request, count) =>
    response(
      request,
      '401 Unauthorized',
      `WWW-Authenticate: Digest realm="r", nonce="n${count}", qop="auth"`,
    ),
  );
  registration.start();
  await vi.advanceTimersByTimeAsync(10);
  expect(last()).toMatchObject({ state: 'failed', message: '401: wrong password', registeredUntil: null });
  expect(last().retryAt).not.toBeNull();
  await vi.advanceTimersByTimeAsync(240_000);
  expect(requests).toHaveLength(2);
});

test('who does not answer is named by the layer below; then it is tried again, soon and rarer', async () => {
  const { registration, requests, last } = setUp((request) =>
    response(
      request,
      '503 Service Unavailable',
      'Warning: 399 sidetone "no answer from 10.0.0.1:5060 over UDP"',
    ),
  );
  registration.start();
  await vi.advanceTimersByTimeAsync(10);
  expect(last().message).toBe('no answer from 10.0.0.1:5060 over UDP');
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(requests.length).toBeGreaterThan(4);
  expect(requests.length).toBeLessThan(12);
});

test('a registrar that is silent altogether', async () => {
  const { registration, last } = setUp(() => null);
  registration.start();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(last()).toMatchObject({ state: 'failed', message: 'no answer from the registrar' });
});

test('another address: the old binding goes with the same request that brings the new', async () => {
  const { registration, requests, contact } = setUp(ok);
  registration.start();
  await vi.advanceTimersByTimeAsync(5000);
  contact.value = '<sip:alice@198.51.100.1:40000>';
  registration.refresh();
  await vi.advanceTimersByTimeAsync(10);
  expect(contactsOf(requests[1])).toEqual([
    'Contact: <sip:alice@198.51.100.1:40000>;expires=600',
    'Contact: <sip:alice@10.0.0.2:5070>;expires=0',
  ]);
});

test('an address that changes with every answer does not make a storm', async () => {
  let port = 1000;
  const { registration, requests, contact } = setUp((request) => {
    port += 1;
    contact.value = `<sip:alice@198.51.100.1:${port}>`;
    return ok(request, 0);
  });
  registration.start();
  await vi.advanceTimersByTimeAsync(10_500);
  expect(requests.length).toBeLessThanOrEqual(11);
});

test('redirected to itself: told, and tried again later', async () => {
  const { registration, requests, last } = setUp((request) =>
    response(request, '302 Moved', 'Contact: <sip:example.com>'),
  );
  registration.start();
  await vi.advanceTimersByTimeAsync(100);
  expect(last().message).toBe('the registrar redirects in a circle (sip:example.com)');
  expect(requests).toHaveLength(2);
});

test('a stop that nobody answers does not take long', async () => {
  const { registration, requests } = setUp((request, count) => (count === 1 ? ok(request, 1) : null));
  registration.start();
  await vi.advanceTimersByTimeAsync(10);
  const stopped = registration.stop();
  await vi.advanceTimersByTimeAsync(2000);
  await stopped;
  expect(requests).toHaveLength(2);
});

test('the registrar by name and port', async () => {
  const { registration, requests } = setUp(ok, { settings: { registrar: '10.0.0.1:5080' } });
  registration.start();
  await vi.advanceTimersByTimeAsync(10);
  expect(requests[0]).toMatch(/^REGISTER sip:10\.0\.0\.1:5080 SIP/);
  expect(headerOf(requests[0] ?? '', 'To')).toBe('<sip:alice@example.com>');
  expect(() => setUp(ok, { settings: { registrar: 'not a uri' } })).toThrow(
    /registrar 'not a uri' is not a SIP URI/,
  );
});
