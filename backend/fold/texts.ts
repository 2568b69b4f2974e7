import type { PlacedText, Span, SpeechSpan } from './types.ts';

/** How far the audio of a request and the speech in it may disagree about its beginning. */
const SLACK_MS = 1;

/**
 * The caller's words on the time axis. What is not final gives way to what is known better of the same stretch: a
 * preview to the next one, all of them to the transcript. A transcript that no longer counts, because the caller
 * went on, is a preview again until the one of the whole comes.
 */
export class Texts {
  /** In the order of their beginnings. */
  readonly placed: PlacedText[] = [];
  readonly #speech: readonly SpeechSpan[];
  /** The speech each request is about. */
  readonly #requests = new Map<number, Span & { readonly to: number }>();
  /** Where the latest request's speech ended. */
  #askedUntil = 0;

  /** `speech`: the caller's, as it grows. */
  constructor(speech: readonly SpeechSpan[]) {
    this.#speech = speech;
  }

  /** What the caller is saying, as far as is known at `at`. */
  preview(turn: number, text: string, at: number): void {
    const from = Math.max(this.#speech.at(-1)?.from ?? at, this.#askedUntil);
    this.#place({ from, to: Math.max(from, at), turn, request: 0, text, final: false });
  }

  /** The last `audioMs` up to now are being transcribed. */
  asked(request: number, audioMs: number, at: number): void {
    const to = this.#speech.at(-1)?.to ?? at;
    let from = to - audioMs;
    const earliest = from - SLACK_MS;
    for (const span of this.#speech.toReversed()) {
      if (span.from < earliest) break;
      from = span.from;
    }
    this.#requests.set(request, { from, to });
    this.#askedUntil = to;
  }

  words(turn: number, request: number, text: string, final: boolean): void {
    const span = this.#requests.get(request);
    if (span !== undefined) this.#place({ ...span, turn, request, text, final });
  }

  discarded(request: number): void {
    this.#requests.delete(request);
    const index = this.placed.findLastIndex((text) => text.request === request);
    const text = this.placed[index];
    if (text !== undefined) this.placed[index] = { ...text, request: 0, final: false };
  }

  #place(text: PlacedText): void {
    let index = this.placed.length;
    for (let i = this.placed.length - 1; i >= 0; i -= 1) {
      const other = this.placed[i];
      if (other === undefined || other.to < text.from) break;
      const same = other.from < text.to && other.to > text.from;
      if (!other.final && (same || other.from === text.from)) {
        this.placed.splice(i, 1);
        index -= 1;
      }
      if (other.from > text.from) index = i;
    }
    if (text.text.trim() !== '') this.placed.splice(index, 0, text);
  }
}
