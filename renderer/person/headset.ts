import type { FromWorklet } from '../worklets/messages.ts';
import {
  choose,
  constraintsOf,
  reasonOf,
  type Device,
  type DeviceSettings,
  type LostReason,
} from './devices.ts';
import { meterLevel } from './levels.ts';
import { SoundGraph } from './sound-graph.ts';

export type SpeakerState =
  | { readonly kind: 'off' }
  /** `fellBack`: the chosen one is not there, this is the system's. */
  | { readonly kind: 'live'; readonly label: string; readonly fellBack: boolean }
  | { readonly kind: 'lost'; readonly reason: LostReason };
export type MicrophoneState = SpeakerState | { readonly kind: 'asking' | 'refused' };

export interface HeadsetState {
  readonly microphone: MicrophoneState;
  readonly speaker: SpeakerState;
}

/** What the headset should do; null: nothing. */
export interface Wish {
  readonly devices: DeviceSettings;
  /** Without, it only plays. */
  readonly microphone: boolean;
}

interface HeadsetOptions {
  readonly openLine: () => Promise<MessagePort>;
  readonly onState: (state: HeadsetState) => void;
}

interface Input {
  readonly stream: MediaStream;
  readonly track: MediaStreamTrack;
  /** What it was opened for: another wish opens another. */
  readonly switches: string;
  readonly openedAt: number;
}

export const OFF: HeadsetState = { microphone: { kind: 'off' }, speaker: { kind: 'off' } };
/** A device that ends sooner is not tried again by itself: it would go on and on. */
const STABLE_AFTER_MS = 1000;

/**
 * The person's microphone and speaker. It is told what is wanted and brings the devices there, now and whenever one
 * comes, goes or is refused; what it cannot have, it goes without and says so.
 */
export class Headset {
  /** As meters show them, 0..1: read at any time, renewed 20 times a second. */
  readonly levels = { microphone: { current: 0 }, speaker: { current: 0 } };
  readonly #options: HeadsetOptions;
  #wish: Wish | null = null;
  #state = OFF;
  #graph: SoundGraph | null = null;
  #input: Input | null = null;
  /** At work; whatever happens meanwhile makes it look again. */
  #settling = false;
  #again = false;

  constructor(options: HeadsetOptions) {
    this.#options = options;
  }

  /** Whatever is wanted from now on. Calls are not touched by what becomes of it. */
  want(wish: Wish | null): void {
    if (!this.#wish && wish) navigator.mediaDevices.addEventListener('devicechange', this.retry);
    if (this.#wish && !wish) navigator.mediaDevices.removeEventListener('devicechange', this.retry);
    this.#wish = wish;
    this.retry();
  }

  /** Looks again for what it could not have. */
  readonly retry = (): void => {
    this.#again = true;
    if (!this.#settling) void this.#settle();
  };

  async #settle(): Promise<void> {
    this.#settling = true;
    while (this.#again) {
      this.#again = false;
      try {
        await (this.#wish ? this.#run(this.#wish) : this.#stop());
      } catch {
        await this.#stop();
        this.#show({
          microphone: { kind: 'lost', reason: 'broken' },
          speaker: { kind: 'lost', reason: 'broken' },
        });
      }
    }
    this.#settling = false;
  }

  async #run({ devices, microphone }: Wish): Promise<void> {
    this.#graph ??= await SoundGraph.open(this.#options.openLine, {
      onMessage: (message) => this.#take(message),
      onBroken: () => this.#broke(),
    });
    await this.#settleSpeaker(this.#graph, devices);
    if (microphone) await this.#settleMicrophone(this.#graph, devices);
    else this.#closeMicrophone({ kind: 'off' });
  }

  async #stop(): Promise<void> {
    this.#closeMicrophone({ kind: 'off' });
    const graph = this.#graph;
    this.#graph = null;
    await graph?.close();
    this.levels.microphone.current = 0;
    this.levels.speaker.current = 0;
    this.#show(OFF);
  }

  async #settleSpeaker(graph: SoundGraph, devices: DeviceSettings): Promise<void> {
    const { device, fellBack } = choose(devices.speaker, 'audiooutput', await listDevices());
    try {
      await graph.playOn(device && devices.speaker && !fellBack ? device.deviceId : '');
      const speaker: SpeakerState = device
        ? { kind: 'live', label: device.label, fellBack }
        : { kind: 'lost', reason: 'none' };
      this.#show({ ...this.#state, speaker });
    } catch (error) {
      const reason = reasonOf(error);
      this.#show({
        ...this.#state,
        speaker: { kind: 'lost', reason: reason === 'refused' ? 'busy' : reason },
      });
    }
  }

  async #settleMicrophone(graph: SoundGraph, settings: DeviceSettings): Promise<void> {
    const choice = choose(settings.microphone, 'audioinput', await listDevices());
    if (!this.#input || !isFor(this.#input, choice.device, settings)) {
      this.#closeMicrophone({ kind: 'asking' });
      try {
        this.#input = await this.#openMicrophone(choice.device, settings);
      } catch (error) {
        const reason = reasonOf(error);
        this.#showMicrophone(reason === 'refused' ? { kind: 'refused' } : { kind: 'lost', reason });
        return;
      }
      graph.hear(this.#input.stream);
      // Only now do the devices have names and ids, if this was the first time.
      if (choice.device?.deviceId === '') this.#again = true;
    }
    this.#showMicrophone({ kind: 'live', label: this.#input.track.label, fellBack: choice.fellBack });
  }

  async #openMicrophone(device: Device | null, settings: DeviceSettings): Promise<Input> {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: constraintsOf(device, settings) });
    const [track] = stream.getAudioTracks();
    if (!track) throw new DOMException('no audio', 'NotFoundError');
    const input: Input = { stream, track, switches: switchesOf(settings), openedAt: performance.now() };
    track.addEventListener('ended', () => this.#ended(input));
    return input;
  }

  #closeMicrophone(state: MicrophoneState): void {
    this.#input?.track.stop();
    if (this.#input) this.#graph?.hear(null);
    this.#input = null;
    this.#showMicrophone(state);
  }

  /** The device is gone, or the system took it away. */
  #ended(input: Input): void {
    if (input !== this.#input) return;
    this.#closeMicrophone({ kind: 'lost', reason: 'none' });
    if (performance.now() - input.openedAt >= STABLE_AFTER_MS) this.retry();
  }

  #broke(): void {
    const graph = this.#graph;
    this.#closeMicrophone({ kind: 'lost', reason: 'broken' });
    this.#graph = null;
    this.#show({ ...this.#state, speaker: { kind: 'lost', reason: 'broken' } });
    void graph?.close();
  }

  #take(message: FromWorklet): void {
    for (const of of ['microphone', 'speaker'] as const)
      this.levels[of].current = meterLevel(message[of], this.levels[of].current);
  }

  #showMicrophone(microphone: MicrophoneState): void {
    this.#show({ ...this.#state, microphone });
  }

  #show(state: HeadsetState): void {
    const before = this.#state;
    // What is as it was stays the very same, so that nobody is told of it again.
    const after: HeadsetState = {
      microphone: same(before.microphone, state.microphone) ? before.microphone : state.microphone,
      speaker: same(before.speaker, state.speaker) ? before.speaker : state.speaker,
    };
    if (same(before, after)) return;
    this.#state = after;
    this.#options.onState(after);
  }
}

function switchesOf({ echo_cancellation, noise_suppression, auto_gain }: DeviceSettings): string {
  return [echo_cancellation, noise_suppression, auto_gain].join();
}

function isFor({ track, switches }: Input, device: Device | null, settings: DeviceSettings): boolean {
  if (track.readyState !== 'live' || switches !== switchesOf(settings) || !device) return false;
  // The system's microphone keeps its id when another one becomes it; the group tells them apart.
  const { deviceId, groupId } = track.getSettings();
  return device.deviceId === '' || (device.deviceId === deviceId && device.groupId === groupId);
}

function same(a: object, b: object): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function listDevices(): Promise<MediaDeviceInfo[]> {
  return navigator.mediaDevices.enumerateDevices();
}
