import { beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../../base/clock.ts';
import { SidetoneError } from '../../base/errors.ts';
import { answer } from './fixtures/layer-rig.ts';
import type { Link } from './link.ts';
import { SipMessage, parseVia } from './message.ts';
import { Outgoing, type Packet } from './outgoing.ts';
import type { Target } from './routing.ts';
import { Transactions } from './transactions.ts';

const target = (last: number, transport: Target['transport'] = 'udp'): Target => ({
  transport,
  address: `192.0.2.${last}`,
  port: 5060,
  domain: 'example.com',
  path: '/',
});

/** A link that sends nothing. */
function link({ transport }: Target): Link {
  const end = { host: '192.0.2.100', port: 5060 };
  return {
    transport,
    reliable: transport !== 'udp',
    closed: false,
    far: null,
    localTowards: () => end,
    send: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

let links: Link[];
function opened(target: Target): Link {
  const made = link(target);
  links.push(made);
  return made;
}

let clock: ManualClock;
let transactions: Transactions<Packet>;
let outgoing: Outgoing;
let targets: Target[];
let down: Set<string>;
let sent: { to: string; message: SipMessage }[];
let up: SipMessage[];

beforeEach(() => {
  clock = new ManualClock();
  transactions = new Transactions();
  targets = [target(1), target(2)];
  down = new Set();
  sent = [];
  up = [];
  links = [];
  let token = 0;
  outgoing = new Outgoing({
    transactions,
    now: () => clock.now(),
    route: () => Promise.resolve(targets),
    open: (target) =>
      down.has(target.address)
        ? Promise.reject(new SidetoneError('unreachable', `nothing listens at ${target.address}`))
        : Promise.resolve(opened(target)),
    transmit: ({ text, to }) => {
      const message = SipMessage.read(text);
      if (message) sent.push({ to: to.host, message });
      return Promise.resolve();
    },
    deliver: (response) => void up.push(response),
    token: () => `t${(token += 1)}`,
    onTarget: () => undefined,
    onReflexive: () => undefined,
  });
});

function request(method: string, branch = 'z9hG4bKinner'): SipMessage {
  return new SipMessage(
    `${method} sip:bob@example.com SIP/2.0`,
    [
      ['Via', `SIP/2.0/UDP sidetone.invalid;branch=${branch};rport`],
      ['From', '<sip:alice@example.com>;tag=a'],
      ['To', '<sip:bob@example.com>'],
      ['Call-ID', 'c'],
      ['CSeq', `1 ${method}`],
    ],
    '',
  );
}

/** What the far end answers to the `index`th message sent, given to the layer as the network would. */
async function reply(index: number, status: string): Promise<void> {
  const asked = sent.at(index)?.message.toString() ?? '';
  const response = SipMessage.read(answer(asked, status));
  if (!response) throw new Error('no response');
  const branch = parseVia(response.get('via') ?? '')?.parameters.get('branch') ?? '';
  const key = `${branch} ${response.cseq?.method ?? ''}`;
  const verdict = transactions.response(key, response.status ?? 0, response.toTag, clock.now());
  if (verdict === 'pass') await outgoing.receive(key, response);
}

async function pass(ms: number): Promise<void> {
  clock.advance(ms);
  const due = transactions.due(clock.now());
  for (const key of due.unanswered) await outgoing.unanswered(key);
  for (const key of due.ended) outgoing.ended(key);
}

const steps = (): string[] =>
  sent.map(({ to, message }) => `${message.request?.method ?? ''} ${to.split('.')[3] ?? ''}`);
const branch = (index: number): unknown =>
  parseVia(sent.at(index)?.message.get('via') ?? '')?.parameters.get('branch');

describe('several servers', () => {
  test('the next one is asked when one is silent, with another branch', async () => {
    await outgoing.send(request('OPTIONS'));
    await pass(5000);
    expect(steps()).toEqual(['OPTIONS 1', 'OPTIONS 2']);
    expect(branch(0)).not.toBe(branch(1));
    await reply(1, '200 OK');
    expect(up.map(({ status }) => status)).toEqual([200]);
    expect(up[0]?.get('via')).toBe('SIP/2.0/UDP sidetone.invalid;branch=z9hG4bKinner;rport');
  });

  test('an answer of the first that comes late is nobody’s', async () => {
    await outgoing.send(request('OPTIONS'));
    await pass(5000);
    await reply(0, '200 OK');
    expect(up).toEqual([]);
  });

  test('a connection that is refused costs no time', async () => {
    down.add('192.0.2.1');
    await outgoing.send(request('INVITE'));
    expect(steps()).toEqual(['INVITE 2']);
  });

  test('503 is acknowledged and the next one asked; the user agent hears of the last only', async () => {
    await outgoing.send(request('INVITE'));
    await reply(0, '503 Service Unavailable');
    expect(steps()).toEqual(['INVITE 1', 'ACK 1', 'INVITE 2']);
    expect(branch(1)).toBe(branch(0));
    await reply(2, '503 Service Unavailable');
    expect(up.map(({ status }) => status)).toEqual([503]);
  });

  test('when all are silent it says so of each, before sip.js gives up by itself', async () => {
    await outgoing.send(request('INVITE'));
    await pass(5000);
    await pass(27_000);
    expect(up.map(({ status }) => status)).toEqual([408]);
    expect(up[0]?.get('warning')).toBe(
      '399 sidetone "no answer from 192.0.2.1:5060 over UDP; no answer from 192.0.2.2:5060 over UDP"',
    );
  });

  test('of anything but INVITE silence is a 503: sip.js shows no text of a 408', async () => {
    targets = [target(1)];
    await outgoing.send(request('REGISTER'));
    await pass(32_000);
    expect(up.map(({ status }) => status)).toEqual([503]);
  });
});

test('a connection that drops: what is unanswered goes to the next server at once', async () => {
  targets = [target(1, 'tcp'), target(2, 'tcp')];
  await outgoing.send(request('INVITE'));
  const [first] = links;
  if (!first) throw new Error('no link');
  await outgoing.lost(first, 'it closed the connection');
  expect(steps()).toEqual(['INVITE 1', 'INVITE 2']);
  await reply(1, '180 Ringing');
  const [, second] = links;
  if (!second) throw new Error('no link');
  await outgoing.lost(second, 'it closed the connection');
  await outgoing.lost(second, 'it closed the connection');
  expect(up.map(({ status }) => status)).toEqual([180]);
});

test('the ACK to a response of our own goes nowhere', async () => {
  down.add('192.0.2.1').add('192.0.2.2');
  await outgoing.send(request('INVITE'));
  expect(up[0]?.get('warning')).toContain('nothing listens at 192.0.2.1; nothing listens at 192.0.2.2');
  expect(steps()).toEqual([]);
});

describe('ACK and CANCEL follow their INVITE', () => {
  test('the ACK to a refusal has its branch and goes out again with the refusal', async () => {
    await outgoing.send(request('INVITE'));
    await reply(0, '486 Busy Here');
    await outgoing.send(request('ACK'));
    expect(steps()).toEqual(['INVITE 1', 'ACK 1']);
    expect(branch(1)).toBe(branch(0));
    expect(transactions.response(`${String(branch(0))} INVITE`, 486, null, clock.now())).toMatchObject({
      repeat: { to: { host: '192.0.2.1' } },
    });
  });

  test('the ACK to a 2xx has one of its own', async () => {
    await outgoing.send(request('INVITE'));
    await reply(0, '200 OK');
    await outgoing.send(request('ACK', 'z9hG4bKother'));
    expect(steps()).toEqual(['INVITE 1', 'ACK 1']);
    expect(branch(1)).not.toBe(branch(0));
  });

  test('CANCEL waits until somebody has answered anything (section 9.1), and goes to the same server', async () => {
    await outgoing.send(request('INVITE'));
    await pass(5000);
    await outgoing.send(request('CANCEL'));
    expect(steps()).toEqual(['INVITE 1', 'INVITE 2']);
    await reply(1, '100 Trying');
    expect(steps()).toEqual(['INVITE 1', 'INVITE 2', 'CANCEL 2']);
    expect(branch(2)).toBe(branch(1));
    await reply(2, '200 OK');
    await reply(1, '487 Request Terminated');
    expect(up.map(({ status, cseq }) => `${status} ${cseq?.method}`)).toEqual([
      '100 INVITE',
      '200 CANCEL',
      '487 INVITE',
    ]);
  });

  test('a call that nobody answers and that is cancelled asks no further server', async () => {
    await outgoing.send(request('INVITE'));
    await outgoing.send(request('CANCEL'));
    await pass(5000);
    expect(steps()).toEqual(['INVITE 1']);
    expect(up.map(({ status }) => status)).toEqual([487]);
  });

  test('CANCEL of what is over is answered 481', async () => {
    await outgoing.send(request('CANCEL'));
    expect(up.map(({ status }) => status)).toEqual([481]);
  });
});
