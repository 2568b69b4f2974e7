import type { CallEvent } from '../contract/events.ts';
import { LINE_RATE } from '../contract/party.ts';
import { CallerAlignment } from './alignment.ts';
import { Texts } from './texts.ts';
import type { SpeechSpan } from './types.ts';

const SAMPLES_PER_MS = LINE_RATE / 1000;

/** Words that were heard. Times: ms since the call's start. */
export interface Cue {
  readonly from: number;
  readonly to: number;
  /** Caller: the far end, whoever called. Person: in the bot's place. */
  readonly speaker: 'Caller' | 'Bot' | 'Person';
  readonly text: string;
}

/** What both sides were heard to say, and when: a fold over a call's events. */
export class Transcript {
  readonly #speech: SpeechSpan[] = [];
  readonly #texts = new Texts(this.#speech);
  readonly #alignment = new CallerAlignment();
  readonly #said: Cue[] = [];
  /** When each generation that is being heard began to be. */
  readonly #speaking = new Map<number, number>();
  /** When a script heard the answer to each of its turns begin. */
  readonly #answered = new Map<number, number>();

  /** Events in their order. */
  apply(event: CallEvent): void {
    const at = event.at / 1000;
    switch (event.type) {
      case 'caller.aligned':
        this.#alignment.apply(event);
        break;
      case 'speech.started':
        this.#speech.push({ from: this.#callerMs(event.from), to: null, turn: event.turn });
        break;
      case 'speech.ended': {
        const last = this.#speech.at(-1);
        if (last?.to === null)
          this.#speech[this.#speech.length - 1] = { ...last, to: this.#callerMs(event.to) };
        break;
      }
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
      case 'bot.speaking':
        this.#speaking.set(event.generation, event.at_sample / SAMPLES_PER_MS);
        break;
      case 'bot.said':
        this.#say('Bot', this.#speaking.get(event.generation) ?? at, at, event.heard);
        this.#speaking.delete(event.generation);
        break;
      case 'person.said':
        this.#say('Person', event.from / SAMPLES_PER_MS, event.to / SAMPLES_PER_MS, event.text);
        break;
      case 'script.latency':
        this.#answered.set(event.turn, at);
        break;
      case 'script.heard':
        this.#say('Caller', this.#answered.get(event.turn) ?? 0, at, event.text);
        break;
      default:
        break;
    }
  }

  /** In the order in which they began. */
  cues(): readonly Cue[] {
    const caller = this.#texts.placed.map(({ from, to, text }): Cue => ({
      from,
      to,
      speaker: 'Caller',
      text: text.trim(),
    }));
    return [...caller, ...this.#said].sort((a, b) => a.from - b.from);
  }

  #say(speaker: Cue['speaker'], from: number, to: number, words: string): void {
    const text = words.trim();
    if (text !== '') this.#said.push({ from, to, speaker, text });
  }

  #callerMs(position: number): number {
    return this.#alignment.sampleAt(position) / SAMPLES_PER_MS;
  }
}

/** What was heard in a whole call. */
export function cuesOf(events: Iterable<CallEvent>): readonly Cue[] {
  const transcript = new Transcript();
  for (const event of events) transcript.apply(event);
  return transcript.cues();
}

/** A WebVTT file, each cue with its voice (W3C WebVTT, section 4.2.2, voice spans). */
export function vttOf(cues: readonly Cue[]): string {
  const blocks = cues.map(({ from, to, speaker, text }) => {
    // A cue must end after it begins.
    const times = `${vttTime(from)} --> ${vttTime(Math.max(to, from + 1))}`;
    return `${times}\n<v ${speaker}>${vttText(text)}\n`;
  });
  return ['WEBVTT\n', ...blocks].join('\n');
}

function vttTime(ms: number): string {
  const whole = Math.max(0, Math.round(ms));
  const part = (value: number, digits = 2): string => String(Math.floor(value)).padStart(digits, '0');
  const [hours, minutes, seconds] = [whole / 3_600_000, (whole / 60_000) % 60, (whole / 1000) % 60];
  return `${part(hours)}:${part(minutes)}:${part(seconds)}.${part(whole % 1000, 3)}`;
}

/** `-->` may not stand in a cue, and an empty line ends it. */
function vttText(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/\s+/gu, ' ');
}
