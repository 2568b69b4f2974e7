import { useEffect } from 'react';
import { useApp } from '../state/app.ts';
import { useCalls } from '../state/calls.ts';
import { soundOf, type PhoneSound } from '../state/lines.ts';
import { usePhone } from '../state/phone.ts';
import { sinkOf } from './devices.ts';
import { RING, RINGBACK, WAITING, keyTone, playTone, repeatTone, type Tone } from './tones.ts';
import { useDevices } from './use-devices.ts';

const TONES: Readonly<Record<PhoneSound, Tone>> = { ring: RING, waiting: WAITING, ringback: RINGBACK };

/** Rings, beeps and signals what a telephone does, for as long as there is cause to. Mounted once. */
export function usePhoneSounds(): void {
  const sound = usePhoneSound();
  const settings = useApp((app) => app.settings);
  const devices = useDevices();
  const chosen = sound === 'ring' ? settings?.devices.ringer : settings?.devices.speaker;
  const sink = sinkOf(chosen ?? null, devices);
  useEffect(() => (sound === null ? undefined : repeatTone(TONES[sound], sink)), [sound, sink]);
}

function usePhoneSound(): PhoneSound | null {
  const { lines, placed, entries } = usePhone();
  const rings = useApp(({ settings }) => settings?.phone.ringtone === true && !settings.phone.do_not_disturb);
  const sound = useCalls(({ calls }) => soundOf(lines, calls, placed, entries));
  return sound === 'ring' || sound === 'waiting' ? (rings ? sound : null) : sound;
}

/** What it sounds like to press a key: to the person only, the far end is told by other means. */
export function soundKey(key: string): void {
  const tone = keyTone(key);
  const { settings } = useApp.getState();
  if (!tone) return;
  // A key that cannot be heard is pressed all the same.
  playTone(tone, settings?.devices.speaker?.id ?? '')
    .catch(() => playTone(tone, ''))
    .catch(() => undefined);
}
