import { describe, expect, it } from 'vitest';
import { parseSipTarget, parseTarget } from './target.ts';

describe('parseTarget', () => {
  it.each([
    ['rtp:10.0.0.5:10000', 'rtp:10.0.0.5:10000'],
    ['10.0.0.5:10000', 'rtp:10.0.0.5:10000'],
    ['  RTP:pbx.local:4000 ', 'rtp:pbx.local:4000'],
    ['rtp://127.0.0.1:10000', 'rtp:127.0.0.1:10000'],
    ['rtp:[::1]:10000', 'rtp:[::1]:10000'],
    ['[fe80::1]:6000', 'rtp:[fe80::1]:6000'],
    ['localhost:1', 'rtp:localhost:1'],
  ])('takes %j as raw RTP, with accounts or without', (typed, target) => {
    expect(parseTarget(typed, false)).toEqual({ ok: true, kind: 'rtp', target });
    expect(parseTarget(typed, true)).toEqual({ ok: true, kind: 'rtp', target });
  });

  it.each([
    ['sip:100@pbx.local', 'sip:100@pbx.local'],
    ['SIPS:bob@example.com:5061;transport=tls', 'sips:bob@example.com:5061;transport=tls'],
    [' sip://bob@10.0.0.1 ', 'sip:bob@10.0.0.1'],
    ['bob@example.com', 'sip:bob@example.com'],
    ['100@[2001:db8::1]:5060', 'sip:100@[2001:db8::1]:5060'],
    ['sip:pbx.local', 'sip:pbx.local'],
    ['sip:10.0.0.1:5060', 'sip:10.0.0.1:5060'],
  ])('takes %j as SIP without any account', (typed, target) =>
    expect(parseTarget(typed, false)).toEqual({ ok: true, kind: 'sip', target }),
  );

  it.each([
    ['1001', '1001'],
    ['+49 (30) 123-45.67', '+49301234567'],
    ['*97', '*97'],
    ['#31#100', '#31#100'],
    ['bob', 'bob'],
    ['john.smith', 'john.smith'],
    ['sip:6000', '6000'],
    ['sip:bob', 'bob'],
    ['tel:+1-555-1234', 'tel:+15551234'],
    ['tel:100;phone-context=example.com', 'tel:100'],
  ])('takes %j with an account only', (typed, target) => {
    expect(parseTarget(typed, true)).toEqual({ ok: true, kind: 'sip', target });
    expect(parseTarget(typed, false)).toMatchObject({ ok: false });
  });

  it.each([
    ['', 'empty'],
    ['   ', 'empty'],
    ['http://127.0.0.1:80', 'scheme'],
    ['1001', 'account'],
    ['bob', 'account'],
    ['sip:1001', 'account'],
    ['tel:+15551234', 'account'],
    ['tel:bob', 'number'],
    ['tel:', 'number'],
    ['sip:', 'user'],
    ['sip:@pbx.local', 'user'],
    ['two words@pbx.local', 'user'],
    ['bob@', 'host'],
    ['bob@pbx local', 'host'],
    ['rtp::10000', 'host'],
    ['rtp:two words:10000', 'host'],
    ['rtp:10.0.0.5', 'port'],
    ['10.0.0.5', 'port'],
    ['pbx.local', 'port'],
    ['10.0.0.5:', 'port'],
    ['10.0.0.5:0', 'port'],
    ['10.0.0.5:65536', 'port'],
    ['10.0.0.5:10000/x', 'port'],
  ])('refuses %j for its %s', (typed, problem) =>
    expect(parseTarget(typed, false)).toEqual({ ok: false, problem }),
  );
});

describe('parseSipTarget', () => {
  it('has no use for raw RTP', () => {
    expect(parseSipTarget('10.0.0.5:10000')).toEqual({ ok: false, problem: 'scheme' });
    expect(parseSipTarget('1001')).toEqual({ ok: true, kind: 'sip', target: '1001' });
  });
});
