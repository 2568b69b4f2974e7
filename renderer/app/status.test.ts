import { expect, it } from 'vitest';
import { showAddress } from '../../backend/base/address.ts';
import { accountsTone, loadTone, pacingTone } from './status.ts';

const pacing = (p99: number) => ({ p50: 0.1, p99, max: 20 });

it('judges pacing by its p99', () => {
  expect(pacingTone(null)).toBe('dim');
  expect(pacingTone(pacing(1))).toBe('ok');
  expect(pacingTone(pacing(1.1))).toBe('warning');
  expect(pacingTone(pacing(5))).toBe('warning');
  expect(pacingTone(pacing(5.1))).toBe('danger');
});

it('judges load by the busiest worker', () => {
  expect(loadTone([])).toBe('ok');
  expect(loadTone([0.1, 0.59])).toBe('ok');
  expect(loadTone([0.1, 0.7, 0.2])).toBe('warning');
  expect(loadTone([0.9, 0])).toBe('danger');
});

it('puts IPv6 addresses in brackets', () => {
  expect(showAddress({ host: '::1', port: 10_000 })).toBe('[::1]:10000');
  expect(showAddress({ host: '0.0.0.0', port: 10_000 })).toBe('0.0.0.0:10000');
});

it('shows of several accounts that one fails', () => {
  expect(accountsTone([])).toBe('dim');
  expect(accountsTone([{ state: 'registered' }, { state: 'off' }])).toBe('ok');
  expect(accountsTone([{ state: 'registered' }, { state: 'failed' }])).toBe('warning');
  expect(accountsTone([{ state: 'registering' }, { state: 'failed' }])).toBe('danger');
});
