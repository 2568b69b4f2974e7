import { describe, expect, it } from 'vitest';
import { parseTarget } from './target.ts';

describe('parseTarget', () => {
  it.each([
    ['rtp:10.0.0.5:10000', 'rtp:10.0.0.5:10000'],
    ['10.0.0.5:10000', 'rtp:10.0.0.5:10000'],
    ['  RTP:pbx.local:4000 ', 'rtp:pbx.local:4000'],
    ['rtp://127.0.0.1:10000', 'rtp:127.0.0.1:10000'],
    ['rtp:[::1]:10000', 'rtp:[::1]:10000'],
    ['[fe80::1]:6000', 'rtp:[fe80::1]:6000'],
    ['localhost:1', 'rtp:localhost:1'],
    ['sip:6000', 'rtp:sip:6000'],
  ])('takes %j', (typed, target) => expect(parseTarget(typed)).toEqual({ ok: true, target }));

  it.each([
    ['', 'empty'],
    ['   ', 'empty'],
    ['sip:100@pbx.local', 'scheme'],
    ['tel:+15551234', 'scheme'],
    ['http://127.0.0.1:80', 'scheme'],
    ['100@pbx.local', 'scheme'],
    ['rtp::10000', 'host'],
    ['rtp:two words:10000', 'host'],
    ['rtp:10.0.0.5', 'port'],
    ['10.0.0.5:', 'port'],
    ['10.0.0.5:0', 'port'],
    ['10.0.0.5:65536', 'port'],
    ['10.0.0.5:10000/x', 'port'],
  ])('refuses %j for its %s', (typed, problem) => expect(parseTarget(typed)).toEqual({ ok: false, problem }));
});
