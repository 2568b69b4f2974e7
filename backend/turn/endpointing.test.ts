import { describe, expect, it } from 'vitest';
import { turnSettings } from '../contract/settings.ts';
import { newSegment, silenceNeeded } from './endpointing.ts';
import { turnRules } from './machine.ts';

const rules = turnRules(turnSettings.parse({ min_silence_ms: 300, max_silence_ms: 1200 }), 'en');

describe('silence that ends a turn', () => {
  it.each([
    [null, 300],
    [1, 300],
    [0.5, 300],
    [0.25, 750],
    [0, 1200],
  ])('completeness %s -> %s ms', (probability, expected) => {
    expect(silenceNeeded(rules, probability)).toBe(expected);
  });

  it('is never less than the least, even when the settings contradict each other', () => {
    const odd = turnRules(turnSettings.parse({ min_silence_ms: 900, max_silence_ms: 400 }), 'en');
    expect(silenceNeeded(odd, 0)).toBe(900);
  });
});

describe('audio of a segment', () => {
  it('begins 200 ms before the first voiced sample', () => {
    expect(newSegment(5000, 1000).audioFrom).toBe(4800);
  });

  it('does not reach back into the words before it', () => {
    expect(newSegment(5000, 4900).audioFrom).toBe(4900);
    expect(newSegment(5000, 5100).audioFrom).toBe(5000);
  });
});
