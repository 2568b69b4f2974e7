import { unreachable } from '../base/errors.ts';
import { CallerAlignment } from './alignment.ts';
import type { CallEvent } from '../contract/events.ts';
import { LINE_RATE } from '../contract/party.ts';
import { Texts } from './texts.ts';
import type {
  BotSpan,
  Mark,
  PlacedText,
  Span,
  SpeechSpan,
  StateSpan,
  TokenTick,
  Waterfall,
} from './types.ts';
import { waterfallOf } from './waterfall.ts';
import { joinWords } from './words.ts';

const SAMPLES_PER_MS = LINE_RATE / 1000;

/**
 * What happened in a call, placed on its time axis: lists to be drawn as they are, each in the order of its
 * beginnings. They only grow, save that an entry still going on, or not final, is replaced by what is known later.
 * The sampled signals that go with them are in a TrackStore.
 */
export class Timeline {
  readonly #speech: SpeechSpan[] = [];
  readonly #states: StateSpan[] = [];
  readonly #tokens: TokenTick[] = [];
  /** When the model was asked last: there is one generation at a time. */
  #askedAt = 0;
  readonly #bot: BotSpan[] = [];
  readonly #waterfalls: Waterfall[] = [];
  readonly #marks: Mark[] = [];
  readonly #texts = new Texts(this.#speech);

  readonly speech: readonly SpeechSpan[] = this.#speech;
  readonly states: readonly StateSpan[] = this.#states;
  readonly texts: readonly PlacedText[] = this.#texts.placed;
  readonly tokens: readonly TokenTick[] = this.#tokens;
  readonly bot: readonly BotSpan[] = this.#bot;
  readonly waterfalls: readonly Waterfall[] = this.#waterfalls;
  readonly marks: readonly Mark[] = this.#marks;

  readonly #alignment = new CallerAlignment();
  /** Words of generations so far, by generation. */
  readonly #words = new Map<number, string>();
  #durationMs = 0;
  #ended = false;
  #revision = 0;

  /** Up to the latest event. */
  get durationMs(): number {
    return this.#durationMs;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Grows with each event. */
  get revision(): number {
    return this.#revision;
  }

  /** Events in their order. */
  apply(event: CallEvent): void {
    const at = event.at / 1000;
    this.#durationMs = Math.max(this.#durationMs, at);
    this.#revision += 1;
    switch (event.type) {
      case 'caller.aligned':
        this.#alignment.apply(event);
        break;
      case 'speech.started':
        this.#speech.push({ from: this.#callerMs(event.from), to: null, turn: event.turn });
        break;
      case 'speech.ended':
        // The turn may have become the next one since: the bot began to answer.
        closeLast(this.#speech, { to: this.#callerMs(event.to), turn: event.turn });
        break;
      case 'turn.state':
        closeLast(this.#states, { to: at });
        this.#states.push({ from: at, to: null, state: event.state });
        break;
      case 'stt.started':
        this.#texts.asked(event.request, event.audio_ms, at);
        break;
      case 'stt.partial':
        if (event.request === 0) this.#texts.preview(event.turn, event.text, at);
        else this.#texts.words(event.turn, event.request, event.text, false);
        break;
      case 'stt.final':
        this.#texts.words(event.turn, event.request, event.text, true);
        break;
      case 'stt.discarded':
        this.#texts.discarded(event.request);
        break;
      case 'llm.started':
        this.#askedAt = at;
        break;
      case 'llm.token':
        this.#token(event.generation, event.text, at);
        break;
      case 'generation.discarded':
        this.#discard(event.generation);
        break;
      case 'tts.started':
        // A phrase has no tokens.
        if (!this.#words.has(event.generation)) this.#words.set(event.generation, event.text);
        break;
      case 'bot.speaking': {
        const { turn, generation, at_sample } = event;
        const text = this.#words.get(generation) ?? '';
        const from = at_sample / SAMPLES_PER_MS;
        this.#bot.push({ from, to: null, generation, turn, text, unheard: '', interrupted: false });
        break;
      }
      case 'bot.said': {
        const { generation, heard, unheard, interrupted } = event;
        this.#words.delete(generation);
        this.#changeBot(generation, { to: at, text: joinWords(heard, unheard), unheard, interrupted });
        break;
      }
      case 'person.said': {
        const [from, to] = [event.from / SAMPLES_PER_MS, event.to / SAMPLES_PER_MS];
        const { text } = event;
        const span = { from, to, generation: 0, turn: 0, text, unheard: '', interrupted: false };
        // Known only afterwards, when the bot may have spoken again.
        this.#bot.splice(this.#bot.findLastIndex((before) => before.from <= from) + 1, 0, span);
        break;
      }
      case 'latency': {
        const answer = this.#bot.findLast((span) => span.generation === event.generation);
        this.#waterfalls.push(waterfallOf(event, answer?.from ?? at));
        break;
      }
      case 'call.marked':
        this.#marks.push({ at, label: event.label });
        break;
      case 'call.ended':
        this.#ended = true;
        closeLast(this.#speech, { to: at });
        closeLast(this.#states, { to: at });
        for (const { generation, to } of this.#bot) if (to === null) this.#changeBot(generation, { to: at });
        break;
      case 'call.started':
      case 'call.warning':
      case 'call.muted':
      case 'call.refused':
      case 'rtp.ready':
      case 'rtp.source_changed':
      case 'rtp.quiet':
      case 'rtp.resumed':
      case 'rtp.unknown_payload':
      case 'rtp.stats':
      case 'dtmf.received':
      case 'dtmf.sent':
      case 'turn.completeness':
      case 'turn.ended':
      case 'turn.noted':
      case 'llm.finished':
      case 'tool.called':
      case 'tool.returned':
      case 'tts.audio':
      case 'tts.finished':
      case 'bot.ducked':
      case 'bot.resumed':
      case 'bot.held':
      case 'bot.whispered':
      case 'person.took_over':
      case 'person.microphone':
      case 'script.played':
      case 'script.heard':
      case 'script.latency':
      case 'script.barged_in':
      case 'rtp.mapped':
      case 'rtp.concealed':
      case 'engine.stalled':
      case 'call.line':
      case 'call.media':
      case 'call.held':
      case 'call.transfer':
      case 'sip.message':
      case 'rtp.latched':
      case 'rtp.one_way':
      case 'llm.requested':
      case 'config.used':
      case 'config.changed':
      case 'config.rejected':
      case 'provider.failed':
        break;
      default:
        unreachable(event);
    }
  }

  #callerMs(position: number): number {
    return this.#alignment.sampleAt(position) / SAMPLES_PER_MS;
  }

  #token(generation: number, text: string, at: number): void {
    const before = this.#words.get(generation);
    const words = (before ?? '') + text;
    this.#words.set(generation, words);
    this.#tokens.push({
      at,
      generation,
      text,
      firstAfterMs: before === undefined ? at - this.#askedAt : null,
      discarded: false,
    });
    this.#changeBot(generation, { text: words });
  }

  #changeBot(generation: number, change: Partial<BotSpan>): void {
    const index = this.#bot.findLastIndex((span) => span.generation === generation);
    const span = this.#bot[index];
    if (span !== undefined) this.#bot[index] = { ...span, ...change };
  }

  #discard(generation: number): void {
    this.#words.delete(generation);
    for (let i = this.#tokens.length - 1; i >= 0; i -= 1) {
      const tick = this.#tokens[i];
      if (tick?.generation !== generation) break;
      this.#tokens[i] = { ...tick, discarded: true };
    }
  }
}

/** Changes the last span, if it is still going on. */
function closeLast<S extends Span>(spans: S[], change: Partial<S>): void {
  const last = spans.at(-1);
  if (last?.to === null) spans[spans.length - 1] = { ...last, ...change };
}
