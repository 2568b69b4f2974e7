import { History } from '../audio/history.ts';
import { explain, SidetoneError } from '../base/errors.ts';
import type { CallEventBody } from '../contract/events.ts';
import { LINE_RATE } from '../contract/party.ts';
import type { Stt } from '../providers/types.ts';
import { VoiceDetector } from '../vad/detector.ts';
import type { VoiceChange } from '../vad/segmenter.ts';
import type { SileroBatch } from '../vad/silero.ts';

const KEPT = samples(45_000);
/** A pause so long ends what is transcribed in one piece. */
const PAUSE = samples(600);
/** Without a pause it is cut here. */
const LONGEST = samples(30_000);
/** Context for the recogniser around the voiced part. */
const PRE_ROLL = samples(200);
const TAIL = samples(200);

export interface StandInOptions {
  readonly silero: SileroBatch;
  readonly stt: Stt;
  readonly language: string;
  /** Hint for the recogniser. */
  readonly prompt: string | null;
  readonly emit: (event: CallEventBody) => void;
  /** The bot's context takes this as its own words. */
  readonly spokenFor: (text: string) => void;
}

/** Writes down what the person says in the bot's place, so that the bot knows it when it is given back the call. */
export class StandIn {
  readonly #options: StandInOptions;
  readonly #detector: VoiceDetector;
  readonly #history = new History(KEPT);
  /** Samples heard so far. Positions here count from the take-over: they have no holes, whatever the bot's track has. */
  #heard = 0;
  /** Added to a position here, gives the sample since the call's start. */
  #offset = 0;
  #voiced = false;
  /** The stretch going on: its first voiced sample; null while there is none. */
  #from: number | null = null;
  #lastVoiced = 0;
  #told: Promise<void> = Promise.resolve();

  constructor(options: StandInOptions) {
    this.#options = options;
    this.#detector = new VoiceDetector(
      options.silero,
      (change) => this.#takeChange(change),
      () => undefined,
    );
  }

  /** What leaves for the far end; `position` is pcm[0]'s sample since the call's start, `at` the clock ms. */
  hear(pcm: Int16Array, position: number, at: number): void {
    const frame = { pcm, position: this.#heard, endsAt: at, kind: 'packet' } as const;
    this.#offset = position - this.#heard;
    this.#history.write(pcm, this.#heard);
    this.#heard += pcm.length;
    this.#detector.hear(frame);
    if (this.#from === null) return;
    if (!this.#voiced && this.#heard - this.#lastVoiced >= PAUSE) this.#finish(this.#from, this.#lastVoiced);
    else if (this.#heard - this.#from >= LONGEST) this.#cut(this.#from);
  }

  /** The person gives back. Resolves when the rest is transcribed too. */
  async end(): Promise<void> {
    this.#detector.close();
    if (this.#from !== null) this.#finish(this.#from, this.#voiced ? this.#heard : this.#lastVoiced);
    await this.#told;
  }

  #takeChange(change: VoiceChange): void {
    this.#voiced = change.type === 'voice';
    if (change.type === 'voice') this.#from ??= change.from;
    else this.#lastVoiced = change.lastVoiced;
  }

  #cut(from: number): void {
    this.#finish(from, this.#heard);
    if (this.#voiced) this.#from = this.#heard;
  }

  /** Transcribes at once and tells in the order in which it was said. */
  #finish(from: number, to: number): void {
    this.#from = null;
    const words = this.#transcribe(this.#history.slice(from - PRE_ROLL, to + TAIL).pcm);
    this.#told = this.#tell(this.#told, words, from + this.#offset, to + this.#offset);
  }

  async #tell(before: Promise<void>, words: Promise<string>, from: number, to: number): Promise<void> {
    await before;
    const text = await words;
    if (text === '') return;
    this.#options.emit({ type: 'person.said', text, from, to });
    this.#options.spokenFor(text);
  }

  /** '' when there are no words in it, or none can be had. */
  async #transcribe(pcm: Int16Array): Promise<string> {
    const { stt, language, prompt, emit } = this.#options;
    // A call that ends waits for these words too: the provider's own deadlines limit the wait.
    const { signal } = new AbortController();
    try {
      return (await stt.transcribe({ pcm, sampleRate: LINE_RATE, language, prompt, signal })).trim();
    } catch (error) {
      const kind = error instanceof SidetoneError ? error.kind : 'internal';
      const message = `${explain(error)}; the bot will not know what the person said`;
      emit({ type: 'provider.failed', stage: 'stt', provider: stt.name, kind, message, retrying: false });
      return '';
    }
  }
}

function samples(ms: number): number {
  return (ms * LINE_RATE) / 1000;
}
