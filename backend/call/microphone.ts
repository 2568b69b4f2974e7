import type { CallEventBody } from '../contract/events.ts';
import type { SpokenTag } from '../contract/party.ts';
import { MicrophoneBuffer } from './microphone-buffer.ts';

/** Without a frame for so long a microphone that is said to work gives nothing. */
const SILENT_AFTER_MS = 1000;
const NO_AUDIO = 'the microphone gives no audio';

interface Condition {
  readonly live: boolean;
  readonly message: string;
}

/** Belongs to no generation: nothing is synthesised, and what was heard is what left. */
const SPOKEN: SpokenTag = { generation: 0, from: 0, to: 0 };

/** The person's microphone on one call: their audio while it is open, and whether there is any. */
export class Microphone {
  readonly #emit: (event: CallEventBody) => void;
  #buffer: MicrophoneBuffer | null = null;
  /** As the window has it. */
  #told: Condition = { live: true, message: '' };
  /** As the log has it. */
  #known: Condition = this.#told;
  /** When the latest frame came, or one could have begun to. */
  #frameAt = 0;
  #held = false;

  constructor(emit: (event: CallEventBody) => void) {
    this.#emit = emit;
  }

  /** Whether the person speaks on this call. */
  get isOpen(): boolean {
    return this.#buffer !== null;
  }

  open(now: number): void {
    this.#buffer ??= new MicrophoneBuffer();
    this.#frameAt = now;
    this.#tell(this.#told);
  }

  close(): void {
    this.#buffer = null;
  }

  /** The call is put on hold: what is said meanwhile is not for it, nor said afterwards. */
  setHeld(on: boolean, now: number): void {
    this.#held = on;
    this.#frameAt = now;
    if (!on && this.#buffer) this.#buffer = new MicrophoneBuffer();
  }

  /** The window says whether the microphone works. */
  setLive(live: boolean, message: string, now: number): void {
    if (live && !this.#told.live) this.#frameAt = now;
    this.#told = { live, message };
    if (this.#buffer) this.#tell(this.#told);
  }

  /** A frame of any length up to 60 ms, 8 kHz, come at `now`. */
  write(pcm: Int16Array, now: number): void {
    if (!this.#buffer || !this.#told.live || this.#held) return;
    this.#frameAt = now;
    this.#buffer.write(pcm, now);
    this.#tell(this.#told);
  }

  /** As Party.speak. */
  speak(out: Int16Array, at: number): SpokenTag | null {
    return this.#buffer?.read(out, at) ? SPOKEN : null;
  }

  tick(now: number): void {
    if (!this.#buffer || !this.#told.live || this.#held || now - this.#frameAt < SILENT_AFTER_MS) return;
    if (this.#known.live) this.#tell({ live: false, message: NO_AUDIO });
  }

  #tell(condition: Condition): void {
    const { live, message } = condition;
    if (live === this.#known.live && message === this.#known.message) return;
    this.#known = condition;
    this.#emit({ type: 'person.microphone', live, message });
  }
}
