import { beforeEach, describe, expect, it } from 'vitest';
import type { SipMessageView } from '../../backend/contract/sip.ts';
import { line } from './fixtures/line.ts';
import {
  lineOf,
  missedUnseen,
  takeMessages,
  takePhoneChange,
  takeStep,
  usePhone,
  withLines,
} from './phone.ts';

const before = usePhone.getState();
beforeEach(() => usePhone.setState(before, true));

describe('withLines', () => {
  it('changes only the lines it is told of', () => {
    const [one, two] = [line('1'), line('2')];
    const rings = line('2', { state: 'ringing' });
    const after = withLines(withLines(new Map(), [one, two]), [rings]);
    expect(after.get('1')).toBe(one);
    expect(after.get('2')).toBe(rings);
  });

  it('forgets the lines that ended first, and none that goes on', () => {
    const ended = Array.from({ length: 25 }, (_, at) => line(`e${at}`, { state: 'ended', endedAt: at }));
    const after = withLines(new Map(), [line('on', { startedAt: 0 }), ...ended]);
    expect(after.size).toBe(21);
    expect(after.has('on')).toBe(true);
    expect([after.has('e4'), after.has('e5')]).toEqual([false, true]);
  });
});

describe('the store', () => {
  it('keeps what a change does not name', () => {
    const past = { line: line('old', { state: 'ended' }), trace: null, seen: true };
    takePhoneChange({ lines: [line('1')], history: [past] });
    takePhoneChange({ lines: [line('2')] });
    expect([...usePhone.getState().lines.keys()]).toEqual(['1', '2']);
    expect(usePhone.getState().history).toEqual([past]);
  });

  it('finds the line of a call that only the history knows', () => {
    const past = { line: line('old', { state: 'ended' }), trace: null, seen: true };
    takePhoneChange({ lines: [line('1')], history: [past] });
    expect(lineOf(usePhone.getState(), 'old')).toBe(past.line);
    expect(lineOf(usePhone.getState(), 'none')).toBeNull();
  });

  it('gathers messages of the calls that were asked for, each once, and no others', () => {
    const message = (call: string | null, at = 1): SipMessageView => ({
      call,
      account: 'alice',
      direction: 'out',
      transport: 'udp',
      local: '127.0.0.1:5060',
      remote: '127.0.0.2:5060',
      at,
      repeated: false,
      text: 'OPTIONS sip:x SIP/2.0\r\n\r\n',
    });
    usePhone.setState({ messages: new Map([['1', []]]) });
    takeMessages([message('1'), message('2'), message(null), message('1', 1.5), message('1')]);
    expect(usePhone.getState().messages.get('1')).toHaveLength(2);
    expect(usePhone.getState().messages.size).toBe(1);
  });

  it('gathers steps by what they were asked with', () => {
    const step = { step: 'dns', verdict: 'ok', message: 'found', hint: null, tookMs: 3 } as const;
    takeStep({ id: 'a', step });
    takeStep({ id: 'b', step });
    takeStep({ id: 'a', step: { ...step, step: 'tls' } });
    expect(usePhone.getState().steps.get('a')).toHaveLength(2);
    expect(usePhone.getState().steps.get('b')).toHaveLength(1);
  });
});

it('counts missed calls that nobody has seen', () => {
  const end = { by: 'them', code: 487, reason: 'cancelled', missed: true } as const;
  const missed = line('m', { state: 'ended', end });
  const answered = line('a', { state: 'ended', end: { ...end, code: null, missed: false } });
  const past = [
    { line: missed, trace: null, seen: false },
    { line: missed, trace: null, seen: true },
    { line: answered, trace: null, seen: false },
  ];
  expect(missedUnseen(past)).toBe(1);
});
