import type { Clock } from '../../base/clock.ts';

const QUIET_MS = 1000;

/** Notices at most once a second of a kind; the next one says how many were left out. */
export class Notices {
  readonly #clock: Clock;
  readonly #tell: (code: string, message: string) => void;
  readonly #kinds = new Map<string, { quietUntil: number; left: number }>();

  constructor(clock: Clock, tell: (code: string, message: string) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  /** `code` is of a closed set: each is remembered. */
  tell(code: string, message: string): void {
    const now = this.#clock.now();
    const kind = this.#kinds.get(code);
    if (kind && now < kind.quietUntil) {
      kind.left += 1;
      return;
    }
    const more = kind && kind.left > 0 ? ` (and ${kind.left} more like it)` : '';
    this.#kinds.set(code, { quietUntil: now + QUIET_MS, left: 0 });
    this.#tell(code, message + more);
  }
}
