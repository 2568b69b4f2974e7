import { create } from 'zustand';
import type { Playhead } from '../lanes/data.ts';
import { isHeard, within, type Rate, type Side, type SideState } from './playback.ts';

/** What is shown of the player; `atMs` a few times a second while it plays, and whenever it is moved. */
interface Playback {
  readonly atMs: number;
  readonly playing: boolean;
  readonly rate: Rate;
  readonly sides: Readonly<Record<Side, SideState>>;
  /** The caller on the left, the bot on the right; false: both in the middle. */
  readonly stereo: boolean;
}

const AT_START: Playback = {
  atMs: 0,
  playing: false,
  rate: 1,
  sides: { caller: { muted: false, solo: false }, bot: { muted: false, solo: false } },
  stereo: true,
};

const TELL_EVERY_MS = 200;

/** Both sides of one recording, heard together or apart: an audio element through gains of their own. */
export class TracePlayer implements Playhead {
  readonly state = create<Playback>(() => AT_START);
  readonly #url: string;
  readonly #durationMs: number;
  readonly #speaker: string | null;
  readonly #onFailure: (error: unknown) => void;
  #audio: HTMLAudioElement | null = null;
  #sound: Sound | null = null;
  #atMs = 0;
  #stopAt: number | null = null;
  #toldAt = -Infinity;

  /** `speaker`: id of the device; null: the system's. `onFailure`: the recording cannot be played. */
  constructor(url: string, durationMs: number, speaker: string | null, onFailure: (error: unknown) => void) {
    this.#url = url;
    this.#durationMs = durationMs;
    this.#speaker = speaker;
    this.#onFailure = onFailure;
  }

  get atMs(): number {
    if (this.#audio && this.#playing) this.#atMs = this.#audio.currentTime * 1000;
    return this.#atMs;
  }

  get playing(): boolean {
    return this.#playing;
  }

  get durationMs(): number {
    return this.#durationMs;
  }

  /** Ready to play, until the returned function is called. Of the recording only what is played is read. */
  open(): () => void {
    const audio = new Audio();
    audio.preload = 'metadata';
    audio.src = this.#url;
    audio.currentTime = this.#atMs / 1000;
    audio.addEventListener('ended', () => this.pause());
    this.#audio = audio;
    return () => {
      this.pause();
      void this.#sound?.context.close();
      audio.removeAttribute('src');
      audio.load();
      this.#audio = null;
      this.#sound = null;
    };
  }

  readonly seek = (ms: number): void => {
    this.#stopAt = null;
    this.#moveTo(ms);
  };

  readonly toggle = (): void => {
    if (this.#playing) this.pause();
    else this.play();
  };

  play(): void {
    this.#start().catch((error: unknown) => {
      // Paused before it began: as asked.
      if (error instanceof DOMException && error.name === 'AbortError') return;
      this.pause();
      this.#onFailure(error);
    });
  }

  async #start(): Promise<void> {
    const audio = this.#audio;
    if (audio === null || this.#playing) return;
    if (this.#atMs >= this.#durationMs - 1) this.#moveTo(0);
    // Only now: a window that plays nothing keeps no sound device busy.
    this.#sound ??= new Sound(audio, this.#speaker);
    this.#balance();
    await this.#sound.context.resume();
    audio.playbackRate = this.state.getState().rate;
    await audio.play();
    this.#tell();
  }

  /** Plays [from, to) ms and stops. */
  playStretch(from: number, to: number): void {
    this.#moveTo(from);
    this.#stopAt = to;
    this.play();
  }

  pause(): void {
    this.#atMs = this.atMs;
    this.#audio?.pause();
    this.#stopAt = null;
    this.#tell();
  }

  jump(byMs: number): void {
    this.seek(this.atMs + byMs);
  }

  setRate(rate: Rate): void {
    if (this.#audio) this.#audio.playbackRate = rate;
    this.state.setState({ rate });
  }

  setSide(side: Side, change: Partial<SideState>): void {
    this.state.setState(({ sides }) => ({ sides: { ...sides, [side]: { ...sides[side], ...change } } }));
    this.#balance();
  }

  setStereo(stereo: boolean): void {
    this.state.setState({ stereo });
    this.#balance();
  }

  /** Before each frame: ends a stretch, and tells what has changed. */
  tick(nowMs: number): void {
    if (!this.#playing) return;
    if (this.#stopAt !== null && this.atMs >= this.#stopAt) {
      const end = this.#stopAt;
      this.pause();
      this.#moveTo(end);
    } else if (nowMs - this.#toldAt >= TELL_EVERY_MS) {
      this.#toldAt = nowMs;
      this.#tell();
    }
  }

  get #playing(): boolean {
    return this.#audio !== null && !this.#audio.paused;
  }

  #moveTo(ms: number): void {
    this.#atMs = within(ms, this.#durationMs);
    if (this.#audio) this.#audio.currentTime = this.#atMs / 1000;
    this.#tell();
  }

  #tell(): void {
    this.state.setState({ atMs: this.atMs, playing: this.#playing });
  }

  #balance(): void {
    const { sides, stereo } = this.state.getState();
    this.#sound?.set('caller', isHeard(sides, 'caller'), stereo ? -1 : 0);
    this.#sound?.set('bot', isHeard(sides, 'bot'), stereo ? 1 : 0);
  }
}

/** So short that it is heard as at once, long enough not to click. */
const FADE_S = 0.01;

/** From the recording's two channels to the speaker. */
class Sound {
  readonly context = new AudioContext();
  readonly #ways: Readonly<Record<Side, { readonly gain: GainNode; readonly pan: StereoPannerNode }>>;

  constructor(audio: HTMLAudioElement, speaker: string | null) {
    const { context } = this;
    // A device that is gone leaves the system's.
    if (speaker !== null) void context.setSinkId(speaker).catch(() => undefined);
    const split = context.createChannelSplitter(2);
    context.createMediaElementSource(audio).connect(split);
    const way = (channel: number): { gain: GainNode; pan: StereoPannerNode } => {
      const [gain, pan] = [context.createGain(), context.createStereoPanner()];
      split.connect(gain, channel).connect(pan).connect(context.destination);
      return { gain, pan };
    };
    this.#ways = { caller: way(0), bot: way(1) };
  }

  /** `pan`: -1 left, 1 right. */
  set(side: Side, heard: boolean, pan: -1 | 0 | 1): void {
    const { gain, pan: panner } = this.#ways[side];
    gain.gain.setTargetAtTime(heard ? 1 : 0, this.context.currentTime, FADE_S);
    panner.pan.setTargetAtTime(pan, this.context.currentTime, FADE_S);
  }
}
