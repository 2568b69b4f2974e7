import { describe, expect, it } from 'vitest';
import { appSettings } from '../../backend/contract/app-settings.ts';
import { choices, choose, constraintsOf, reasonOf, type Device } from './devices.ts';

function device(kind: Device['kind'], deviceId: string, label: string): Device {
  return { kind, deviceId, label, groupId: `group of ${label}` };
}

const BUILT_IN = device('audioinput', 'a', 'Built-in');
const HEADSET = device('audioinput', 'b', 'Headset');
const SYSTEM = device('audioinput', 'default', 'Default - Built-in');
const SPEAKER = device('audiooutput', 'c', 'Speaker');
const ALL = [SYSTEM, device('audioinput', 'communications', 'Comms - Headset'), BUILT_IN, HEADSET, SPEAKER];

describe('choose', () => {
  it('takes the chosen device, and the system’s while none is chosen', () => {
    expect(choose({ id: 'b', label: 'Headset' }, 'audioinput', ALL)).toEqual({
      device: HEADSET,
      fellBack: false,
    });
    expect(choose(null, 'audioinput', ALL)).toEqual({ device: SYSTEM, fellBack: false });
  });

  it('finds a device whose id changed by its name', () => {
    expect(choose({ id: 'old', label: 'Headset' }, 'audioinput', ALL)).toEqual({
      device: HEADSET,
      fellBack: false,
    });
  });

  it('falls back to the system’s, or to the first there is', () => {
    const gone = { id: 'x', label: 'Gone' };
    expect(choose(gone, 'audioinput', ALL)).toEqual({ device: SYSTEM, fellBack: true });
    expect(choose(gone, 'audiooutput', ALL)).toEqual({ device: SPEAKER, fellBack: true });
    expect(choose(gone, 'audiooutput', [HEADSET])).toEqual({ device: null, fellBack: true });
  });
});

describe('choices', () => {
  it('offers each device once, and none before the system has told their ids', () => {
    expect(choices('audioinput', ALL)).toEqual([BUILT_IN, HEADSET]);
    expect(choices('audioinput', [device('audioinput', '', '')])).toEqual([]);
  });
});

describe('constraintsOf', () => {
  const settings = { ...appSettings.parse({}).devices, noise_suppression: false };

  it('asks for the device and has the switches as they are', () => {
    expect(constraintsOf(HEADSET, settings)).toEqual({
      deviceId: { exact: 'b' },
      channelCount: { ideal: 1 },
      echoCancellation: true,
      noiseSuppression: false,
      autoGainControl: true,
    });
  });

  it('asks for any device before their ids are known', () => {
    expect(constraintsOf(device('audioinput', '', ''), settings)).not.toHaveProperty('deviceId');
    expect(constraintsOf(null, settings)).not.toHaveProperty('deviceId');
  });
});

describe('reasonOf', () => {
  it.each([
    ['NotAllowedError', 'refused'],
    ['NotFoundError', 'none'],
    ['OverconstrainedError', 'none'],
    ['NotReadableError', 'busy'],
    ['InvalidStateError', 'broken'],
  ])('%s: %s', (name, reason) => {
    expect(reasonOf(new DOMException('', name))).toBe(reason);
  });
});
