import { describe, expect, test } from 'vitest';
import { parseHttpUrl, parseNetworks, parseNumber, parseWhole, typedOrNothing } from './typed.ts';

describe('networks', () => {
  test.each([
    ['', []],
    [' 10.0.0.0/8, 192.168.1.7  fd00::/8', ['10.0.0.0/8', '192.168.1.7', 'fd00::/8']],
    ['10.0.0.0/33', null],
    ['10.0.0/8', null],
    ['office', null],
  ])('%j', (text, networks) => {
    expect(parseNetworks(text)).toEqual(networks);
  });
});

describe('numbers', () => {
  test.each([
    ['20', 20],
    ['0,5', 0.5],
    [' 1.25 ', 1.25],
    ['0', null],
    ['1e3', null],
    ['-1', null],
    ['', null],
    ['many', null],
  ])('%j', (text, value) => {
    expect(parseNumber(text, 0.1, 100)).toBe(value);
  });
  test('whole', () => {
    expect(parseWhole('65535', 0, 65_535)).toBe(65_535);
    expect(parseWhole('65536', 0, 65_535)).toBeNull();
    expect(parseWhole('1.5', 0, 10)).toBeNull();
  });
});

describe('addresses', () => {
  test.each([
    [' http://localhost:4318 ', 'http://localhost:4318'],
    ['https://otlp.example/v1', 'https://otlp.example/v1'],
    ['localhost:4318', null],
    ['http:4318', null],
    ['grpc://localhost:4317', null],
    ['http://', null],
  ])('%j', (text, value) => {
    expect(parseHttpUrl(text)).toBe(value);
  });
  test('none is a value too', () => {
    expect(typedOrNothing('', parseHttpUrl(''))).toEqual({ value: null });
    expect(typedOrNothing('x', parseHttpUrl('x'))).toBeNull();
  });
});
