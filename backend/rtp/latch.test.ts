import { describe, expect, it } from 'vitest';
import { Latch, type Verdict } from './latch.ts';
import { RtpPacket } from './packet.ts';

const AGREED = { address: '192.168.1.5', port: 4000 };
const NAT = { address: '203.0.113.7', port: 61_000 };
const HOSTILE = { address: '198.51.100.66', port: 4000 };

function packet(sequence: number, ssrc = 1): RtpPacket {
  return Object.assign(new RtpPacket(), { sequence, ssrc });
}

const from = (latch: Latch, end: typeof NAT, sequences: readonly number[], ssrc = 1): Verdict[] =>
  sequences.map((sequence) => latch.judge(end, packet(sequence, ssrc), true));

describe('Latch', () => {
  it('takes what comes from the agreed address, and nothing from elsewhere afterwards', () => {
    const latch = new Latch(AGREED);
    expect(from(latch, AGREED, [1])).toEqual(['expected']);
    expect(from(latch, HOSTILE, [1, 2, 3, 4])).toEqual(Array(4).fill('stranger'));
    expect(from(latch, { ...AGREED, port: 4002 }, [1, 2, 3])).toEqual(Array(3).fill('stranger'));
    expect(latch.target).toEqual(AGREED);
    expect(latch.stranger).toEqual({ ...AGREED, port: 4002 });
  });

  it('follows the first stream from elsewhere, once, when nothing came as agreed', () => {
    const latch = new Latch(AGREED);
    expect(from(latch, NAT, [65_535, 0, 1])).toEqual(['stranger', 'latched', 'expected']);
    expect(latch.target).toEqual(NAT);
    expect(from(latch, HOSTILE, [5, 6, 7])).toEqual(Array(3).fill('stranger'));
    expect(latch.target).toEqual(NAT);
    expect(latch.stranger).toEqual(HOSTILE);
  });

  it.each([
    ['one packet', [5]],
    ['the same packet twice', [5, 5]],
    ['packets that do not follow', [5, 900, 20_000, 3]],
  ])('is not diverted by %s', (_, sequences) => {
    const latch = new Latch(AGREED);
    expect(from(latch, HOSTILE, sequences)).toEqual(sequences.map(() => 'stranger'));
    expect(latch.target).toEqual(AGREED);
  });

  it('is not diverted by packets of a kind nobody agreed on, nor by two sources that take turns', () => {
    const latch = new Latch(AGREED);
    for (const sequence of [1, 2, 3]) latch.judge(HOSTILE, packet(sequence), false);
    from(latch, HOSTILE, [1], 1);
    from(latch, HOSTILE, [2], 2);
    from(latch, NAT, [3], 2);
    expect(latch.target).toEqual(AGREED);
  });

  it('goes back to the agreed address when that speaks after all: somebody else had been quicker', () => {
    const latch = new Latch(AGREED);
    from(latch, HOSTILE, [1, 2]);
    expect(latch.target).toEqual(HOSTILE);
    expect(from(latch, AGREED, [1])).toEqual(['expected']);
    expect(latch.target).toEqual(AGREED);
    expect(from(latch, HOSTILE, [3, 4, 5])).toEqual(Array(3).fill('stranger'));
  });

  it('follows another stream after both ends have agreed anew, until the one known speaks', () => {
    const latch = new Latch(AGREED);
    from(latch, NAT, [1, 2]);
    latch.renegotiate(AGREED);
    expect(latch.target).toEqual(NAT);
    expect(from(latch, NAT, [3])).toEqual(['expected']);
    expect(from(latch, HOSTILE, [1, 2, 3])).toEqual(Array(3).fill('stranger'));

    latch.renegotiate(AGREED);
    const moved = { ...NAT, port: 61_002 };
    expect(from(latch, moved, [4, 5])).toEqual(['stranger', 'latched']);
    expect(latch.target).toEqual(moved);
  });

  it('goes to another far end at once', () => {
    const latch = new Latch(AGREED);
    from(latch, NAT, [1, 2]);
    const other = { address: '192.0.2.9', port: 5000 };
    latch.renegotiate(other);
    expect(latch.target).toEqual(other);
    expect(from(latch, other, [1])).toEqual(['expected']);
    expect(from(latch, NAT, [3, 4])).toEqual(['stranger', 'stranger']);
  });

  it('takes an authentic packet from anywhere at any time', () => {
    const latch = new Latch(AGREED);
    from(latch, AGREED, [1]);
    expect(latch.vouchedFor(NAT)).toBe('latched');
    expect(latch.vouchedFor(NAT)).toBe('expected');
    expect(latch.vouchedFor(AGREED)).toBe('latched');
    expect(latch.target).toEqual(AGREED);
  });

  it('knows an address however it is written', () => {
    const six = new Latch({ address: '2001:DB8:0:0::1', port: 4000 });
    expect(from(six, { address: '2001:db8::1', port: 4000 }, [1])).toEqual(['expected']);
    const four = new Latch(AGREED);
    expect(from(four, { address: '::ffff:192.168.1.5', port: 4000 }, [1])).toEqual(['expected']);
    expect(four.isFarEnd('::ffff:192.168.1.5')).toBe(true);
    expect(four.isFarEnd('192.168.1.6')).toBe(false);
  });
});
