import { describe, expect, it } from 'vitest';
import { SidetoneError } from '../base/errors.ts';
import { Admission } from './admission.ts';

const OPEN = { maxCalls: 1000, maxNewPerSecond: 1000, allow: null };

describe('Admission', () => {
  it('bounds the calls there are', () => {
    const admission = new Admission({ ...OPEN, maxCalls: 2 });
    expect([1, 2, 3].map((now) => admission.admit('192.0.2.1', now))).toEqual([null, null, 'calls']);
    admission.release();
    expect(admission.admit('192.0.2.1', 4)).toBeNull();
    expect(admission.calls).toBe(2);
    expect(admission.refused).toEqual({ network: 0, calls: 1, rate: 0 });
  });

  it('bounds new calls per second, evenly over time', () => {
    const admission = new Admission({ ...OPEN, maxNewPerSecond: 10 });
    let admitted = 0;
    for (let now = 0; now < 3000; now++) if (admission.admit('192.0.2.1', now) === null) admitted++;
    // 10 at once, then 10 a second.
    expect(admitted).toBeGreaterThanOrEqual(39);
    expect(admitted).toBeLessThanOrEqual(40);
    expect(admission.refused.rate).toBe(3000 - admitted);
  });

  it('admits only the networks that are allowed, and strangers cost the others nothing', () => {
    const allow = ['10.1.0.0/16', '192.0.2.7', 'fd00::/8'];
    const admission = new Admission({ ...OPEN, maxNewPerSecond: 5, allow });
    for (let i = 0; i < 100; i++) expect(admission.admit('10.2.0.1', 0)).toBe('network');
    expect(admission.admit('10.1.255.255', 0)).toBeNull();
    expect(admission.admit('::ffff:10.1.0.9', 0)).toBeNull();
    expect(admission.admit('192.0.2.7', 0)).toBeNull();
    expect(admission.admit('192.0.2.8', 0)).toBe('network');
    expect(admission.admit('fd12::1', 0)).toBeNull();
    expect(admission.admit('2001:db8::1', 0)).toBe('network');
    expect(admission.refused).toEqual({ network: 102, calls: 0, rate: 0 });
  });

  it.each(['10.0.0.0/33', '10.0.0.0/', '10.0.0/8', 'fd00::/129', 'localhost', '', '1.2.3.4/8/8'])(
    'refuses the network %j, with what to write',
    (network) => {
      expect(() => new Admission({ ...OPEN, allow: [network] })).toThrow(SidetoneError);
    },
  );
});
