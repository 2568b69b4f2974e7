import type { CallEvent } from '../contract/events.ts';
import type { MappingPoint } from '../contract/trace.ts';

type Mapped = Extract<CallEvent, { type: 'rtp.mapped' }>;

/** Which RTP timestamp stands at which sample of the recorded sides: a fold over a call's events. */
export class Mapping {
  readonly #points: MappingPoint[] = [];
  /** Of the caller's stream, as told last. */
  #caller: Mapped | null = null;
  /** Where the caller's track stands in the call; null: not known yet. */
  #offset: number | null = null;

  /** In the order in which they came to hold, each up to the next of its stream. */
  get points(): readonly MappingPoint[] {
    return this.#points;
  }

  /** Events in their order. */
  apply(event: CallEvent): void {
    if (event.type === 'caller.aligned') {
      this.#offset = event.offset;
      this.#addCaller(event.from);
    } else if (event.type === 'rtp.mapped' && event.stream === 'caller') {
      this.#caller = event;
      this.#addCaller(event.position);
    } else if (event.type === 'rtp.mapped') {
      const { stream, ssrc, rtp_timestamp, position } = event;
      this.#points.push({ stream, ssrc, rtp_timestamp, sample: position });
    }
  }

  /** `position` on the caller's track, where one of the two has changed. */
  #addCaller(position: number): void {
    if (this.#caller === null || this.#offset === null) return;
    const { stream, ssrc, rtp_timestamp: before, position: from } = this.#caller;
    const rtp_timestamp = (before + position - from) >>> 0;
    const last = this.#points.findLastIndex((point) => point.stream === 'caller');
    const point = { stream, ssrc, rtp_timestamp, sample: position + this.#offset };
    // Timestamps and alignment may both be told anew for one position.
    if (this.#points[last]?.ssrc === ssrc && this.#points[last].rtp_timestamp === rtp_timestamp)
      this.#points[last] = point;
    else this.#points.push(point);
  }
}
