import { describe, expect, test } from 'vitest';
import { botSettings, turnSettings } from '../../backend/contract/settings.ts';
import { changesFor, recordingSwitches, tunings, turnSwitches } from './tuning.ts';

function tuning(name: string) {
  const found = tunings.find((one) => one.name === name);
  if (!found) throw new Error(name);
  return found;
}

describe('a slider', () => {
  test.each(tunings.map((one) => [one.name, one] as const))('of %s stays within the schema', (_name, one) => {
    const [section, key] = one.path;
    for (const value of [one.min, one.max, one.usual]) {
      const read = botSettings.safeParse({ [String(section)]: { [String(key)]: value } });
      expect(read.success && one.read(read.data)).toBe(value);
    }
    expect(one.usual).toBeGreaterThanOrEqual(one.min);
    expect(one.usual).toBeLessThanOrEqual(one.max);
  });
});

describe('a switch', () => {
  const switches = [...turnSwitches, ...recordingSwitches];
  test.each(switches.map((one) => [one.name, one] as const))(
    'of %s has two values of the schema',
    (_name, one) => {
      const [section, key] = one.path;
      for (const value of [one.on, one.off]) {
        const read = botSettings.safeParse({ [String(section)]: { [String(key)]: value } });
        expect(read.success && one.read(read.data)).toBe(value);
      }
    },
  );
});

describe('changes', () => {
  const now = turnSettings.parse({ min_silence_ms: 300, max_silence_ms: 1200 });

  test('one key, where nothing else is touched', () => {
    expect(changesFor(tuning('min_silence_ms'), 400, now)).toEqual([
      { path: ['turn', 'min_silence_ms'], value: 400 },
    ]);
    expect(changesFor(tuning('speed'), 1.1, now)).toEqual([{ path: ['voice', 'speed'], value: 1.1 }]);
  });

  test('a shorter silence above the longer one lifts that first', () => {
    expect(changesFor(tuning('min_silence_ms'), 1500, now)).toEqual([
      { path: ['turn', 'max_silence_ms'], value: 1500 },
      { path: ['turn', 'min_silence_ms'], value: 1500 },
    ]);
  });

  test('a longer silence below the shorter one lowers that first', () => {
    expect(changesFor(tuning('max_silence_ms'), 200, now)).toEqual([
      { path: ['turn', 'min_silence_ms'], value: 200 },
      { path: ['turn', 'max_silence_ms'], value: 200 },
    ]);
  });

  test('back to the usual value removes the key, and counts as that value', () => {
    expect(changesFor(tuning('idle_ms'), null, now)).toEqual([{ path: ['turn', 'idle_ms'], value: null }]);
    const short = turnSettings.parse({ min_silence_ms: 100, max_silence_ms: 200 });
    expect(changesFor(tuning('min_silence_ms'), null, short)).toEqual([
      { path: ['turn', 'max_silence_ms'], value: 300 },
      { path: ['turn', 'min_silence_ms'], value: null },
    ]);
  });
});
