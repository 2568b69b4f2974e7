import type { AppSettings } from '../../backend/contract/app-settings.ts';

export type DeviceSettings = AppSettings['devices'];
/** A microphone or speaker that a person chose; null: the system's. */
export type ChosenDevice = DeviceSettings['microphone'];
export type DeviceKind = 'audioinput' | 'audiooutput';
export type Device = Pick<MediaDeviceInfo, 'deviceId' | 'groupId' | 'kind' | 'label'>;

export interface Choice {
  /** null: there is none at all. */
  readonly device: Device | null;
  /** The one that was chosen is not there. */
  readonly fellBack: boolean;
}

/** What the browser lists beside the devices themselves: aliases of one of them. */
const ALIASES: readonly string[] = ['default', 'communications'];

/**
 * The device to use: the chosen one by its id or else by its name, since ids change when the app's data are removed;
 * the system's while it is not there.
 */
export function choose(chosen: ChosenDevice, kind: DeviceKind, devices: readonly Device[]): Choice {
  const there = devices.filter((device) => device.kind === kind);
  const system = there.find(({ deviceId }) => deviceId === 'default') ?? there[0] ?? null;
  if (chosen === null) return { device: system, fellBack: false };
  const found =
    there.find(({ deviceId }) => deviceId === chosen.id) ?? there.find(({ label }) => label === chosen.label);
  return { device: found ?? system, fellBack: found === undefined };
}

/** What there is to choose from, each device once. */
export function choices(kind: DeviceKind, devices: readonly Device[]): Device[] {
  return devices.filter(
    ({ kind: is, deviceId }) => is === kind && deviceId !== '' && !ALIASES.includes(deviceId),
  );
}

/** The id to play on: '' is the system's, also while the chosen one is not there. */
export function sinkOf(chosen: ChosenDevice, devices: readonly Device[]): string {
  const { device, fellBack } = choose(chosen, 'audiooutput', devices);
  return chosen && device && !fellBack ? device.deviceId : '';
}

/** How the microphone is to be opened. */
export function constraintsOf(device: Device | null, settings: DeviceSettings): MediaTrackConstraints {
  return {
    // Before the system has let us, the devices have no ids.
    ...(device && device.deviceId !== '' && { deviceId: { exact: device.deviceId } }),
    channelCount: { ideal: 1 },
    echoCancellation: settings.echo_cancellation,
    noiseSuppression: settings.noise_suppression,
    autoGainControl: settings.auto_gain,
  };
}

/** none: no device; busy: another program has it, or the system cannot open it; broken: anything else. */
export type LostReason = 'none' | 'busy' | 'broken';

/** Why getUserMedia failed (Media Capture and Streams, 10.3): 'refused' when a person or the system said no. */
export function reasonOf(error: unknown): LostReason | 'refused' {
  switch (error instanceof DOMException ? error.name : '') {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'refused';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'none';
    case 'NotReadableError':
    case 'AbortError':
      return 'busy';
    default:
      return 'broken';
  }
}
