import { describe, expect, it } from 'vitest';
import { figure, signed } from './figure.ts';

describe('figures of a comparison', () => {
  it.each([
    [12.4, '12', '+12'],
    [-3.6, '−4', '−4'],
    [0.2, '0', '0'],
  ])('%d', (ms, plain, withSign) => {
    expect(figure(ms)).toBe(plain);
    expect(signed(ms)).toBe(withSign);
  });
});
