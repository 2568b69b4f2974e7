import type { HeardFrame } from '../contract/party.ts';

/** Who has put a call on hold. While anybody has, the party on it neither hears nor speaks. */
export class Hold {
  #byUs = false;
  #byThem = false;
  /** What the party hears meanwhile: the track has no holes. */
  readonly #frame: { -readonly [K in keyof HeardFrame]: HeardFrame[K] } = {
    pcm: new Int16Array(0),
    position: 0,
    endsAt: 0,
    kind: 'absent',
  };

  get on(): boolean {
    return this.#byUs || this.#byThem;
  }

  get byUs(): boolean {
    return this.#byUs;
  }

  /** False: that is known already. */
  set(by: 'us' | 'them', on: boolean): boolean {
    if (on === (by === 'us' ? this.#byUs : this.#byThem)) return false;
    if (by === 'us') this.#byUs = on;
    else this.#byThem = on;
    return true;
  }

  /** Silence in the place of a frame. */
  silence({ pcm, position, endsAt }: HeardFrame): HeardFrame {
    const frame = this.#frame;
    if (frame.pcm.length !== pcm.length) frame.pcm = new Int16Array(pcm.length);
    frame.position = position;
    frame.endsAt = endsAt;
    return frame;
  }
}
