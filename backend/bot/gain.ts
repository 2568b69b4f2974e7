/** -12 dB: still there, no longer in the way. */
const DUCKED = 0.25;

/** How loud the bot speaks. A change is ramped over a frame, so that it makes no click. */
export class Gain {
  #now = 1;
  #target = 1;

  /** Full level at once: what follows is something new. */
  reset(): void {
    this.#now = 1;
    this.#target = 1;
  }

  duck(): void {
    this.#target = DUCKED;
  }

  restore(): void {
    this.#target = 1;
  }

  /** Changes one frame, in place. */
  apply(frame: Int16Array): void {
    if (this.#now === 1 && this.#target === 1) return;
    const slope = (this.#target - this.#now) / frame.length;
    for (let i = 0; i < frame.length; i += 1)
      frame[i] = Math.round((frame[i] ?? 0) * (this.#now + slope * i));
    this.#now = this.#target;
  }
}
