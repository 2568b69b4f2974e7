/** First in, first out, in slots that are made once and used again. */
export class Held<Slot> {
  readonly #slots: readonly Slot[];
  #first = 0;
  #size = 0;

  constructor(capacity: number, make: () => Slot) {
    this.#slots = Array.from({ length: capacity }, make);
  }

  get full(): boolean {
    return this.#size === this.#slots.length;
  }

  /** The oldest; undefined when nothing is held. */
  get first(): Slot | undefined {
    return this.#size === 0 ? undefined : this.#slots[this.#first];
  }

  /** The slot of what comes next, as it was left. Undefined when full. */
  add(): Slot | undefined {
    if (this.full) return undefined;
    this.#size += 1;
    return this.#slots[(this.#first + this.#size - 1) % this.#slots.length];
  }

  /** The oldest is no longer needed. */
  drop(): void {
    if (this.#size === 0) return;
    this.#first = (this.#first + 1) % this.#slots.length;
    this.#size -= 1;
  }
}
