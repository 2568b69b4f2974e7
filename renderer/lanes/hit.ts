import type {
  BotSpan,
  Mark,
  PlacedText,
  Span,
  SpeechSpan,
  StateSpan,
  TokenTick,
  Waterfall,
} from '../../backend/fold/types.ts';
import { SAMPLES_PER_MS, firstInstant, firstSpan, type LanesData, type Stretch } from './data.ts';
import type { Box, LaneName } from './layout.ts';
import type { StageKey } from './stages.ts';

/** Everything the lanes show of one instant. null: nothing there. */
export interface Reading {
  readonly at: number;
  /** Probability of caller speech, 0..1. */
  readonly probability: number | null;
  readonly speech: SpeechSpan | null;
  readonly state: StateSpan | null;
  readonly text: PlacedText | null;
  readonly token: TokenTick | null;
  readonly bot: BotSpan | null;
  readonly wait: Waterfall | null;
  /** The part of the wait. */
  readonly stage: { readonly key: StageKey; readonly ms: number } | null;
  /** Levels of the column, dB of full scale. */
  readonly callerDb: number | null;
  readonly botDb: number | null;
  readonly jitterMs: number | null;
  /** Packets in the 100 ms around. */
  readonly lost: number;
  readonly late: number;
  readonly mark: Mark | null;
}

type Known = Pick<LanesData, 'timeline' | 'tracks' | 'nowMs'>;
type Marked = Known & Pick<LanesData, 'marks'>;

const ends = new Int16Array(2);
const PEAK_FULL_SCALE = 128;

/** What is shown at `at`; what is a line on the canvas counts within `reachMs` to either side. */
export function readAt({ timeline, tracks, marks, nowMs }: Marked, at: number, reachMs: number): Reading {
  const sample = at * SAMPLES_PER_MS;
  const until = sample + Math.max(1, reachMs * SAMPLES_PER_MS);
  const levelDb = (track: 'caller' | 'bot'): number | null => {
    if (!tracks.range(track, sample, until, ends)) return null;
    const peak = Math.max(-(ends[0] ?? 0), ends[1] ?? 0);
    return peak <= 0 ? null : 20 * Math.log10(peak / PEAK_FULL_SCALE);
  };
  const value = (track: 'voice' | 'jitter'): number | null =>
    tracks.range(track, sample, sample + 1, ends) ? (ends[1] ?? 0) : null;
  const voice = value('voice');
  const jitter = value('jitter');
  const wait = spanAt(timeline.waterfalls, at, nowMs, reachMs);
  return {
    at,
    probability: voice === null ? null : voice / 255,
    speech: spanAt(timeline.speech, at, nowMs, 0),
    state: spanAt(timeline.states, at, nowMs, 0),
    text: spanAt(timeline.texts, at, nowMs, 0),
    token: instantAt(timeline.tokens, at, reachMs),
    bot: spanAt(timeline.bot, at, nowMs, 0),
    wait,
    stage: wait === null ? null : stageAt(wait, at),
    callerDb: levelDb('caller'),
    botDb: levelDb('bot'),
    jitterMs: jitter === null ? null : jitter / 2,
    lost: tracks.sum('lost', sample, sample + 1),
    late: tracks.sum('late', sample, sample + 1),
    mark: instantAt(marks, at, reachMs),
  };
}

/** The lane at a row of pixels. */
export function laneAt(boxes: readonly Box[], y: number): LaneName | null {
  return boxes.find((box) => y >= box.top && y < box.top + box.height)?.lane ?? null;
}

/** What a click on a lane selects. */
export function stretchAt(
  { timeline, nowMs }: Known,
  lane: LaneName | null,
  reading: Reading,
): Stretch | null {
  switch (lane) {
    case 'caller':
      return closed(reading.speech, nowMs);
    case 'states':
      return closed(reading.state, nowMs);
    case 'words':
      return closed(reading.text, nowMs);
    case 'bot':
      return closed(reading.bot, nowMs);
    case 'waits':
      return closed(reading.wait, nowMs);
    case 'tokens': {
      const generation = reading.token?.generation;
      if (generation === undefined) return null;
      const own = timeline.tokens.filter((token) => token.generation === generation);
      const [first, last] = [own.at(0), own.at(-1)];
      return first && last ? { from: first.at, to: last.at } : null;
    }
    default:
      return null;
  }
}

/** Turns in their order: each from the caller's first word to the end of the bot's answer, or as far as it got. */
export function turnStretches({ timeline, nowMs }: Known): readonly Stretch[] {
  const turns = new Map<number, { from: number; to: number }>();
  for (const speech of timeline.speech) {
    const to = speech.to ?? nowMs;
    const turn = turns.get(speech.turn);
    if (turn === undefined) turns.set(speech.turn, { from: speech.from, to });
    else turn.to = Math.max(turn.to, to);
  }
  for (const bot of timeline.bot) {
    const turn = turns.get(bot.turn);
    if (turn !== undefined) turn.to = Math.max(turn.to, bot.to ?? nowMs);
  }
  return [...turns.values()].toSorted((one, other) => one.from - other.from);
}

function closed(span: Span | null, nowMs: number): Stretch | null {
  return span === null ? null : { from: span.from, to: span.to ?? nowMs };
}

function spanAt<S extends Span>(spans: readonly S[], at: number, nowMs: number, reachMs: number): S | null {
  let nearest: S | null = null;
  for (let i = firstSpan(spans, at - reachMs); i < spans.length; i += 1) {
    const span = spans[i];
    if (span === undefined || span.from > at + reachMs) break;
    const to = span.to ?? nowMs;
    if (at >= span.from && at < to) nearest = span;
    else if (nearest === null && at >= span.from - reachMs && at < to + reachMs) nearest = span;
  }
  return nearest;
}

function instantAt<I extends { readonly at: number }>(
  instants: readonly I[],
  at: number,
  reachMs: number,
): I | null {
  let nearest: I | null = null;
  for (let i = firstInstant(instants, at - reachMs); i < instants.length; i += 1) {
    const instant = instants[i];
    if (instant === undefined || instant.at > at + reachMs) break;
    if (nearest === null || Math.abs(instant.at - at) < Math.abs(nearest.at - at)) nearest = instant;
  }
  return nearest;
}

function stageAt(wait: Waterfall, at: number): { key: StageKey; ms: number } {
  const parts: { key: StageKey; from: number; to: number }[] = [...wait.stages];
  const reached = wait.stages.at(-1)?.to ?? wait.from;
  parts.push({ key: 'residual', from: reached, to: reached + wait.residualMs });
  const long = parts.filter(({ from, to }) => to > from);
  // Beside the wait, the nearest part counts.
  const part = long.find(({ to }) => at < to) ?? long.at(-1);
  return part ? { key: part.key, ms: part.to - part.from } : { key: 'residual', ms: wait.residualMs };
}
