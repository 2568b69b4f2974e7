import { describe, expect, it } from 'vitest';
import type { AccountView, LineView } from '../contract/sip.ts';
import { describeAccount, describeLine } from './line-view.ts';

const account: AccountView = {
  name: 'alice',
  aor: 'sip:alice@example.com',
  state: 'registered',
  message: 'registered, 10 min left',
  hint: null,
  via: 'UDP 10.0.0.1:5060',
  contact: null,
  registeredUntil: null,
  retryAt: null,
};

const line: LineView = {
  call: 'c',
  account: 'alice',
  direction: 'in',
  remote: { uri: 'sip:bob@example.com', name: 'Bob' },
  dialled: 'sip:+4930@example.com',
  state: 'incoming',
  heldByUs: false,
  heldByThem: false,
  codec: null,
  srtp: false,
  startedAt: 1,
  answeredAt: null,
  endedAt: null,
  end: null,
  transfer: null,
};
const connected: LineView = { ...line, state: 'connected', codec: 'PCMA', srtp: true };

it('says where an account stands, and what to do', () => {
  expect(describeAccount(account)).toBe('sip alice: registered, 10 min left, via UDP 10.0.0.1:5060');
  expect(
    describeAccount({ ...account, state: 'failed', message: '401: wrong password', hint: 'Set it.' }),
  ).toBe('sip alice: 401: wrong password (Set it.)');
});

describe('a call over SIP', () => {
  it.each<[string, LineView | null, LineView, string | null]>([
    ['comes in', null, line, 'incoming  Bob <sip:bob@example.com> calls sip:+4930@example.com'],
    ['is answered', line, connected, 'answered  Bob <sip:bob@example.com>, PCMA, SRTP'],
    ['is as before', connected, { ...connected, codec: 'PCMU' }, null],
    ['is held', connected, { ...connected, heldByThem: true }, 'held      by Bob <sip:bob@example.com>'],
    ['is taken back', { ...connected, heldByUs: true }, connected, 'resumed   by us'],
    [
      'has somebody else',
      connected,
      { ...connected, remote: { uri: 'sip:carol@x', name: null } },
      'changed   sip:carol@x is on the line now',
    ],
    [
      'is handed on',
      connected,
      { ...connected, transfer: { target: 'sip:dave@x', state: 'failed', message: 'busy (486)' } },
      'transfer  to sip:dave@x: busy (486)',
    ],
    [
      'ends',
      connected,
      { ...connected, state: 'ended', end: { by: 'them', code: null, reason: 'hung up', missed: false } },
      'ended     Bob <sip:bob@example.com>: hung up',
    ],
  ])('%s', (_, was, is, told) => {
    expect(describeLine(was, is)).toBe(told === null ? null : `alice  ${told}`);
  });
});
