import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../base/clock.ts';
import { Transactions } from './transactions.ts';

/** Packets are their own text. Runs the clock and notes what goes out when. */
class Line {
  readonly clock = new ManualClock();
  readonly transactions = new Transactions<string>();
  readonly sent: [ms: number, packet: string][] = [];
  readonly unanswered: [ms: number, key: string][] = [];
  readonly ended: [ms: number, key: string][] = [];

  run(ms: number): void {
    const until = this.clock.now() + ms;
    for (;;) {
      const next = this.transactions.nextDue;
      if (next === null || next > until) break;
      this.clock.advance(Math.max(0, next - this.clock.now()));
      const now = this.clock.now();
      const { repeat, unanswered, ended } = this.transactions.due(now);
      this.sent.push(...repeat.map((packet): [number, string] => [now, packet]));
      this.unanswered.push(...unanswered.map((key): [number, string] => [now, key]));
      this.ended.push(...ended.map((key): [number, string] => [now, key]));
    }
    this.clock.advance(until - this.clock.now());
  }

  get times(): number[] {
    return this.sent.map(([ms]) => ms);
  }

  begin(key: string, invite: boolean, reliable = false): void {
    this.transactions.begin(key, { invite, reliable, packet: key }, this.clock.now());
  }

  response(key: string, status: number, tag: string | null = 'a'): unknown {
    return this.transactions.response(key, status, tag, this.clock.now());
  }

  request(key: string, invite: boolean, reliable = false): unknown {
    return this.transactions.request(key, { invite, reliable }, this.clock.now());
  }

  respond(key: string, status: number): void {
    this.transactions.responded(key, status, String(status), this.clock.now());
  }
}

describe('an INVITE of ours', () => {
  test('goes out at T1 doubled (timer A) until timer B says that nobody is there', () => {
    const line = new Line();
    line.begin('i', true);
    line.run(60_000);
    expect(line.times).toEqual([500, 1500, 3500, 7500, 15_500, 31_500]);
    expect(line.unanswered).toEqual([[32_000, 'i']]);
    expect(line.transactions.size).toBe(0);
  });

  test('is not repeated once somebody rings, however long that takes', () => {
    const line = new Line();
    line.begin('i', true);
    line.run(600);
    expect(line.response('i', 180)).toBe('pass');
    line.run(300_000);
    expect(line.times).toEqual([500]);
    expect(line.response('i', 200)).toBe('pass');
    expect(line.unanswered).toEqual([]);
  });

  test('is not repeated over TCP, and yet given up', () => {
    const line = new Line();
    line.begin('i', true, true);
    line.run(60_000);
    expect([line.sent, line.unanswered]).toEqual([[], [[32_000, 'i']]]);
  });

  test('refused: each repetition of the refusal is acknowledged again while timer D runs', () => {
    const line = new Line();
    line.begin('i', true);
    expect(line.response('i', 486)).toBe('pass');
    line.transactions.acknowledged('i', 'a', 'ack');
    line.run(31_000);
    expect(line.response('i', 486)).toEqual({ repeat: 'ack' });
    line.run(1000);
    expect(line.ended).toEqual([[32_000, 'i']]);
    expect(line.response('i', 486)).toBe('absorb');
    expect(line.sent).toEqual([]);
  });

  test('answered: the 2xx again gets its ACK again; that of another fork is passed up (RFC 6026)', () => {
    const line = new Line();
    line.begin('i', true);
    expect(line.response('i', 200, 'a')).toBe('pass');
    expect(line.response('i', 200, 'a')).toBe('absorb');
    line.transactions.acknowledged('i', 'a', 'ack a');
    expect(line.response('i', 200, 'a')).toEqual({ repeat: 'ack a' });
    expect(line.response('i', 200, 'b')).toBe('pass');
    line.transactions.acknowledged('i', 'b', 'ack b');
    expect(line.response('i', 200, 'b')).toEqual({ repeat: 'ack b' });
    expect(line.response('i', 180)).toBe('absorb');
    line.run(32_000);
    expect(line.ended).toEqual([[32_000, 'i']]);
  });
});

describe('another request of ours', () => {
  test('goes out at T1 doubled up to T2 (timer E) until timer F', () => {
    const line = new Line();
    line.begin('b', false);
    line.run(60_000);
    expect(line.times).toEqual([500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
    expect(line.unanswered).toEqual([[32_000, 'b']]);
  });

  test('goes out each T2 after a provisional response', () => {
    const line = new Line();
    line.begin('b', false);
    line.run(600);
    line.response('b', 100);
    line.run(10_000);
    expect(line.times).toEqual([500, 4600, 8600]);
  });

  test('absorbs the answer again for T4 (timer K)', () => {
    const line = new Line();
    line.begin('b', false);
    expect(line.response('b', 200)).toBe('pass');
    expect(line.response('b', 200)).toBe('absorb');
    line.run(60_000);
    expect([line.sent, line.ended]).toEqual([[], [[5000, 'b']]]);
  });

  test('is over at once over TCP', () => {
    const line = new Line();
    line.begin('b', false, true);
    line.response('b', 200);
    line.run(0);
    expect(line.ended).toEqual([[0, 'b']]);
  });
});

describe('an INVITE of theirs', () => {
  test('comes again: the last response goes out again', () => {
    const line = new Line();
    expect(line.request('i', true)).toBe('pass');
    expect(line.request('i', true)).toBe('absorb');
    line.respond('i', 100);
    expect(line.request('i', true)).toEqual({ repeat: '100' });
    line.respond('i', 180);
    expect(line.request('i', true)).toEqual({ repeat: '180' });
    line.respond('i', 200);
    expect(line.request('i', true)).toEqual({ repeat: '200' });
  });

  test('refused: the refusal goes out at T1 doubled up to T2 (timer G) until timer H', () => {
    const line = new Line();
    line.request('i', true);
    line.respond('i', 486);
    line.run(60_000);
    expect(line.times).toEqual([500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
    expect(line.ended).toEqual([[32_000, 'i']]);
  });

  test('refused and acknowledged: quiet, and ACKs are absorbed for T4 (timer I)', () => {
    const line = new Line();
    line.request('i', true);
    line.respond('i', 486);
    line.run(700);
    expect(line.transactions.ack('i', line.clock.now())).toBe('pass');
    expect(line.transactions.ack('i', line.clock.now())).toBe('absorb');
    expect(line.request('i', true)).toBe('absorb');
    line.run(60_000);
    expect([line.times, line.ended]).toEqual([[500], [[5700, 'i']]]);
  });

  test('refused over TCP: said once', () => {
    const line = new Line();
    line.request('i', true, true);
    line.respond('i', 486);
    line.run(60_000);
    expect([line.sent, line.ended]).toEqual([[], [[32_000, 'i']]]);
  });

  test('answered: the user agent repeats the 2xx itself; repetitions are absorbed for timer L', () => {
    const line = new Line();
    line.request('i', true);
    line.respond('i', 200);
    expect(line.transactions.ack('i', 0)).toBe('pass');
    line.run(31_999);
    expect([line.sent, line.ended]).toEqual([[], []]);
    expect(line.request('i', true)).toEqual({ repeat: '200' });
    line.run(1);
    expect(line.ended).toEqual([[32_000, 'i']]);
  });
});

test('another request of theirs is answered again for timer J', () => {
  const line = new Line();
  line.request('b', false);
  line.respond('b', 200);
  line.run(31_999);
  expect(line.request('b', false)).toEqual({ repeat: '200' });
  line.run(1);
  expect([line.sent, line.ended]).toEqual([[], [[32_000, 'b']]]);
  expect(line.request('b', false)).toBe('pass');
});

test('stray messages change nothing', () => {
  const line = new Line();
  expect(line.response('nobody', 200)).toBe('absorb');
  expect(line.transactions.ack('nobody', 0)).toBe('pass');
  line.respond('nobody', 200);
  line.run(60_000);
  expect(line.transactions.size).toBe(0);
});

test('of too many transactions the new ones are left alone', () => {
  const transactions = new Transactions<string>(3);
  const begun = ['a', 'b', 'c', 'd'].map((key) =>
    transactions.begin(key, { invite: true, reliable: false, packet: key }, 0),
  );
  expect(begun).toEqual([true, true, true, false]);
  expect(transactions.request('e', { invite: true, reliable: false }, 0)).toBe('absorb');
  expect(transactions.size).toBe(3);
});

test('what is given up is never told of again', () => {
  const line = new Line();
  line.begin('i', true);
  line.transactions.abandon('i');
  line.run(60_000);
  expect([line.sent, line.unanswered, line.ended]).toEqual([[], [], []]);
});
