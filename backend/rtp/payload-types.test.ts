import { describe, expect, it } from 'vitest';
import { codecOf, describePayloadType, payloadTypeOf } from './payload-types.ts';

describe('payload types', () => {
  it('are named, so that a person can act', () => {
    expect(describePayloadType(9)).toBe('payload type 9 (G722)');
    expect(describePayloadType(18)).toBe('payload type 18 (G729)');
    expect(describePayloadType(111)).toContain('dynamic');
    expect(describePayloadType(77)).toContain('unassigned');
  });

  it('stand for the two codecs of G.711 and for no other', () => {
    const codecs = Array.from({ length: 128 }, (_, type) => codecOf(type));
    expect(codecs.filter((codec) => codec !== null)).toEqual(['PCMU', 'PCMA']);
    expect(codecOf(payloadTypeOf('PCMU'))).toBe('PCMU');
    expect(codecOf(payloadTypeOf('PCMA'))).toBe('PCMA');
  });
});
