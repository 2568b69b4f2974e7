import type { Clock } from '../base/clock.ts';
import { SidetoneError } from '../base/errors.ts';
import type {
  CallerSegment,
  FrozenAnswers,
  FrozenClause,
  FrozenHearing,
  FrozenReply,
} from '../contract/frozen.ts';
import type { Sleep } from './scripted.ts';
import type {
  ChatMessage,
  Completeness,
  CompletionRequest,
  Llm,
  LlmDelta,
  OnMissed,
  PcmChunk,
  Providers,
  SpeakRequest,
  Stt,
  TranscribeRequest,
  Tts,
} from './types.ts';

/**
 * Providers that answer from a trace, in the time it took then. What the trace does not have goes to the live
 * provider, and `missed` is told. What was thrown away or cut short before it was whole is waited out a little longer
 * than it was then, because it will be thrown away again if the call goes the same way.
 */

/** How much longer than the first time to wait for being thrown away again. */
const GRACE_MS = 500;
/** Two segments are the same when so much of both is common. */
const SAME_SEGMENT = 0.5;
/** Audio handed over at a time. */
const CHUNK_MS = 100;

/** How time passes. */
interface Time {
  readonly clock: Clock;
  readonly sleep: Sleep;
}

/** `live` with the frozen stages in their places. */
export function freeze(live: Providers, frozen: FrozenAnswers, time: Time, onMissed: OnMissed): Providers {
  const { stt, llm, tts } = frozen;
  const { completeness } = live;
  return {
    stt: stt ? new FrozenStt(stt, live.stt, time, () => onMissed('stt')) : live.stt,
    llm: llm ? new FrozenLlm(llm, live.llm, time, () => onMissed('llm')) : live.llm,
    tts: tts ? new FrozenTts(tts, live.tts, time, () => onMissed('tts')) : live.tts,
    fallbackTts: live.fallbackTts,
    completeness: stt && completeness ? new FrozenCompleteness(stt, completeness, time) : completeness,
  };
}

class FrozenStt implements Stt {
  readonly name = 'frozen';
  readonly #places: Places;
  readonly #frozen: FrozenHearing;
  readonly #live: Stt;
  readonly #time: Time;
  readonly #missed: () => void;

  constructor(frozen: FrozenHearing, live: Stt, time: Time, missed: () => void) {
    this.#frozen = frozen;
    this.#places = new Places(frozen);
    this.#live = live;
    this.#time = time;
    this.#missed = missed;
  }

  async transcribe(request: TranscribeRequest): Promise<string> {
    const { segment, signal, onPartial } = request;
    // Not a caller's words: a reference recording.
    if (!segment) return this.#live.transcribe(request);
    // Previews are made anew all the time; nothing rests on them.
    if (segment.preview) return '';
    const known = this.#places.find(this.#frozen.transcripts, segment);
    if (!known) return this.#transcribeLive(request);
    const course = new Course(this.#time, signal);
    for (const { at, text } of known.partials) {
      await course.until(at);
      onPartial?.(text);
    }
    if (known.text !== null) {
      await course.until(known.at);
      return known.text;
    }
    await course.until(known.at + GRACE_MS);
    return this.#transcribeLive(request);
  }

  #transcribeLive(request: TranscribeRequest): Promise<string> {
    this.#missed();
    return this.#live.transcribe(request);
  }
}

class FrozenCompleteness implements Completeness {
  readonly #places: Places;
  readonly #frozen: FrozenHearing;
  readonly #live: Completeness;
  readonly #time: Time;

  constructor(frozen: FrozenHearing, live: Completeness, time: Time) {
    this.#frozen = frozen;
    this.#places = new Places(frozen);
    this.#live = live;
    this.#time = time;
  }

  async judge(request: Parameters<Completeness['judge']>[0]): Promise<number> {
    const { segment, signal } = request;
    const known = segment && this.#places.find(this.#frozen.judgements, segment);
    if (!known) return this.#live.judge(request);
    await new Course(this.#time, signal).until(known.at);
    return known.probability;
  }
}

class FrozenLlm implements Llm {
  readonly name = 'frozen';
  readonly #frozen: readonly FrozenReply[];
  readonly #live: Llm;
  readonly #time: Time;
  readonly #missed: () => void;

  constructor(frozen: readonly FrozenReply[], live: Llm, time: Time, missed: () => void) {
    this.#frozen = frozen;
    this.#live = live;
    this.#time = time;
    this.#missed = missed;
  }

  prepare(system: string): void {
    this.#live.prepare?.(system);
  }

  async *complete(request: CompletionRequest): AsyncGenerator<LlmDelta, void, undefined> {
    const { messages, turn, signal } = request;
    const reply = replyTo(this.#frozen, turn ?? null, messages.findLast(isCallers)?.content ?? '');
    const index = roundOf(messages);
    const round = reply?.rounds[index];
    const course = new Course(this.#time, signal);
    // Not one word of it may be said: the rest of it is not known.
    const hopeless = reply?.end === 'discarded' && index === reply.rounds.length - 1;
    if (round && hopeless) await course.until(round.at + GRACE_MS);
    if (!reply || !round || hopeless) {
      this.#missed();
      yield* this.#live.complete(request);
      return;
    }
    for (const { at, text } of round.tokens) {
      await course.until(at);
      yield { type: 'text', text };
    }
    for (const call of round.calls) yield { type: 'tool', call };
    if (reply.end === 'cut' && index === reply.rounds.length - 1) await course.until(round.at + GRACE_MS);
  }
}

class FrozenTts implements Tts {
  readonly name = 'frozen';
  readonly #frozen: ReadonlyMap<string, readonly FrozenClause[]>;
  readonly #live: Tts;
  readonly #time: Time;
  readonly #missed: () => void;

  constructor(frozen: readonly FrozenClause[], live: Tts, time: Time, missed: () => void) {
    this.#frozen = Map.groupBy(frozen, ({ text }) => text);
    this.#live = live;
    this.#time = time;
    this.#missed = missed;
  }

  async *speak(request: SpeakRequest): AsyncGenerator<PcmChunk, void, undefined> {
    const { text, turn, signal } = request;
    const same = this.#frozen.get(text) ?? [];
    const clause = same.find((clause) => clause.turn === turn) ?? same[0];
    const course = new Course(this.#time, signal);
    if (clause) yield* this.#speakFrozen(clause, course);
    if (clause && clause.pcm.length > 0) return;
    // A phrase that is only readied may never be said.
    if (turn !== undefined) this.#missed();
    yield* this.#live.speak(request);
  }

  async *#speakFrozen(clause: FrozenClause, course: Course): AsyncGenerator<PcmChunk, void, undefined> {
    const { pcm, sampleRate, firstAt, lastAt, cutAt } = clause;
    const chunk = Math.ceil((sampleRate * CHUNK_MS) / 1000);
    const last = Math.max(1, Math.ceil(pcm.length / chunk) - 1);
    for (let index = 0; index * chunk < pcm.length; index += 1) {
      await course.until(firstAt + ((lastAt - firstAt) * index) / last);
      yield { pcm: pcm.slice(index * chunk, (index + 1) * chunk), sampleRate };
    }
    if (cutAt !== null) await course.until(cutAt + GRACE_MS);
  }
}

/** Finds what the trace has about a segment of the caller's speech. */
class Places {
  readonly #by: FrozenHearing['by'];
  /** Where each turn's first segment begins: in the trace, and in the call going on. */
  readonly #then = new Map<number, number>();
  readonly #now = new Map<number, number>();

  constructor({ by, transcripts, judgements }: FrozenHearing) {
    this.#by = by;
    for (const segment of [...transcripts, ...judgements]) begins(this.#then, segment);
  }

  find<T extends CallerSegment>(known: readonly T[], segment: CallerSegment): T | null {
    begins(this.#now, segment);
    let best: T | null = null;
    let mostCommon = SAME_SEGMENT;
    for (const candidate of known) {
      if (this.#by === 'turn' && candidate.turn !== segment.turn) continue;
      const shift = this.#by === 'turn' ? this.#shiftOf(segment.turn) : 0;
      const common = commonShare(candidate, segment, shift);
      if (common < mostCommon) continue;
      mostCommon = common;
      best = candidate;
    }
    return best;
  }

  #shiftOf(turn: number): number {
    return (this.#now.get(turn) ?? 0) - (this.#then.get(turn) ?? 0);
  }
}

function begins(starts: Map<number, number>, { turn, from }: CallerSegment): void {
  starts.set(turn, Math.min(from, starts.get(turn) ?? Infinity));
}

/** What two segments have in common, of all that either has; the first is moved by `shift`. */
function commonShare(one: CallerSegment, other: CallerSegment, shift: number): number {
  const [from, to] = [one.from + shift, one.to + shift];
  const common = Math.min(to, other.to) - Math.max(from, other.from);
  const all = Math.max(to, other.to) - Math.min(from, other.from);
  return all <= 0 ? 0 : common / all;
}

/**
 * The reply to these words, of the nearest turn where they were said more than once; else the one of this turn,
 * whatever was said in it. One that is whole comes before any that is not.
 */
function replyTo(
  replies: readonly FrozenReply[],
  turn: number | null,
  asked: string,
): FrozenReply | undefined {
  const sameWords = replies.filter((reply) => reply.asked === asked);
  const candidates = sameWords.length > 0 ? sameWords : replies.filter((reply) => reply.turn === turn);
  const wholeness = { whole: 0, cut: 1, discarded: 2 };
  const distance = (reply: FrozenReply): number => Math.abs(reply.turn - (turn ?? 0));
  return candidates.toSorted((a, b) => wholeness[a.end] - wholeness[b.end] || distance(a) - distance(b))[0];
}

/** How often the model was asked already since the caller's words: each time it called tools. */
function roundOf(messages: readonly ChatMessage[]): number {
  return messages
    .slice(messages.findLastIndex(isCallers) + 1)
    .filter((message) => message.role === 'assistant' && message.toolCalls !== undefined).length;
}

function isCallers({ role }: ChatMessage): boolean {
  return role === 'user';
}

/** Time since a request began. */
class Course {
  readonly #time: Time;
  readonly #signal: AbortSignal;
  readonly #startedAt: number;

  constructor(time: Time, signal: AbortSignal) {
    this.#time = time;
    this.#signal = signal;
    this.#startedAt = time.clock.now();
  }

  /** @throws SidetoneError 'cancelled' as soon as nobody wants the answer any more. */
  async until(ms: number): Promise<void> {
    const left = ms - (this.#time.clock.now() - this.#startedAt);
    if (left > 0) await this.#time.sleep(left, this.#signal);
    if (this.#signal.aborted) throw new SidetoneError('cancelled', 'cancelled');
  }
}
