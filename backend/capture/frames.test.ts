import { describe, expect, it } from 'vitest';
import { addressText } from './frames.ts';

describe('addressText', () => {
  it('writes IPv6 as the URL standard does, which follows RFC 5952', () => {
    for (const hex of [
      '00000000000000000000000000000000',
      '00000000000000000000000000000001',
      '20010db8000000000001000000000001',
      '20010db8000000010001000100010001',
      '20010db8000100000000000100010000',
      'fe800000000000000000000000000000',
      '00010002000300040005000600070000',
      '0000ffff0001000200030004000500ff',
    ]) {
      const bytes = Buffer.from(hex, 'hex');
      const long = hex.match(/..../g)?.join(':') ?? '';
      expect(`[${addressText(bytes, 0, 16)}]`).toBe(new URL(`http://[${long}]`).hostname);
    }
    expect(addressText(Buffer.from([192, 0, 2, 255]), 0, 4)).toBe('192.0.2.255');
  });
});
