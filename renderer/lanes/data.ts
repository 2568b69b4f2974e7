import type { SignalTrack } from '../../backend/contract/signals.ts';
import type { TurnState } from '../../backend/contract/events.ts';
import type { Timeline } from '../../backend/fold/timeline.ts';
import type { TrackStore } from '../../backend/fold/tracks.ts';
import type { Mark, Span } from '../../backend/fold/types.ts';
import type { Columns } from './columns.ts';

/** A stretch with both ends. */
export interface Stretch extends Span {
  readonly to: number;
}

/** Who speaks on our side of a call. */
export type OurSide = 'bot' | 'person' | 'script';

/** As a call's events and its trace name it: a bot has a name of its own. */
export function ourSideOf(party: string): OurSide {
  return party === 'person' || party === 'script' ? party : 'bot';
}

/** Words that are drawn, in the person's language. */
export interface Names {
  readonly states: Readonly<Record<TurnState, string>>;
  /** Whole milliseconds with their unit: the same string each time. */
  readonly ms: (ms: number) => string;
}

/** Where a recording is being heard: read before each frame, moved by the person. */
export interface Playhead {
  /** ms since the call's start. */
  readonly atMs: number;
  readonly playing: boolean;
  readonly seek: (ms: number) => void;
  readonly toggle: () => void;
}

/** What there is to draw. One object for each canvas, changed in place. */
export interface LanesData {
  readonly timeline: Timeline;
  readonly tracks: TrackStore;
  readonly ourSide: OurSide;
  /** The tracks as they are on show. */
  readonly columns: Readonly<Record<SignalTrack, Columns>>;
  /** Those made in the call and those added to its trace, in their order. */
  marks: readonly Mark[];
  names: Names;
  /** What is still going on reaches up to here, ms since the call's start. */
  nowMs: number;
  /** Whether `nowMs` moves. */
  live: boolean;
  selection: Stretch | null;
  /** What something outside the lanes points at. */
  highlight: Span | null;
  /** Where a recording is being heard; null: nothing can be played. */
  playedMs: number | null;
  /** Pixel under the pointer; null: it is elsewhere. */
  pointerX: number | null;
}

/** Samples of the line to a millisecond. */
export const SAMPLES_PER_MS = 8;

/** Index from which spans in the order of their beginnings may reach beyond `ms`. */
export function firstSpan(spans: readonly Span[], ms: number): number {
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((spans[middle]?.from ?? 0) <= ms) low = middle + 1;
    else high = middle;
  }
  // Neighbours may overlap a little.
  return Math.max(0, low - 3);
}

/** Index of the first instant at or after `ms`. */
export function firstInstant(instants: readonly { readonly at: number }[], ms: number): number {
  let low = 0;
  let high = instants.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((instants[middle]?.at ?? 0) < ms) low = middle + 1;
    else high = middle;
  }
  return low;
}
