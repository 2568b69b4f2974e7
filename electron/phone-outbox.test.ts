import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Scope } from '../backend/base/scope.ts';
import type { SipMessageView } from '../backend/contract/sip.ts';
import { anAccount, aLine } from './fixtures/lines.ts';
import { PhoneOutbox } from './phone-outbox.ts';

const sent: { name: string; content: unknown }[] = [];
const account = anAccount('office');
let outbox: PhoneOutbox;

beforeEach(() => {
  vi.useFakeTimers();
  sent.length = 0;
  outbox = new PhoneOutbox({
    scope: new Scope(),
    send: (name, content) => sent.push({ name, content }),
    accounts: () => [account],
    problem: () => null,
    history: () => [],
  });
});
afterEach(() => vi.useRealTimers());

const message = (text: string): SipMessageView => ({
  call: 'a',
  account: 'office',
  direction: 'in',
  transport: 'udp',
  local: '127.0.0.1:5060',
  remote: '127.0.0.1:5070',
  at: 1,
  repeated: false,
  text,
});

it('tells how each line is by now, and nothing of what did not change', () => {
  outbox.open();
  outbox.line(aLine('a', { state: 'calling' }));
  outbox.line(aLine('b', { state: 'ringing' }));
  outbox.line(aLine('a', { state: 'connected' }));
  vi.advanceTimersByTime(40);
  const lines = [aLine('a', { state: 'connected' }), aLine('b', { state: 'ringing' })];
  expect(sent).toEqual([{ name: 'phone.changed', content: { lines } }]);
  outbox.accounts();
  outbox.history();
  vi.advanceTimersByTime(40);
  const content = { accounts: [account], problem: null, history: [] };
  expect(sent.slice(1)).toEqual([{ name: 'phone.changed', content }]);
  vi.advanceTimersByTime(1000);
  expect(sent).toHaveLength(2);
});

it('tells a window nothing that its snapshot has, and no window nothing', () => {
  outbox.line(aLine('a', {}));
  outbox.message(message('INVITE'));
  outbox.accounts();
  outbox.open();
  vi.advanceTimersByTime(1000);
  expect(sent).toEqual([]);
  outbox.line(aLine('a', {}));
  outbox.close();
  vi.advanceTimersByTime(1000);
  expect(sent).toEqual([]);
});

it('sends messages in their order, and of a flood the newest', () => {
  outbox.open();
  for (let index = 0; index < 5000; index += 1) outbox.message(message(String(index)));
  vi.advanceTimersByTime(40);
  const [batch] = sent;
  expect(batch?.name).toBe('phone.messages');
  const texts = Array.isArray(batch?.content) ? batch.content.map(({ text }: SipMessageView) => text) : [];
  expect(texts).toHaveLength(2000);
  expect([texts[0], texts.at(-1)]).toEqual(['3000', '4999']);
});
