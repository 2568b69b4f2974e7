import type { SpokenTag } from '../contract/party.ts';

/** A clause on its way to the caller. Character range within the generation's text; samples at the line's rate. */
export interface SpokenClause {
  readonly text: string;
  readonly from: number;
  readonly to: number;
  /** Samples handed over so far. */
  readonly samples: number;
  /** Samples that left in a packet. */
  readonly played: number;
  /** Whether `samples` is all of it. */
  readonly whole: boolean;
}

interface Entry {
  text: string;
  from: number;
  to: number;
  samples: number;
  played: number;
  whole: boolean;
  readonly chunks: Int16Array[];
}

/**
 * What one generation has to say, clause by clause, and exactly how much of it has left. Filled by the synthesiser,
 * emptied by the pacer frame by frame.
 */
export class SpeechQueue {
  readonly #clauses: Entry[] = [];
  /** Clause being played, and the place within it. */
  #clause = 0;
  #chunk = 0;
  #offset = 0;
  #ended = false;

  /** Starts a clause; audio pushed from now on belongs to it. */
  open(clause: { text: string; from: number; to: number }): void {
    const last = this.#clauses.at(-1);
    if (last) last.whole = true;
    this.#clauses.push({ ...clause, samples: 0, played: 0, whole: false, chunks: [] });
  }

  /** Keeps `pcm`: the caller must not write to it again. */
  push(pcm: Int16Array): void {
    const last = this.#clauses.at(-1);
    if (!last || pcm.length === 0) return;
    last.chunks.push(pcm);
    last.samples += pcm.length;
  }

  /** Nothing more will come. */
  end(): void {
    const last = this.#clauses.at(-1);
    if (last) last.whole = true;
    this.#ended = true;
  }

  /** Whether audio waits to be played. */
  get ready(): boolean {
    return this.#clauses.some((clause) => clause.played < clause.samples);
  }

  /** Everything was said. */
  get finished(): boolean {
    return this.#ended && !this.ready;
  }

  get clauses(): readonly SpokenClause[] {
    return this.#clauses;
  }

  /** A copy of what was handed over and has not left, in order. */
  unplayed(): Int16Array {
    const rest = new Int16Array(
      this.#clauses.reduce((sum, { samples, played }) => sum + samples - played, 0),
    );
    let at = 0;
    for (const { chunks, played } of this.#clauses) {
      let toSkip = played;
      for (const chunk of chunks) {
        const left = chunk.subarray(toSkip);
        toSkip -= chunk.length - left.length;
        rest.set(left, at);
        at += left.length;
      }
    }
    return rest;
  }

  /** Fills `out` from the queue, zeros where it runs dry; null (and zeros) when there was nothing at all. */
  speak(out: Int16Array): SpokenTag | null {
    let filled = 0;
    let from = -1;
    let to = -1;
    while (filled < out.length) {
      const clause = this.#clauses[this.#clause];
      if (!clause) break;
      const chunk = clause.chunks[this.#chunk];
      if (!chunk) {
        if (!clause.whole) break;
        this.#clause += 1;
        this.#chunk = 0;
        this.#offset = 0;
        continue;
      }
      const count = Math.min(out.length - filled, chunk.length - this.#offset);
      out.set(count === chunk.length ? chunk : chunk.subarray(this.#offset, this.#offset + count), filled);
      if (from < 0) from = character(clause);
      clause.played += count;
      to = character(clause);
      filled += count;
      this.#offset += count;
      if (this.#offset === chunk.length) {
        this.#chunk += 1;
        this.#offset = 0;
      }
    }
    out.fill(0, filled);
    if (from < 0) return null;
    this.#tag.from = from;
    this.#tag.to = to;
    return this.#tag;
  }

  readonly #tag = { generation: 0, from: 0, to: 0 };

  constructor(generation: number) {
    this.#tag.generation = generation;
  }
}

/** Where in the text the playing has arrived, by the share of the clause's audio that has left. */
function character(clause: Entry): number {
  if (clause.samples === 0) return clause.from;
  return clause.from + Math.round(((clause.to - clause.from) * clause.played) / clause.samples);
}
